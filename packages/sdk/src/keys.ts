/** A key of the app's own, in a storage that is passed in, and a second one on paper that opens the same vault. */
import { accountOf, newKey, type Random } from "./account";
import type { Signer, Vaults } from "./acting";
import { FecError } from "./failure";
import { bytesOf, hexOf, keccak, type Address, type Hex } from "./hex";
import type { Storage } from "./payments";
import { actorOf, acts, type Actor } from "./vaults";

const KEY = "fec.key";
const VAULT = "fec.vault";
const SECURED = "fec.secured";
/** A key that is being added to a vault. */
const COMING = "fec.coming";
const YES = "yes";

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

/** A key on paper. */
export interface PrintedCode {
  /** For the paper alone: it is kept nowhere. */
  code: string;
  address: Address;
}

/** A new recovery code. */
export async function newCode(random: Random): Promise<PrintedCode> {
  const key = await newKey(random);
  return { code: recoveryCodeOf(key), address: accountOf(key).address };
}

/** The app's key, which signs for a vault. */
export class Keys {
  constructor(
    private readonly storage: Storage,
    private readonly random: Random,
    private readonly vaults: Vaults,
  ) {}

  /** Who signs here; null if there is no key yet, or not any more. */
  async signer(): Promise<Signer | null> {
    const [key, vault] = [await this.storage.get(KEY), await this.storage.get(VAULT)];
    return key && vault ? { actor: JSON.parse(vault) as Actor, sign: accountOf(key as Hex).signTypedData } : null;
  }

  /** Makes a key and with it a vault, if there is none; nothing has to be on the chain. Throws FecError where the engine's bytes are none. */
  async make(): Promise<void> {
    if (await this.signer()) return;
    const key = await newKey(this.random);
    await this.take(key, this.vaults.first(accountOf(key).address, await newKey(this.random)));
  }

  /** Has a code on paper sign for the vault too. */
  async secure({ address }: PrintedCode, programId: number): Promise<void> {
    const signer = await this.signer();
    if (!signer) throw new FecError("key.wiped");
    await this.vaults.act(signer, [acts.addSigner(address)], programId);
    await this.storage.set(SECURED, YES);
  }

  /** Whether somebody else opens the vault too. */
  async isSecured(): Promise<boolean> {
    if ((await this.storage.get(SECURED)) === YES) return true;
    const signer = await this.signer();
    const found = signer !== null && (await this.vaults.isSecured(signer.actor.vault));
    if (found) await this.storage.set(SECURED, YES);
    return found;
  }

  /** Has a new key of this app sign for the vault that a code on paper opens. Throws FecError if it opens none. */
  async restore(text: string, programId: number): Promise<void> {
    const printed = keyOfRecoveryCode(text);
    if (!printed) throw new FecError("key.badCode");
    const { address, signTypedData } = accountOf(printed);
    const actor = await this.vaults.find(address);
    if (!actor) throw new FecError("vault.noneByCode");
    // Kept first: what was added and then lost would take one of the vault's few places.
    const key = ((await this.storage.get(COMING)) as Hex | null) ?? (await newKey(this.random));
    await this.storage.set(COMING, key);
    const mine = accountOf(key).address;
    // An earlier try may have arrived without saying so.
    if ((await this.vaults.find(mine))?.vault !== actor.vault) await this.vaults.act({ actor, sign: signTypedData }, [acts.addSigner(mine)], programId);
    await this.take(key, actorOf(actor.vault, mine));
    await this.storage.set(SECURED, YES);
    await this.storage.remove(COMING);
  }

  private async take(key: Hex, actor: Actor): Promise<void> {
    await this.storage.set(KEY, key);
    await this.storage.set(VAULT, JSON.stringify(actor));
    // What was not stored is lost with the page: nothing must be paid to it.
    if ((await this.storage.get(KEY)) !== key) throw new FecError("key.notStored");
  }
}
