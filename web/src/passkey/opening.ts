/** Making a vault with a passkey, finding one again with the same passkey on another device, or with the printed code. */
import { bytesOf, hexOf } from "@fec/sdk/hex";
import { keyOfRecoveryCode, recoveryCodeOf } from "@fec/sdk/keys";
import { accountOf, newKey, type Account } from "@fec/sdk/account";
import { passkeySigner, publicKeyOf, recoverPasskey } from "@fec/sdk/passkeys";
import { acts, firstMember, laterMember } from "@fec/sdk/vaults";
import { keccak256, type Address, type Hex } from "viem";
import { chain, head, look, settings } from "../chain";
import { t } from "../i18n";
import { custodianContract, logsOf } from "../reads";
import { actOnVault, custodyOf, openVault, secured, vault } from "../vault";
import { askPasskey, makePasskey } from "./webauthn";

const SALT_LENGTH = 32;
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

/** A vault or passkey was looked for and not found: the sentence says what to do. */
export class NotFound extends Error {}

/** Makes a passkey and opens the vault that follows from it. Nothing is on the chain yet, and nothing has to be. */
export async function makeVault(): Promise<void> {
  const salt = random(SALT_LENGTH);
  const { publicKey, credentialId } = await makePasskey(salt, t("passkey.name"));
  const custody = custodyOf(settings());
  const signer = passkeySigner(custody.passkeyVerifier, publicKeyOf(publicKey));
  openVault({ member: firstMember(custody, signer, hexOf(salt)), credentialId });
  secured.value = false;
}

/** Makes a passkey of this device for a vault whose signer is elsewhere, and gives it: the other device has to add it. */
export async function makeDevice(address: Address): Promise<{ signer: Hex; credentialId: string }> {
  const { publicKey, credentialId } = await makePasskey(new Uint8Array(bytesOf(address)), t("passkey.name"));
  return { signer: passkeySigner(settings().contracts.PasskeyVerifier, publicKeyOf(publicKey)), credentialId };
}

/** Opens a vault for a device that was added to it; gives whether it has been. */
export async function openAsDevice(address: Address, signer: Hex, credentialId: string): Promise<boolean> {
  if (!(await isStored(address, signer))) return false;
  openVault({ member: laterMember(address, signer), credentialId });
  return true;
}

const isStored = (address: Address, signer: Hex) =>
  chain().readContract({ ...custodianContract(), functionName: "isStoredSigner", args: [address, signer] });

/** Finds the vault of a passkey again: browsers give the key at creation only, but two signatures are enough to recover it. */
export async function findVault(): Promise<void> {
  const first = await askPasskey(random(32), null);
  const second = await askPasskey(random(32), first.credentialId);
  const point = recoverPasskey([first, second]);
  const { userHandle, credentialId } = first;
  if (!point || !userHandle) throw new NotFound(t("passkey.notOurs"));
  const custody = custodyOf(settings());
  const signer = passkeySigner(custody.passkeyVerifier, point);
  const handle = hexOf(userHandle);
  if (userHandle.length === SALT_LENGTH) {
    const member = firstMember(custody, signer, handle);
    const count = await chain().readContract({ ...custodianContract(), functionName: "signerCountOf", args: [member.vault] });
    if (count > 0n && !(await isStored(member.vault, signer))) throw new NotFound(t("passkey.removed"));
    openVault({ member, credentialId });
  } else if (await isStored(handle as Address, signer)) openVault({ member: laterMember(handle as Address, signer), credentialId });
  else throw new NotFound(t("passkey.removed"));
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

/** Opens the vault that a printed code signs for. Throws NotFound. */
export async function openByCode(text: string): Promise<void> {
  const key = keyOfRecoveryCode(text);
  if (!key) throw new NotFound(t("passkey.badCode"));
  const printed: Account = accountOf(key);
  await look();
  const signerHash = keccak256(printed.address);
  const added = await logsOf(custodianContract(), "SignerAdded", { signerHash }, head.value?.number ?? 0n);
  for (const { args } of added.reverse()) {
    if (await isStored(args.vault, printed.address)) {
      openVault({ member: laterMember(args.vault, printed.address), credentialId: null }, printed);
      secured.value = true;
      return;
    }
  }
  throw new NotFound(t("passkey.noVault"));
}

/** Asks the chain whether somebody else can sign for the open vault. */
export async function lookWhetherSecured(): Promise<void> {
  const open = vault.value;
  if (!open || secured.value) return;
  const count = await chain().readContract({ ...custodianContract(), functionName: "signerCountOf", args: [open.member.vault] });
  if (vault.value === open) secured.value = count > 1n;
}
