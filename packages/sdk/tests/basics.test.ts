/** Text, links and keys equal what engines have for them, where an engine has something. */
import { describe, expect, test } from "vitest";
import { accountOf, newKey, recover } from "../src/account";
import { fec } from "../src/amounts";
import { addressOf, bytesOf, hexOf, isAddress, textOf, utf8Of, type Hex } from "../src/hex";
import { languageFor } from "../src/i18n/language";
import { date, duration } from "../src/i18n/places";
import { fragmentOf } from "../src/links";
import { fetchTransport } from "../src/service";
import { wxRandom, wxTransport } from "../src/wx";
import VECTORS from "./vectors.json";

test.each(["", "FEC", "é", "☕", "𝒳", "half \ud83d of a pair", "\0"])("%j is UTF-8 as engines have it", (text) => {
  expect(utf8Of(text)).toEqual(new TextEncoder().encode(text));
});

test("UTF-8 is read back, and what is none is refused", () => {
  expect(textOf(utf8Of("金库 ☕ 𝒳"))).toBe("金库 ☕ 𝒳");
  expect(() => textOf(Uint8Array.of(0xff))).toThrow(URIError);
});

test.each(["a=1&b=2", "#a=%E2%98%95+x&a=2", "https://shop.example/pay#a=b=c&d", "a=%", ""])("%j is read as engines read it", (link) => {
  const found = new URLSearchParams(link.slice(link.indexOf("#") + 1));
  for (const [name, value] of fragmentOf(link)) expect(value).toBe(found.get(name));
});

describe("addresses", () => {
  const [good] = VECTORS.addresses as [string];
  test.each([good, good.toLowerCase(), `0x${good.slice(2).toUpperCase()}`])("%s is one", (text) => expect(addressOf(text)).toBe(good));
  const flipped = `0x${good.slice(2).replace(/[a-zA-Z]/, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()))}`;
  test.each([flipped, good.slice(0, -1), good.slice(2), ""])("%j is none", (text) => expect(isAddress(text)).toBe(false));
});

describe("keys", () => {
  test("zeros, as simulators give for random bytes, are none", async () => {
    await expect(newKey((length) => new Uint8Array(length))).rejects.toMatchObject({ key: "key.noRandom" });
  });

  test("too few bytes are none", async () => {
    await expect(newKey(() => crypto.getRandomValues(new Uint8Array(31)))).rejects.toMatchObject({ key: "key.noRandom" });
  });

  test("random bytes are one", async () => {
    const key = await newKey((length) => crypto.getRandomValues(new Uint8Array(length)));
    expect(accountOf(key).address).toMatch(/^0x/);
  });

  test.each(["0x", `0x${"00".repeat(32)}`, `0x${"ff".repeat(32)}`, `0x${"11".repeat(31)}`])("%s is none", (key) => {
    expect(() => accountOf(key as Hex)).toThrow(RangeError);
  });
});

describe("a signature", () => {
  const [{ payer, authorizationHash, signature }] = VECTORS.payments as [(typeof VECTORS.payments)[number]];
  const bytes = bytesOf(signature);
  const hash = authorizationHash as Hex;
  const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const parity = (bytes[64] as number) - 27;

  test("with v of 0 or 1 is the same one", () => {
    expect(recover(hash, hexOf(Uint8Array.of(...bytes.slice(0, 64), parity)))).toBe(payer);
  });

  test("of 64 bytes is the same one", () => {
    const compact = Uint8Array.from(bytes.slice(0, 64));
    compact[32] = (compact[32] as number) | (parity << 7);
    expect(recover(hash, hexOf(compact))).toBe(payer);
  });

  test("with the other s is nobody's", () => {
    const s = ORDER - BigInt(hexOf(bytes.slice(32, 64)));
    const other = `${hexOf(bytes.slice(0, 32))}${s.toString(16).padStart(64, "0")}${(28 - parity).toString(16)}` as Hex;
    expect(recover(hash, other)).toBeNull();
  });

  test.each(["0x", `0x${"00".repeat(65)}`, `0x${"00".repeat(64)}`, `0x${"11".repeat(66)}`])("%s is nobody's", (none) => {
    expect(recover(hash, none as Hex)).toBeNull();
  });
});

test.each([
  ["zh_CN", "zh-Hans"],
  ["zh-Hant-CN", "zh-Hant"],
  ["zh_TW", "zh-Hant"],
  ["zh-HK", "zh-Hant"],
  ["yue", "zh-Hant"],
  ["zh", "zh-Hans"],
  ["ms-MY", "ms"],
  ["en", "en"],
  ["fr", null],
])("%s is %s", (tag, language) => expect(languageFor(tag)).toBe(language));

test("what people read needs no Intl", () => {
  expect(fec(1_234_567_890_123_456_789_012n)).toBe("1,234.5678");
  expect(duration(93_784)).toBe("1 d 2 h");
  expect(date(0)).toMatch(/^19(69|70)-\d\d-\d\d \d\d:\d\d$/);
});

describe("transports", () => {
  const request = { url: "https://shop.example", method: "POST", headers: { a: "b" }, body: "{}" } as const;

  test("over fetch gives status and text", async () => {
    const asked: unknown[] = [];
    const fetch = async (...all: unknown[]) => (asked.push(all), { status: 404, text: async () => "none" });
    expect(await fetchTransport(fetch, { credentials: "include" })(request)).toEqual({ status: 404, body: "none" });
    expect(asked).toEqual([["https://shop.example", { method: "POST", headers: { a: "b" }, body: "{}", credentials: "include" }]]);
  });

  test("over wx.request gives status and text, and throws what fails", async () => {
    const wx = { request: ({ success }: { success(answer: object): void }) => success({ statusCode: 200, data: "{}" }) };
    expect(await wxTransport(wx as never)(request)).toEqual({ status: 200, body: "{}" });
    const broken = { request: ({ fail }: { fail(error: object): void }) => fail({ errMsg: "request:fail" }) };
    await expect(wxTransport(broken as never)(request)).rejects.toEqual({ errMsg: "request:fail" });
  });

  test("random bytes come from wx.getRandomValues", async () => {
    const wx = { getRandomValues: ({ length, success }: { length: number; success(answer: object): void }) => success({ randomValues: new Uint8Array(length).fill(7).buffer }) };
    expect(await wxRandom(wx as never)(3)).toEqual(Uint8Array.of(7, 7, 7));
  });
});
