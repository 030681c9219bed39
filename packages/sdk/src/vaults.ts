/**
 * Vaults: where they are, who signs for them, and what is signed; the twin of `fec/protocol/members.py` and `acts.py`.
 * Amounts in wei, times in seconds since the epoch.
 */
import { encode, encodeCall } from "./abi";
import { custodianAbi } from "./generated/abi";
import { ACTS, MAX_COINS } from "./generated/acts";
import { CUSTODIAN_NAME, NODES_NAME } from "./generated/signing";
import { ADDRESS_ZERO, addressOf, concat, isHex, keccak, sizeOf, sliceOf, type Address, type Hex } from "./hex";
import type { ProvenLeaf } from "./settlements";
import { typedData, type TypedData } from "./typed-data";

/** As an amount of coins to take out: all coins of the vault. */
export const ALL_COINS = MAX_COINS;

const ACCOUNT_BYTES = 20;

/** Who acts on a vault: its first signer with brand and salt, or one that was added, whose brand and salt do not count. */
export interface Actor {
  vault: Address;
  brand: Address;
  salt: Hex;
  signer: Hex;
}

/** Who acts by a signer alone: one that was added to a vault, or an account on what it has itself. */
export const actorOf = (vault: Address, signer: string): Actor => ({ vault, brand: ADDRESS_ZERO, salt: ZERO_WORD, signer: signerOf(signer) });

const ZERO_WORD: Hex = `0x${"00".repeat(32)}`;

/** One thing that is done, as the contract takes it. */
export interface Act {
  kind: number;
  data: Hex;
}

/** Acts that a signer signs at once: carried out in order, all or none. */
export interface Instruction {
  /** The vault; or the account itself, if it acts on what it has. */
  vault: Address;
  signer: Hex;
  acts: readonly Act[];
  /** Number of the signer's next instruction for the vault. */
  nonce: bigint;
  /** Last second at which it may be carried out. */
  deadline: number;
}

/** A signer as the contracts know it: in small letters. Throws RangeError if it is neither an account nor a verifier with a key. */
export function signerOf(signer: string): Hex {
  if (isHex(signer, ACCOUNT_BYTES)) return addressOf(signer).toLowerCase() as Hex;
  if (!isHex(signer) || sizeOf(signer) <= ACCOUNT_BYTES) throw new RangeError("This is no signer.");
  return signer.toLowerCase() as Hex;
}

/** By what a vault knows a signer. */
export const signerHash = (signer: string): Hex => keccak(signerOf(signer));

const pair = (types: readonly string[], values: readonly unknown[]): Hex => keccak(encode(types.map((type) => ({ type })), values));

/** Id of a member: keccak256(abi.encode(keccak256(signer), salt)), of the first signer. */
export const memberIdOf = (signer: string, salt: Hex): Hex => pair(["bytes32", "bytes32"], [signerHash(signer), salt]);

/** Where a member's vault is, deployed or not: CREATE2 (EIP-1014) of a minimal proxy (ERC-1167) by the custodian. */
export function vaultAddress(custodian: Address, implementation: Address, memberId: Hex, brand: Address = ADDRESS_ZERO): Address {
  const target = addressOf(implementation).slice(2).toLowerCase();
  const code = keccak(`0x3d602d80600a3d3981f3363d3d373d3d3d363d73${target}5af43d82803e903d91602b57fd5bf3`);
  const salt = pair(["address", "bytes32"], [brand, memberId]);
  return addressOf(sliceOf(keccak(concat(["0xff", custodian, salt, code])), 12));
}

function actOf(kind: keyof typeof ACTS, ...values: unknown[]): Act {
  const { number, types } = ACTS[kind];
  return { kind: number, data: encode(types.map((type) => ({ type })), values) };
}

/** What can be done, each as one act. Whose leaf it opens is the vault itself. */
export const acts = {
  withdraw: (to: Address, tokenIds: readonly bigint[] = [], amount = 0n): Act => actOf("Withdraw", to, tokenIds, amount),
  withdrawPart: (tokenId: bigint, principal: bigint, to: Address): Act => actOf("WithdrawPart", tokenId, principal, to),
  claim: (tokenIds: readonly bigint[]): Act => actOf("Claim", tokenIds),
  open: ({ settlementId, index, principal, proof }: ProvenLeaf): Act => actOf("Open", settlementId, index, principal, proof),
  split: (tokenId: bigint, principals: readonly bigint[]): Act => actOf("Split", tokenId, principals),
  merge: (tokenIds: readonly bigint[]): Act => actOf("Merge", tokenIds),
  approveClaimer: (claimer: Address, approved: boolean, tokenId: bigint): Act => actOf("ApproveClaimer", claimer, approved, tokenId),
  approveClaimerForAll: (claimer: Address, approved: boolean): Act => actOf("ApproveClaimerForAll", claimer, approved),
  addSigner: (signer: string): Act => actOf("AddSigner", signerOf(signer)),
  askRemoval: (signer: string): Act => actOf("AskRemoval", signerHash(signer)),
  cancelRemoval: (signer: string): Act => actOf("CancelRemoval", signerHash(signer)),
  removeSigner: (signer: string): Act => actOf("RemoveSigner", signerHash(signer)),
  nameSuccessor: (successor: Address): Act => actOf("NameSuccessor", successor),
};

/** Leaves with everything: claims what the nodes have released, then gives all coins and the nodes to somebody. */
export function withdrawAll(to: Address, tokenIds: readonly bigint[]): Act[] {
  return [...(tokenIds.length ? [acts.claim(tokenIds)] : []), acts.withdraw(to, tokenIds, ALL_COINS)];
}

/** What a signer signs to act. An account signs it as it is; of a passkey its hash is the challenge. */
export function actsData({ vault, signer, acts: asked, nonce, deadline }: Instruction, chainId: number, custodian: Address): TypedData {
  const message = { vault, signer: signerOf(signer), acts: asked, nonce, deadline: BigInt(deadline) };
  return typedData("Acts", CUSTODIAN_NAME, chainId, custodian, message);
}

/** What carries an instruction out, for those who send it themselves. */
export function actCall(actor: Actor, { acts: asked, nonce, deadline }: Instruction, signature: Hex): Hex {
  return encodeCall(custodianAbi, "act", [{ ...actor, signer: signerOf(actor.signer) }, asked, nonce, deadline, signature]);
}

/** What a signer signs to pay an order out of a vault; the order's customer is the vault. */
export function spendData(vault: Address, orderHash: Hex, chainId: number, custodian: Address): TypedData {
  return typedData("Spend", CUSTODIAN_NAME, chainId, custodian, { vault, orderHash });
}

/** What an owner of nodes signs to make somebody their ERC-721 operator, such as the custodian: then it can act on them without gas. */
export function operatorData(permit: { owner: Address; operator: Address; approved: boolean; nonce: bigint; deadline: number }, chainId: number, nodes: Address): TypedData {
  return typedData("PermitForAll", NODES_NAME, chainId, nodes, { ...permit, deadline: BigInt(permit.deadline) });
}
