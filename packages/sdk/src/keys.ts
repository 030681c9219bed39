/** A key of the app's own, in a storage that is passed in, and the code on paper that brings it back. */
import { accountOf, newKey, type Account, type Random } from "./account";
import { FecError } from "./failure";
import { bytesOf, hexOf, keccak, type Hex } from "./hex";
import type { Storage } from "./payments";

const KEY = "fec.key";
const SECOND = "fec.second";

const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
const KEY_LENGTH = 32;
/** With as many bytes of a checksum the code has 56 letters, none of them left over. */
const CHECK_LENGTH = 3;

/** A private key as people write it down: base 32 (RFC 4648) with a checksum, in groups of four letters. */
export function recoveryCodeOf(privateKey: Hex): string {
  const bytes = bytesOf(`${privateKey}${keccak(privateKey).slice(2, 2 + 2 * CHECK_LENGTH)}`);
  let bits = BigInt(hexOf(bytes));
  let code = "";
  for (let left = (bytes.length * 8) / 5; left; left--) {
    code = LETTERS[Number(bits & 31n)] + code;
    bits >>= 5n;
  }
  return code.replace(/.{4}(?=.)/g, `$& `);
}

/** The private key of a code; null if a letter is wrong or missing. Spaces, dashes and case do not count. */
export function keyOfRecoveryCode(text: string): Hex | null {
  const code = text.toLowerCase().replace(/[\s-]/g, "");
  if (code.length !== ((KEY_LENGTH + CHECK_LENGTH) * 8) / 5 || !/^[a-z2-7]*$/.test(code)) return null;
  let bits = 0n;
  for (const letter of code) bits = (bits << 5n) | BigInt(LETTERS.indexOf(letter));
  const digits = bits.toString(16).padStart(2 * (KEY_LENGTH + CHECK_LENGTH), "0");
  const key: Hex = `0x${digits.slice(0, 2 * KEY_LENGTH)}`;
  return keccak(key).slice(2, 2 + 2 * CHECK_LENGTH) === digits.slice(2 * KEY_LENGTH) ? key : null;
}

/** The app's key. */
export class Keys {
  constructor(
    private readonly storage: Storage,
    private readonly random: Random,
  ) {}

  /** The account; null if there is no key yet, or not any more. */
  async account(): Promise<Account | null> {
    const key = await this.storage.get(KEY);
    return key ? accountOf(key as Hex) : null;
  }

  /** Makes a key, if there is none. Throws FecError where the engine's bytes are none. */
  async make(): Promise<Account> {
    const known = await this.account();
    return known ?? this.take(await newKey(this.random));
  }

  /** The code to be written down. Throws FecError if there is no key. */
  async code(): Promise<string> {
    const key = await this.storage.get(KEY);
    if (!key) throw new FecError("key.wiped");
    return recoveryCodeOf(key as Hex);
  }

  /** Goes on with the key of a code. Throws FecError if it is none. */
  async restore(code: string): Promise<Account> {
    const key = keyOfRecoveryCode(code);
    if (!key) throw new FecError("key.badCode");
    const account = await this.take(key);
    await this.keep();
    return account;
  }

  /** Whether somebody said that there is something else that opens what the key opens. */
  async isKept(): Promise<boolean> {
    return (await this.storage.get(SECOND)) === "yes";
  }

  async keep(): Promise<void> {
    await this.storage.set(SECOND, "yes");
  }

  private async take(key: Hex): Promise<Account> {
    await this.storage.set(KEY, key);
    // What was not stored is lost with the page: it must not be paid to.
    if ((await this.storage.get(KEY)) !== key) throw new FecError("key.notStored");
    return accountOf(key);
  }
}
