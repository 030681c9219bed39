/** Settlements equal what `fec.protocol.settlements` and `fec.protocol.relays` make of the same leaves. */
import { expect, test } from "vitest";
import type { Address, Hex } from "../src/hex";
import { countOf, leavesOf, proves, tokenIdAt, totalOf, treeOf, type ProvenLeaf } from "../src/settlements";

const ALICE: Address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const ID = 34508731737224623357290467629094141541854818173097693490843001194283015n;
const ROOT = "0x2ecb4ac819e47e5aa53bedc9506eced58a5ad63fff0bcd8b47c6284b502cc64a";
const LEAVES =
  "0x70997970c51812dc3a010c7d01b50e0d17dc79c8000000000de0b6b3a7640000" +
  "3c44cdddb6a900fa2b585dd299e03d12fa4293bc000000001bc16d674ec80001" +
  "70997970c51812dc3a010c7d01b50e0d17dc79c800000000000aa87bee538000" +
  "3c44cdddb6a900fa2b585dd299e03d12fa4293bc000000003782dace9d900000" +
  "70997970c51812dc3a010c7d01b50e0d17dc79c8000000004563918244f40000";
const TOKENS = [
  3271804420116688317709014279587175385805341387029280563658759n,
  3271804420116688317709014279586079172712448715029280563658761n,
  3271804420116688317709014279591573432316445387029280563658763n,
];
const PROOFS = [
  [
    "0xc5a6e794534d6ca9171ebbab4c10ee27f57b6e0add9d8ea932344bf84a661b49",
    "0xf20c025018d1878b6ee12b745f4a713c0e4f349ae361341e2b34b0537dc16b15",
    "0x75e4d5775bc08d92ecaecb49aa81995f4ba1a2341f95435e3c536f239a80f10b",
  ],
  [
    "0xcbc3fc511a315c57dca32d9bd3c7ca2efc6a8b0bccf6e5c16f269533e1de5237",
    "0xf1761b940607a4840ed1d5178f24adbfee1da77ce691e7c810a64232784cfa50",
    "0x75e4d5775bc08d92ecaecb49aa81995f4ba1a2341f95435e3c536f239a80f10b",
  ],
  ["0xec9e3ee4ba036eca3ca0325c517e7be40e3839e781cc1f6d9ee1c92b29dfbc32"],
];
const mine = leavesOf(ID, LEAVES as Hex, ALICE);

test("an owner's leaves are found with their ids and proofs", () => {
  expect(mine.map((leaf) => leaf.index)).toEqual([0, 2, 4]);
  expect(mine.map((leaf) => leaf.proof)).toEqual(PROOFS);
  expect(mine.map((leaf) => tokenIdAt(ID, leaf.index, leaf.principal))).toEqual(TOKENS);
});

test("each proof leads to the root", () => {
  expect(mine.map((leaf) => proves(ROOT, leaf))).toEqual([true, true, true]);
});

const first = mine[0] as ProvenLeaf;

test.each([
  ["another owner", { owner: "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC" as Address }],
  ["another principal", { principal: first.principal + 1n }],
  ["another place", { index: 1 }],
  ["a place that is not there", { index: 5 }],
  ["a proof too short", { proof: first.proof.slice(1) }],
  ["a proof too long", { proof: [...first.proof, ROOT as Hex] }],
])("a leaf with %s is not proven", (_, change) => {
  expect(proves(ROOT, { ...first, ...change })).toBe(false);
});

test("all leaves give the contract's root and sum", () => {
  const { root, principals } = treeOf(ID, LEAVES as Hex);
  expect(root).toBe(ROOT);
  expect(principals.size).toBe(countOf(ID));
  expect([...principals.values()].reduce((sum, each) => sum + each)).toBe(totalOf(ID));
});
