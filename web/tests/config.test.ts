/** What the pages are told: wallets elsewhere are offered only where a project is named, and the chain can be read without them. */
import { expect, test } from "vitest";
import { parseConfig } from "../src/config";

const ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const NAMES = ["FEC", "ADN", "Checkout", "Custodian", "Relay", "MemberVault", "PasskeyVerifier"];
const told = { chainId: 1, rpc: "https://chain.example", contracts: Object.fromEntries(NAMES.map((name) => [name, ADDRESS])) };
const walletConnect = { projectId: "a project" };

test.each([
  ["nothing", told, null],
  ["a project", { ...told, walletConnect }, walletConnect],
  [
    "a relay",
    { ...told, walletConnect: { ...walletConnect, relay: "wss://relay.example" } },
    { projectId: "a project", relay: "wss://relay.example" },
  ],
  ["a relay without a project", { ...told, walletConnect: { relay: "wss://relay.example" } }, null],
  ["a project, but no address of the chain", { ...told, rpc: null, walletConnect }, null],
])("with %s", (_, document, expected) => {
  expect(parseConfig(document).walletConnect).toEqual(expected);
});
