/** Nodes as the pages know them. Amounts in wei, times in seconds. */
import type { ProvenLeaf } from "./settlements";
import { claimable, face, nextRelease, PERIODS, periodsElapsed, type Release } from "./curve";

/** What a token id says about its node's birth; packed as in `contracts/libraries/NodeId.sol`. */
export interface NodeId {
  programId: number;
  periodLength: number;
  start: number;
  birthPrincipal: bigint;
  serial: number;
}

export interface Node extends NodeId {
  tokenId: bigint;
  principal: bigint;
  claimed: bigint;
  /** What opens it, if it was settled and nobody has opened it: the contracts know it as a token only afterwards. */
  leaf?: ProvenLeaf;
}

export function decodeId(tokenId: bigint): NodeId {
  const bits = (shift: bigint, width: number) => BigInt.asUintN(width, tokenId >> shift);
  return {
    programId: Number(bits(200n, 32)),
    periodLength: Number(bits(176n, 24)),
    start: Number(bits(136n, 40)),
    birthPrincipal: bits(40n, 96),
    serial: Number(bits(0n, 40)),
  };
}

/** The short name that people are shown, such as `3-42`. */
export function nodeName(tokenId: bigint): string {
  const { programId, serial } = decodeId(tokenId);
  return `${programId}-${serial}`;
}

export function makeNode(tokenId: bigint, principal: bigint, claimed: bigint): Node {
  return { tokenId, ...decodeId(tokenId), principal, claimed };
}

/** A node that a payment would make now, to show its curve: it has no id yet. */
export function imagined(programId: number, principal: bigint, start: number, periodLength: number): Node {
  return { tokenId: 0n, programId, periodLength, start, birthPrincipal: principal, serial: 0, principal, claimed: 0n };
}

export function periodOf(node: Node, now: number): number {
  return periodsElapsed(node.start, node.periodLength, now);
}

/** Least principal of a node that is split off, in wei: a thousandth of a FEC, as `ADN.MIN_SPLIT_PRINCIPAL` says. */
export const LEAST_PART = 1_000_000_000_000_000n;

export function claimableOf(node: Node, now: number): bigint {
  return claimable(node.principal, node.claimed, periodOf(node, now));
}

export function outstandingOf(node: Node): bigint {
  return face(node.principal) - node.claimed;
}

export function nextOf(node: Node, now: number): Release | null {
  return nextRelease(node.principal, node.start, node.periodLength, now);
}

export function endOf(node: Node): number {
  return node.start + PERIODS * node.periodLength;
}

/** Nodes that can be merged with each other: of one program and start. */
export function classOf(node: Node): bigint {
  return node.tokenId >> 136n;
}

export function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}
