/** Settlements: the tree over their leaves and its proofs; the twin of `fec/protocol/settlements.py`. Amounts in wei. */
import { encode } from "./abi";
import { parseFec, plain } from "./amounts";
import { CLAIM_FOR, OPEN, OPEN_AND_CLAIM, OPEN_AND_CLAIM_GAS, OPEN_GAS } from "./generated/relay";
import { addressOf, concat, isHex, keccak, numberHex, sizeOf, sliceOf, type Address, type Hex } from "./hex";

/** A settled node that nobody has opened, and what opens it: what `ADN.open` takes. */
export interface ProvenLeaf {
  settlementId: bigint;
  /** Its place in the settlement, from 0. */
  index: number;
  owner: Address;
  principal: bigint;
  /** Hashes beside the way up to the root, from the lowest. */
  proof: readonly Hex[];
}

const LEAF_LENGTH = 32;
const OWNER_LENGTH = 20;
const COUNT_SHIFT = 232n;
const PRINCIPAL_SHIFT = 40n;
const PRINCIPAL_BITS = 96n;
/** Most gas of a claim for the owner, and of what is around it. */
const CLAIM_GAS = 60_000;

export const countOf = (settlementId: bigint): number => Number(settlementId >> COUNT_SHIFT);

/** Sum of the principals of a settlement's nodes. */
export const totalOf = (settlementId: bigint): bigint => BigInt.asUintN(Number(PRINCIPAL_BITS), settlementId >> PRINCIPAL_SHIFT);

/** Id of the node at a place: that of the settlement's first node, with another principal and serial. */
export function tokenIdAt(settlementId: bigint, index: number, principal: bigint): bigint {
  const batch = BigInt.asUintN(Number(COUNT_SHIFT), settlementId);
  const mask = ((1n << PRINCIPAL_BITS) - 1n) << PRINCIPAL_SHIFT;
  return ((batch & ~mask) | (principal << PRINCIPAL_SHIFT)) + BigInt(index);
}

/** keccak256(tokenId ‖ owner): 52 bytes, so that no inner node, hashed from 64, is a leaf. */
export function hashLeaf(tokenId: bigint, owner: Address): Hex {
  return keccak(concat([numberHex(tokenId, 32), owner]));
}

const parent = (left: Hex, right: Hex): Hex => keccak(concat([left, right]));

/** Whether a leaf's proof leads to a root, and has exactly the length that index and count give. */
export function proves(root: Hex, leaf: ProvenLeaf): boolean {
  let node = hashLeaf(tokenIdAt(leaf.settlementId, leaf.index, leaf.principal), leaf.owner);
  let { index } = leaf;
  let last = countOf(leaf.settlementId) - 1;
  if (index > last) return false;
  const siblings = [...leaf.proof];
  while (last) {
    if (index !== last || index % 2) {
      const sibling = siblings.shift();
      if (!sibling) return false;
      node = index % 2 ? parent(sibling, node) : parent(node, sibling);
    }
    index >>= 1;
    last >>= 1;
  }
  return !siblings.length && node === root;
}

/** The leaves of one owner among those that `NodesSettled` has, each with its proof. */
export function leavesOf(settlementId: bigint, packed: Hex, owner: Address): ProvenLeaf[] {
  const wanted = owner.slice(2).toLowerCase();
  const count = sizeOf(packed) / LEAF_LENGTH;
  const text = packed.slice(2).toLowerCase();
  const mine = Array.from({ length: count }, (_, index) => index).filter((index) => text.startsWith(wanted, 2 * LEAF_LENGTH * index));
  if (!mine.length) return [];
  const levels = levelsOf(Array.from({ length: count }, (_, index) => hashOf(settlementId, packed, index)));
  return mine.map((index) => ({ settlementId, index, ...leafAt(packed, index), proof: siblingsOf(levels, index) }));
}

/** The root over the leaves that `NodesSettled` has, and each node's principal by its token id. */
export function treeOf(settlementId: bigint, packed: Hex): { root: Hex; principals: Map<bigint, bigint> } {
  const indices = Array.from({ length: sizeOf(packed) / LEAF_LENGTH }, (_, index) => index);
  const principals = new Map(
    indices.map((index) => {
      const { principal } = leafAt(packed, index);
      return [tokenIdAt(settlementId, index, principal), principal];
    }),
  );
  const [root = "0x"] = levelsOf(indices.map((index) => hashOf(settlementId, packed, index))).at(-1) ?? [];
  return { root, principals };
}

function leafAt(packed: Hex, index: number): { owner: Address; principal: bigint } {
  const leaf = sliceOf(packed, LEAF_LENGTH * index, LEAF_LENGTH * (index + 1));
  return { owner: addressOf(sliceOf(leaf, 0, OWNER_LENGTH)), principal: BigInt(sliceOf(leaf, OWNER_LENGTH)) };
}

function hashOf(settlementId: bigint, packed: Hex, index: number): Hex {
  const leaf = leafAt(packed, index);
  return hashLeaf(tokenIdAt(settlementId, index, leaf.principal), leaf.owner);
}

/** Hashes of the leaves first, the root last. An odd last node is carried up unchanged. */
function levelsOf(leaves: Hex[]): Hex[][] {
  const levels = [leaves];
  for (let below = leaves; below.length > 1; ) {
    const above: Hex[] = [];
    for (let at = 0; at < below.length; at += 2) {
      const [left, right] = [below[at] as Hex, below[at + 1]];
      above.push(right ? parent(left, right) : left);
    }
    levels.push(above);
    below = above;
  }
  return levels;
}

function siblingsOf(levels: Hex[][], index: number): Hex[] {
  const found: Hex[] = [];
  for (const level of levels.slice(0, -1)) {
    const sibling = level[index ^ 1];
    if (sibling) found.push(sibling);
    index >>= 1;
  }
  return found;
}

/** A leaf as people keep it in a file: it opens the node for good, whatever logs endpoints still have. */
export interface LeafRecord {
  settlementId: string;
  index: number;
  owner: Address;
  /** Exact decimals of FEC. */
  principal: string;
  tokenId: string;
  proof: readonly Hex[];
}

export function recordOf(leaf: ProvenLeaf): LeafRecord {
  const { settlementId, index, owner, principal, proof } = leaf;
  const tokenId = tokenIdAt(settlementId, index, principal);
  return { settlementId: settlementId.toString(), index, owner, principal: plain(principal), tokenId: tokenId.toString(), proof };
}

/** What such a file says. Throws RangeError for anything else; `proves` says whether it is so. */
export function leafOfRecord(record: Partial<LeafRecord>): ProvenLeaf {
  const { settlementId = "", index = -1, owner = "", proof = [], tokenId } = record;
  const principal = parseFec(record.principal ?? "");
  if (!/^\d{1,78}$/.test(settlementId) || principal === null || !proof.every((hash) => isHex(hash, 32))) throw new RangeError("This is no record of a leaf.");
  const leaf = { settlementId: BigInt(settlementId), index, owner: addressOf(owner), principal, proof };
  if (!Number.isInteger(index) || index < 0 || index >= countOf(leaf.settlementId)) throw new RangeError("The settlement has no such leaf.");
  if (tokenId !== undefined && BigInt(tokenId) !== tokenIdAt(leaf.settlementId, index, principal)) throw new RangeError("The token id does not belong to the leaf.");
  return leaf;
}

const LEAF_TYPES = [
  { type: "uint256" },
  { type: "uint256" },
  { type: "address" },
  { type: "uint256" },
  { type: "bytes32[]" },
] as const;

/** What `Relay.relay` takes to open nodes, with a claim for their owners if told so, and to claim from others. */
export function openings(leaves: readonly ProvenLeaf[], { claim, others = [] }: { claim: boolean; others?: readonly bigint[] }): Hex {
  const calls = leaves.map((leaf) => {
    const { settlementId, index, owner, principal, proof } = leaf;
    const encoded = encode(LEAF_TYPES, [settlementId, BigInt(index), owner, principal, [...proof]]);
    return claim ? relayed(OPEN_AND_CLAIM, OPEN_AND_CLAIM_GAS, encoded) : relayed(OPEN, OPEN_GAS, encoded);
  });
  if (others.length) calls.push(relayed(CLAIM_FOR, CLAIM_GAS * (others.length + 1), encode([{ type: "uint256[]" }], [others])));
  return concat(calls);
}

function relayed(kind: number, gas: number, encoded: Hex): Hex {
  return concat([numberHex(kind, 1), numberHex(gas, 3), numberHex(sizeOf(encoded), 2), encoded]);
}
