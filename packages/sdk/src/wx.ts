/** What WeChat mini-programs have for requests, randomness and storage, as the SDK takes these. */
import type { Random } from "./account";
import type { Engine } from "./models/view";
import type { Storage } from "./payments";
import type { Transport } from "./service";

type Options = Record<string, unknown>;

/** The parts of `wx` that are needed. */
export interface Wx {
  request(options: Options): unknown;
  getRandomValues(options: Options): unknown;
  getStorage(options: Options): unknown;
  setStorage(options: Options): unknown;
  removeStorage(options: Options): unknown;
}

function promised<T>(ask: (options: Options) => unknown, options: Options): Promise<T> {
  return new Promise((success, fail) => void ask({ ...options, success, fail }));
}

/** A transport over `wx.request`. */
export function wxTransport(wx: Pick<Wx, "request">): Transport {
  return async ({ url, method, headers, body }) => {
    // As text: numbers would be read inexactly.
    const options = { url, method, header: headers, data: body, dataType: "text", responseType: "text" };
    const { statusCode, data } = await promised<{ statusCode: number; data: unknown }>((asked) => wx.request(asked), options);
    return { status: statusCode, body: data };
  };
}

/** Random bytes of `wx.getRandomValues`. */
export function wxRandom(wx: Pick<Wx, "getRandomValues">): Random {
  return async (length) => {
    const { randomValues } = await promised<{ randomValues: ArrayBuffer }>((asked) => wx.getRandomValues(asked), { length });
    return new Uint8Array(randomValues);
  };
}

/** The app's encrypted storage. It is gone with the app or its data. */
export function wxStorage(wx: Pick<Wx, "getStorage" | "setStorage" | "removeStorage">): Storage {
  const encrypt = true;
  return {
    // What was never stored fails, and so does a storage that is broken: the second must not look like the first.
    get: (key) =>
      promised<{ data: string }>((asked) => wx.getStorage(asked), { key, encrypt }).then(
        ({ data }) => data || null,
        (error: { errMsg?: string }) => {
          if (/not found|data not exist/i.test(error.errMsg ?? "")) return null;
          throw error;
        },
      ),
    set: async (key, data) => void (await promised((asked) => wx.setStorage(asked), { key, data, encrypt })),
    remove: async (key) => void (await promised((asked) => wx.removeStorage(asked), { key })),
  };
}

/** All that a mini-program gives; `setTimeout` is passed in too, as it is no part of the language. */
export function wxEngine(wx: Wx, setTimeout: (run: () => void, milliseconds: number) => unknown): Engine {
  return {
    transport: wxTransport(wx),
    random: wxRandom(wx),
    storage: wxStorage(wx),
    sleep: (milliseconds) => new Promise((resolve) => void setTimeout(resolve, milliseconds)),
  };
}
