/** The languages: the same places in every sentence, exact numbers, the right script of Chinese. */
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { en } from "../src/i18n/en";
import { language } from "../src/i18n/language";
import type { Messages } from "../src/i18n";

beforeAll(() => vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined }));
afterEach(() => void (language.value = "en"));

const placesOf = (sentence: string) => [...sentence.matchAll(/\{(\w+)(?::\w+)?\}/g)].map((found) => found[1]).sort();

const PACKS = {
  "zh-Hans": () => import("../src/i18n/zh-Hans"),
  "zh-Hant": () => import("../src/i18n/zh-Hant"),
  ms: () => import("../src/i18n/ms"),
} satisfies Record<string, () => Promise<{ pack: { messages: Messages; refused: Record<string, string> } }>>;

describe.each(Object.keys(PACKS) as (keyof typeof PACKS)[])("%s", (tag) => {
  test("has the places of the source in every sentence", async () => {
    const { messages } = (await PACKS[tag]()).pack;
    for (const [key, sentence] of Object.entries(en)) expect(placesOf(messages[key as keyof Messages]), key).toEqual(placesOf(sentence));
  });

  test("has a sentence of its own for every contract's error", async () => {
    const { refused } = (await PACKS[tag]()).pack;
    const source = (await import("@fec/sdk/generated/refusals.en.json")).default as Record<string, string>;
    expect(Object.keys(refused)).toEqual(Object.keys(source));
    for (const [name, sentence] of Object.entries(refused)) expect(sentence, name).not.toBe(source[name]);
  });
});

describe("amounts", async () => {
  const { exactFec, fec, parseFec, plain } = await import("../src/i18n/format");
  const CAP = 10_000_000_000n * 10n ** 18n - 1n;

  test("are exact beyond what a Number holds", () => {
    expect(plain(CAP)).toBe("9999999999.999999999999999999");
    expect(exactFec(CAP)).toBe("9,999,999,999.999999999999999999");
    expect(parseFec(plain(CAP))).toBe(CAP);
  });

  test("are rounded down when they are shortened", () => {
    expect(fec(CAP)).toBe("9,999,999,999.9999");
    expect(fec(12n)).toBe("0.000000000000000012");
  });

  test("that are none are refused", () => {
    for (const text of ["", "-1", "1e3", "1,000.5", "0x10", "1.1234567890123456789"]) expect(parseFec(text), text).toBeNull();
  });
});

test("Chinese goes by its script", async () => {
  const { languageFor } = await import("@fec/sdk/i18n/language");
  expect(["zh-CN", "zh-SG", "zh", "zh-TW", "zh-HK", "zh-MO", "ms-MY", "en-GB", "fr"].map(languageFor)).toEqual([
    ...["zh-Hans", "zh-Hans", "zh-Hans", "zh-Hant", "zh-Hant", "zh-Hant", "ms", "en", null],
  ]);
});
