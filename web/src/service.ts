/** The service's HTTP API, in the reader's language. Amounts are exact decimals of FEC as text. */
import { fetchTransport, ServiceClient } from "@fec/sdk/service";
import { settings } from "./chain";
import { language } from "./i18n/language";

export { Problem } from "@fec/sdk/errors";

export function serviceUrl(path: string): string {
  return `${settings().service ?? ""}${path}`;
}

const transport = fetchTransport((url, options) => fetch(url, options), { credentials: "include" });

export function service(): ServiceClient {
  return new ServiceClient({ url: settings().service ?? "", transport, language: () => language.value });
}

export function call<T>(method: "GET" | "POST" | "DELETE", path: string, body?: unknown, key?: string): Promise<T> {
  return service().call<T>(method, path, body, key);
}
