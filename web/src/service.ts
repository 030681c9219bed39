/** The service's HTTP API. Amounts are exact decimals of FEC as text. */
import { settings } from "./chain";
import { language } from "./i18n/language";

/** What the service says went wrong, in the reader's language (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly kind: string,
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export function serviceUrl(path: string): string {
  return `${settings().service ?? ""}${path}`;
}

export async function call<T>(method: "GET" | "POST" | "DELETE", path: string, body?: unknown, key?: string): Promise<T> {
  const headers: Record<string, string> = { "Accept-Language": language.value };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const response = await fetch(serviceUrl(path), {
    method,
    headers,
    credentials: "include",
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.status === 204) return undefined as T;
  const found: unknown = await response.json();
  if (response.ok) return found as T;
  const { type = "", detail = "" } = found as { type?: string; detail?: string };
  throw new Problem(type.replace("urn:fec:problem:", ""), response.status, detail);
}
