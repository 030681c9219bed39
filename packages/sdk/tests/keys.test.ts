/** The app's key and the code on paper: what goes wrong leaves a key that opens the vault, or none. */
import { beforeEach, describe, expect, test } from "vitest";
import { accountOf } from "../src/account";
import type { Vaults } from "../src/acting";
import { ADDRESS_ZERO, type Hex } from "../src/hex";
import { keyOfRecoveryCode, Keys, newCode, recoveryCodeOf } from "../src/keys";
import { actorOf, acts, type Act, type Actor } from "../src/vaults";

const KEY: Hex = `0x${"5a".repeat(32)}`;
const VAULT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

describe("a recovery code", () => {
  const code = recoveryCodeOf(KEY);
  const spoilt = `${code[0] === "a" ? "b" : "a"}${code.slice(1)}`;

  test("is 56 letters in groups of four, and read back however it is written", () => {
    expect(code).toMatch(/^([a-z2-7]{4} ){13}[a-z2-7]{4}$/);
    for (const written of [code, code.toUpperCase(), code.replace(/ /g, ""), code.replace(/ /g, "-"), `\n${code} `]) expect(keyOfRecoveryCode(written)).toBe(KEY);
  });

  test.each([["with a wrong letter", spoilt], ["cut off", code.slice(0, -1)], ["too long", `${code}a`], ["with a sign that is none", code.replace(/.$/, "1")], ["empty", ""]])(
    "%s is none",
    (_, text) => expect(keyOfRecoveryCode(text)).toBeNull(),
  );
});

/** What was asked of the service. */
let asked: [Actor, readonly Act[]][];
let kept: Map<string, string>;
let found: Actor | null;
let fails: Error | null;
/** Whether what is asked arrives, said so or not, and what the vault has by then. */
let arrives: boolean;
let stored: Set<string>;

const vaults = {
  first: (signer: Hex, salt: Hex) => ({ vault: VAULT, brand: ADDRESS_ZERO, salt, signer }),
  find: async (signer: Hex) => (found && (signer === accountOf(KEY).address || stored.has(signer)) ? { ...found, signer } : null),
  isSecured: async () => false,
  act: async ({ actor }: { actor: Actor }, some: readonly Act[]) => {
    asked.push([actor, some]);
    if (arrives) stored.add(accountOf((kept.get("fec.coming") ?? KEY) as Hex).address);
    if (fails) throw fails;
  },
} as unknown as Vaults;

const storage = {
  get: async (name: string) => kept.get(name) ?? null,
  set: async (name: string, value: string) => void kept.set(name, value),
  remove: async (name: string) => void kept.delete(name),
};

let keys: Keys;

beforeEach(() => {
  [asked, kept, found, fails, arrives, stored] = [[], new Map(), null, null, true, new Set()];
  keys = new Keys(storage, random, vaults);
});

test("a key is made once, and signs for the vault that follows from it", async () => {
  await keys.make();
  const first = await keys.signer();
  await keys.make();
  expect(first?.actor.vault).toBe(VAULT);
  expect((await keys.signer())?.actor).toEqual(first?.actor);
});

test("zeros for random bytes make no key", async () => {
  await expect(new Keys(storage, (length) => new Uint8Array(length), vaults).make()).rejects.toMatchObject({ key: "key.noRandom" });
  expect(kept.size).toBe(0);
});

test("a storage that keeps nothing makes no key", async () => {
  const forgetful = { ...storage, set: async () => undefined };
  await expect(new Keys(forgetful, random, vaults).make()).rejects.toMatchObject({ key: "key.notStored" });
});

test("a second signer is there once the vault has it, not before", async () => {
  const printed = await newCode(random);
  await expect(keys.secure(printed, 1)).rejects.toMatchObject({ key: "key.wiped" });
  await keys.make();
  fails = new Error("offline");
  await expect(keys.secure(printed, 1)).rejects.toThrow("offline");
  expect(await keys.isSecured()).toBe(false);
  fails = null;
  await keys.secure(printed, 1);
  expect(asked.at(-1)?.[1]).toEqual([acts.addSigner(printed.address)]);
  expect(await keys.isSecured()).toBe(true);
});

describe("a code on paper", () => {
  test("that is none, or that no vault knows, changes nothing", async () => {
    await expect(keys.restore("aaaa", 1)).rejects.toMatchObject({ key: "key.badCode" });
    await expect(keys.restore(recoveryCodeOf(KEY), 1)).rejects.toMatchObject({ key: "vault.noneByCode" });
    expect(kept.size).toBe(0);
  });

  test("adds a new key of the app to its vault, signed by the code", async () => {
    found = actorOf(VAULT, accountOf(KEY).address);
    await keys.restore(recoveryCodeOf(KEY), 1);
    const signer = await keys.signer();
    expect(asked.map(([, some]) => some)).toEqual([[acts.addSigner(signer?.actor.signer ?? "")]]);
    expect(await keys.isSecured()).toBe(true);
  });

  test.each([
    ["did not get through is asked for again with the same key", false, 2],
    ["got through without saying so is not asked for again", true, 1],
  ])("whose act %s", async (_, got, times) => {
    found = actorOf(VAULT, accountOf(KEY).address);
    [fails, arrives] = [new Error("offline"), got];
    await expect(keys.restore(recoveryCodeOf(KEY), 1)).rejects.toThrow("offline");
    expect(await keys.signer()).toBeNull();
    [fails, arrives] = [null, true];
    await keys.restore(recoveryCodeOf(KEY), 1);
    expect(asked).toHaveLength(times);
    expect(new Set(asked.map(([, some]) => some[0]?.data)).size).toBe(1);
    expect(await keys.signer()).not.toBeNull();
  });
});
