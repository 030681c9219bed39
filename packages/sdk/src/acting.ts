/** What a vault does: signed by one of its signers, sent by a service, which pays for gas. Deadlines are by the chain's clock. */
import type { Account } from "./account";
import { plain } from "./amounts";
import { FecError } from "./failure";
import type { Acts, Payment } from "./generated/api";
import { ADDRESS_ZERO, type Address, type Hex } from "./hex";
import { authorization, orderData, type Choices, type Invoice } from "./invoice";
import type { Reader } from "./reader";
import type { ServiceClient } from "./service";
import { hashTypedData, type TypedData } from "./typed-data";
import { actorOf, actsData, memberIdOf, signerHash, spendData, vaultAddress, type Act, type Actor } from "./vaults";

/** Who signs for a vault, and how: with a key that is here, or by asking a passkey. */
export interface Signer {
  actor: Actor;
  sign(data: TypedData): Hex | Promise<Hex>;
}

/** A signed payment: sent again, it is the same one. */
export interface SignedPayment {
  path: string;
  body: Record<string, unknown>;
}

/** Who pays an order. */
export interface Payer {
  address: Address;
  /** What is said where FEC are lacking: how to get more. */
  lacking: "pay.tooLittle" | "pay.topUp";
  /** `tokenIds` are nodes to claim from first, where that goes without another signature. */
  pay(invoice: Invoice, choices: Choices, tokenIds?: readonly bigint[]): Promise<SignedPayment>;
}

export interface VaultsOptions {
  reader: Reader;
  service: ServiceClient;
  chainId: number;
  sleep(milliseconds: number): Promise<void>;
}

const HOUR = 3_600;
const PAUSE_MS = 400;

const causeOf = (cause: Address): Address | null => (cause === ADDRESS_ZERO ? null : cause);

/** Pays out of an account by an ERC-3009 authorization. */
export function accountPayer(account: Account, coupon: Address): Payer {
  return {
    address: account.address,
    lacking: "pay.tooLittle",
    async pay(invoice, choices) {
      const signature = account.signTypedData(authorization(invoice, choices, account.address, coupon));
      const { customer, minPrincipal, cause } = choices;
      const times = { validAfter: 0, validBefore: invoice.expiry + 1 };
      const body = { payer: account.address, customer, minPrincipal: plain(minPrincipal), cause: causeOf(cause), ...times, signature };
      return { path: `/v1/pay/${invoice.id}/payments`, body };
    },
  };
}

export class Vaults {
  constructor(private readonly options: VaultsOptions) {}

  private get custodian(): Address {
    return this.options.reader.custodian.address;
  }

  /** The vault of nobody's brand that follows from its first signer; nothing has to be on the chain. */
  first(signer: Hex, salt: Hex): Actor {
    const { MemberVault = ADDRESS_ZERO } = this.options.reader.contracts;
    return { ...actorOf(vaultAddress(this.custodian, MemberVault, memberIdOf(signer, salt)), signer), salt };
  }

  /**
   * The vault that a signer was added to, from the logs alone; null if there is none. Anybody can add anybody's signer to a
   * vault of theirs, once it was seen on the chain: the vault that added it first is the signer's own.
   */
  async find(signer: Hex): Promise<Actor | null> {
    const { reader } = this.options;
    const { number } = await reader.block();
    const added = await reader.logs<{ vault: Address }>(reader.custodian, "SignerAdded", { signerHash: signerHash(signer) }, number);
    const vault = added[0]?.args.vault;
    const stored = vault && (await reader.view<boolean>(reader.custodian, "isStoredSigner", [vault, signer]));
    return stored ? actorOf(vault, signer) : null;
  }

  /** Whether more than one signer opens a vault. */
  async isSecured(vault: Address): Promise<boolean> {
    const { reader } = this.options;
    return (await reader.view<bigint>(reader.custodian, "signerCountOf", [vault])) > 1n;
  }

  /** Has acts carried out, in order, all or none; gives the transaction once a block has it. `programId` is the merchant who pays for gas. */
  async act({ actor, sign }: Signer, acts: readonly Act[], programId: number): Promise<Hex> {
    const { reader, service, chainId } = this.options;
    const { vault, signer, brand, salt } = actor;
    const nonce = await reader.view<bigint>(reader.custodian, "nonceOf", [vault, signer]);
    const deadline = (await reader.block("pending")).timestamp + HOUR;
    const signature = await sign(actsData({ vault, signer, acts, nonce, deadline }, chainId, this.custodian));
    const body = { signer, brand, salt, signature, acts, nonce: Number(nonce), deadline, programId };
    return this.ended(vault, await service.call<Acts>("POST", `/v1/vaults/${vault}/acts`, body));
  }

  /** Pays out of a vault. */
  payer({ actor, sign }: Signer): Payer {
    const { vault, signer, brand, salt } = actor;
    return {
      address: vault,
      lacking: "pay.topUp",
      pay: async (invoice, choices, tokenIds = []) => {
        const orderHash = hashTypedData(orderData(invoice, choices));
        const signature = await sign(spendData(vault, orderHash, this.options.chainId, this.custodian));
        const { minPrincipal, cause } = choices;
        const whose = { signer, brand, salt, signature, invoiceId: invoice.id, tokenIds: tokenIds.map(String) };
        const body = { ...whose, minPrincipal: plain(minPrincipal), cause: causeOf(cause) };
        return { path: `/v1/vaults/${vault}/spends`, body };
      },
    };
  }

  /** Sends a payment out of a vault; gives the transaction once a block has it. */
  async send(vault: Address, { path, body }: SignedPayment): Promise<Hex> {
    return this.ended(vault, await this.options.service.call<Asked>("POST", path, body));
  }

  private async ended(vault: Address, asked: Asked): Promise<Hex> {
    const { service, sleep } = this.options;
    let found = asked;
    while (found.state === "requested" || found.state === "sent") {
      await sleep(PAUSE_MS);
      found = await service.call<Asked>("GET", `/v1/vaults/${vault}/actions/${asked.id}`);
    }
    if (found.state === "failed") throw new FecError("vault.failed", { reason: found.error?.sentence ?? "" });
    return found.transactionHash as Hex;
  }
}

type Asked = Pick<Payment, "id" | "state" | "transactionHash" | "error">;
