/** Finding a vault by a signer that was added to it. */
import { expect, test } from "vitest";
import { Vaults, type VaultsOptions } from "../src/acting";
import type { Address } from "../src/hex";

const SIGNER = "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc";
const OWN: Address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const STRANGERS: Address = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65";

/** A chain on which vaults have added the signer, in this order; those that removed it have it no more. */
function vaultsOf(added: readonly Address[], removed: readonly Address[] = []): Vaults {
  const reader = {
    custodian: {},
    block: async () => ({ number: 9n }),
    logs: async () => added.map((vault) => ({ args: { vault } })),
    view: async (_contract: unknown, _name: string, [vault]: [Address]) => !removed.includes(vault),
  };
  return new Vaults({ reader } as unknown as VaultsOptions);
}

test("a signer that a stranger's vault has added too is its own vault's", async () => {
  expect((await vaultsOf([OWN, STRANGERS, STRANGERS]).find(SIGNER))?.vault).toBe(OWN);
});

test("a signer that its own vault has removed, or that none has added, is no vault's", async () => {
  expect(await vaultsOf([OWN, STRANGERS], [OWN]).find(SIGNER)).toBeNull();
  expect(await vaultsOf([]).find(SIGNER)).toBeNull();
});
