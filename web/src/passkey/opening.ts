/** Making a vault with a passkey, finding one again with the same passkey on another device, or with the printed code. */
import { accountOf, newKey } from "@fec/sdk/account";
import { findPasskey, makePasskey } from "@fec/sdk/browser";
import { concat, hexOf } from "@fec/sdk/hex";
import { keyOfRecoveryCode, recoveryCodeOf } from "@fec/sdk/keys";
import { passkeySigner } from "@fec/sdk/passkeys";
import { actorOf, acts, memberIdOf, vaultAddress, type Actor } from "@fec/sdk/vaults";
import { getAddress, zeroAddress, type Address, type Hex } from "viem";
import { chain, settings } from "../chain";
import { Told } from "../errors";
import { t } from "../i18n";
import { custodianContract } from "../reads";
import { actOnVault, openVault, secured, vault } from "../vault";
import { vaults } from "./acting";
import { random, relyingParty } from "./webauthn";

const SALT_LENGTH = 32;
/** 0x and two digits a byte. */
const SALT_TEXT = 2 + 2 * SALT_LENGTH;
const ADDRESS_TEXT = 2 + 2 * 20;
/** Random bytes behind the vault's address in a later device's user id. */
const TAIL_LENGTH = 8;

/** The first signer of a vault of nobody's brand. */
function firstActor(signer: Hex, salt: Hex): Actor {
  const { Custodian, MemberVault } = settings().contracts;
  return { vault: vaultAddress(Custodian, MemberVault, memberIdOf(signer, salt)), brand: zeroAddress, salt, signer };
}

async function newPasskey(userId: Hex): Promise<{ signer: Hex; credentialId: Hex }> {
  const made = await makePasskey(navigator.credentials, relyingParty(), t("passkey.name"), userId, random);
  return { signer: passkeySigner(settings().contracts.PasskeyVerifier, made.publicKey), credentialId: made.id };
}

/** Makes a passkey and opens the vault that follows from it. Nothing is on the chain yet, and nothing has to be. */
export async function makeVault(): Promise<void> {
  const salt = hexOf(random(SALT_LENGTH));
  const { signer, credentialId } = await newPasskey(salt);
  openVault({ member: firstActor(signer, salt), credentialId });
  secured.value = false;
}

/**
 * Makes a passkey of this device for a vault whose signer is elsewhere, and gives it: the other device has to add it. Its user
 * id is its own: an authenticator that has a passkey of the same user id puts the new one in its place.
 */
export const makeDevice = (address: Address): Promise<{ signer: Hex; credentialId: Hex }> => newPasskey(concat([address, hexOf(random(TAIL_LENGTH))]));

/** Opens a vault for a device that was added to it; gives whether it has been. */
export async function openAsDevice(address: Address, signer: Hex, credentialId: Hex): Promise<boolean> {
  if (!(await isStored(address, signer))) return false;
  openVault({ member: actorOf(address, signer), credentialId });
  return true;
}

const isStored = (address: Address, signer: Hex) =>
  chain().readContract({ ...custodianContract(), functionName: "isStoredSigner", args: [address, signer] });

/** Finds the vault of a passkey again: browsers give the key at creation only, but two signatures are enough to recover it. */
export async function findVault(): Promise<void> {
  const { id: credentialId, userId, publicKey } = await findPasskey(navigator.credentials, relyingParty().id, random);
  const signer = passkeySigner(settings().contracts.PasskeyVerifier, publicKey);
  const member = userId.length === SALT_TEXT ? firstActor(signer, userId) : actorOf(getAddress(userId.slice(0, ADDRESS_TEXT)), signer);
  const count = await chain().readContract({ ...custodianContract(), functionName: "signerCountOf", args: [member.vault] });
  const isFirst = count === 0n && userId.length === SALT_TEXT;
  if (!isFirst && !(await isStored(member.vault, signer))) throw new Told(t("passkey.removed"));
  openVault({ member, credentialId });
}

export interface PrintedCode {
  /** For the paper alone: it is kept nowhere. */
  code: string;
  address: Address;
}

/** A new recovery code. */
export async function newCode(): Promise<PrintedCode> {
  const key = await newKey(random);
  return { code: recoveryCodeOf(key), address: accountOf(key).address };
}

/** Has the printed code sign for the vault from now on. */
export async function addCode({ address }: PrintedCode): Promise<void> {
  await actOnVault([acts.addSigner(address)]);
  secured.value = true;
}

/** Opens the vault that a printed code signs for. Throws Told. */
export async function openByCode(text: string): Promise<void> {
  const key = keyOfRecoveryCode(text);
  if (!key) throw new Told(t("key.badCode"));
  const printed = accountOf(key);
  const member = await vaults().find(printed.address);
  if (!member) throw new Told(t("passkey.noVault"));
  openVault({ member, credentialId: null }, printed);
  secured.value = true;
}

/** Asks the chain whether somebody else can sign for the open vault. */
export async function lookWhetherSecured(): Promise<void> {
  const open = vault.value;
  if (!open || secured.value) return;
  const count = await chain().readContract({ ...custodianContract(), functionName: "signerCountOf", args: [open.member.vault] });
  if (vault.value === open) secured.value = count > 1n;
}
