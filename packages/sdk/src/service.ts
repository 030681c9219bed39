/** The service's HTTP API, over a transport that is passed in. Amounts are exact decimals of FEC as text. */
import { Problem, Unreachable } from "./errors";

/** One request. It throws if there is no answer; an answer of any status is one. */
export type Transport = (request: Request) => Promise<Response>;

export interface Request {
  url: string;
  method: "GET" | "POST" | "DELETE";
  headers: Record<string, string>;
  body?: string;
}

export interface Response {
  status: number;
  /** The body; JSON as text or, as `wx.request` gives it, read. */
  body: unknown;
}

export interface ServiceOptions {
  /** The service's address, without a slash at the end. */
  url: string;
  transport: Transport;
  /** The reader's language, for its sentences: a tag such as `zh-Hans`. */
  language: () => string;
}

export class ServiceClient {
  constructor(private readonly options: ServiceOptions) {}

  /** Asks the service. Throws Problem for what it refuses, Unreachable if it does not answer. */
  async call<T>(method: Request["method"], path: string, body?: unknown, idempotencyKey?: string): Promise<T> {
    const { url, transport, language } = this.options;
    const headers: Record<string, string> = { "Accept-Language": language() };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (idempotencyKey) headers["Idempotency-Key"] = idempotencyKey;
    const request = { url: `${url}${path}`, method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const answer = await transport(request).catch((error: unknown) => {
      throw new Unreachable(error);
    });
    if (answer.status === 204) return undefined as T;
    const found = jsonOf(answer);
    if (answer.status >= 200 && answer.status < 300) return found as T;
    const { type = "", detail = "" } = (found ?? {}) as { type?: string; detail?: string };
    // Not the service's own words: something in between does not reach it.
    if (!type.startsWith(KIND)) throw new Unreachable(answer.status);
    throw new Problem(type.slice(KIND.length), answer.status, detail);
  }
}

const KIND = "urn:fec:problem:";

/** What an answer says. Throws Unreachable if it is no JSON, as a hotel's own page in between is. */
export function jsonOf({ status, body }: Response): unknown {
  if (typeof body !== "string") return body;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    throw new Unreachable(status);
  }
}

/** The parts of `fetch` that are needed; browsers and Node have it. */
export type Fetch = (url: string, options: object) => Promise<{ status: number; text(): Promise<string> }>;

/** A transport over `fetch`; `options` go along, such as credentials. */
export function fetchTransport(fetch: Fetch, options: object = {}): Transport {
  return async ({ url, ...rest }) => {
    const response = await fetch(url, { ...rest, ...options });
    return { status: response.status, body: await response.text() };
  };
}
