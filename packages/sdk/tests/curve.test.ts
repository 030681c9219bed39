/** The twin of the curve equals the golden values, made from exact rationals, to the wei. */
import { describe, expect, test } from "vitest";
import oneAdn from "../../../tests/vectors/released_one_adn.csv?raw";
import random from "../../../tests/vectors/released_random.csv?raw";
import { claimable, face, nextRelease, PERIODS, periodsElapsed, periodWhenReleased, released } from "../src/curve";
import { decodeId } from "../src/nodes";

function rows(text: string): Record<string, string>[] {
  const [head = "", ...lines] = text.trim().split(/\r?\n/);
  const columns = head.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((value, index) => [columns[index], value])));
}

describe.each([
  ["released_one_adn.csv", oneAdn, 101],
  ["released_random.csv", random, 1_000],
])("golden values in %s", (_, text, count) => {
  const all = rows(text);

  test("are there", () => expect(all.length).toBe(count));

  test("equal the twin's, to the wei", () => {
    for (const { k, principal_wei, released_wei } of all)
      expect(released(BigInt(principal_wei ?? ""), Number(k)), `k ${k} principal ${principal_wei}`).toBe(BigInt(released_wei ?? ""));
  });
});

const ADN = 1_000n * 10n ** 18n;

test("milestones: principal back in period 55, half of the face in 86, all of it in 100", () => {
  expect(periodWhenReleased(ADN, ADN)).toBe(55);
  expect(periodWhenReleased(ADN, face(ADN) / 2n)).toBe(86);
  expect(periodWhenReleased(ADN, face(ADN))).toBe(PERIODS);
  expect(() => periodWhenReleased(ADN, face(ADN) + 1n)).toThrow(RangeError);
});

test("periods elapse on their boundaries, and no more than 100", () => {
  expect(periodsElapsed(1_000, 10, 999)).toBe(0);
  expect(periodsElapsed(1_000, 10, 1_009)).toBe(0);
  expect(periodsElapsed(1_000, 10, 1_010)).toBe(1);
  expect(periodsElapsed(1_000, 10, 9_999)).toBe(PERIODS);
});

test("what was claimed ahead of the curve by a split's wei is not negative", () => {
  expect(claimable(ADN, released(ADN, 3) + 1n, 3)).toBe(0n);
});

test("the next release skips periods that bring nothing, and ends with the last", () => {
  expect(nextRelease(1n, 0, 10, 0)?.period).toBe(periodWhenReleased(1n, 1n));
  expect(nextRelease(ADN, 0, 10, 1_000)).toBeNull();
});

test("ids are taken apart as the contract packs them", () => {
  const id = (3n << 200n) | (604_800n << 176n) | (1_767_571_200n << 136n) | (ADN << 40n) | 42n;
  expect(decodeId(id)).toEqual({ programId: 3, periodLength: 604_800, start: 1_767_571_200, birthPrincipal: ADN, serial: 42 });
});
