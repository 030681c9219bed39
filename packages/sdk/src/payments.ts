/** Paying without a gas coin: the invoice is checked against the chain, signed here, sent by the shop's service. */
import type { Payer, SignedPayment } from "./acting";
import { plain } from "./amounts";
import { ORDER } from "./escrowed";
import { FecError, Problem } from "./errors";
import type { Payment } from "./generated/api";
import type { PaidOrder, Quote, Terms } from "./generated/structs";
import { ADDRESS_ZERO, type Address } from "./hex";
import { invoiceOf, isSignedBy, orderKeyOf, parseLink, parseShortLink, type Invoice, type ServedInvoice } from "./invoice";
import { isUnreachable, type Reader } from "./reader";
import type { ServiceClient } from "./service";

/** Where something is kept across starts of an app. What it throws is thrown on. */
export interface Storage {
  get(name: string): Promise<string | null>;
  set(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
}

/** An invoice whose signer and order are as the chain has them. */
export interface Checked {
  link: string;
  invoice: Invoice;
  terms: Terms;
  order: PaidOrder;
  quote: Quote;
}

export interface Outcome {
  order: PaidOrder;
  /** Whether the payer is this account. */
  mine: boolean;
}

/** How an order ended: amounts in wei, and the id of its node, 0 for none. */
export interface Capture {
  tokenId: bigint;
  toMerchant: bigint;
  burned: bigint;
  donated: bigint;
}

export interface PaymentsOptions {
  reader: Reader;
  service: ServiceClient;
  /** Keeps what was signed until it is known what became of it. */
  storage: Storage;
  chainId: number;
  /** Waits; `setTimeout` of the engine. */
  sleep: (milliseconds: number) => Promise<void>;
}

/** What is kept of a payment that was signed. */
interface Pending {
  link: string;
  invoice: Omit<Invoice, "amount"> & { amount: string };
  payer: Address;
  signed: SignedPayment;
}

const KEPT = "fec.payment";
const POLL_MS = 1_000;
const POLLS = 120;
const POLLS_PER_SENDING = 5;
/** Nobody has this address' key: the quote without an account is a new customer's. */
const NOBODY: Address = "0x000000000000000000000000000000000000dEaD";

export class Payments {
  constructor(private readonly options: PaymentsOptions) {}

  /** Reads a link and checks it against the chain. Throws FecError if it is cut off, forged or for another chain. */
  async check(link: string, customer: Address = NOBODY): Promise<Checked> {
    const { reader, chainId } = this.options;
    const invoice = await this.read(link);
    if (invoice.chainId !== chainId || invoice.checkout !== reader.contracts.Checkout)
      throw new FecError("pay.elsewhere", { theirs: invoice.chainId, ours: chainId });
    const [terms, order] = await Promise.all([reader.termsOf(invoice.programId), reader.orderOf(orderKeyOf(invoice))]);
    if (!(await isSignedBy(invoice, terms.signer, reader))) throw new FecError("pay.forged", { signer: terms.signer });
    return { link, invoice, terms, order, quote: await reader.quote(invoice.programId, customer, invoice.amount) };
  }

  /** The invoice of a link; that of a QR code's short one is asked of the service, and must be the one that the code is for. */
  private async read(link: string): Promise<Invoice> {
    const { service, reader, chainId } = this.options;
    const short = parseShortLink(link);
    const invoice = short ? invoiceOf(short, await service.call<ServedInvoice>("GET", `/v1/pay/${short.id}`), chainId, reader.contracts.Checkout) : parseLink(link);
    if (!invoice) throw new FecError(short ? "pay.otherInvoice" : "pay.broken");
    return invoice;
  }

  /** Signs and pays, and waits until the order is paid. Throws FecError `pay.unknown` if that is not known: then `resume`. */
  async pay(link: string, payer: Payer, cause: Address = ADDRESS_ZERO): Promise<Outcome> {
    const { reader, storage } = this.options;
    // Of an earlier payment it is to be known first what became of it; throws if it is not.
    const earlier = await this.pending();
    if (earlier) {
      const outcome = await this.finish(earlier);
      if (earlier.link === link) return outcome;
    }
    const { address } = payer;
    const { invoice, order, quote } = await this.check(link, address);
    if (order.status !== ORDER.unpaid) return { order, mine: order.payer === address };
    if (await this.isOver(invoice)) throw new FecError("pay.expired");
    const balance = await reader.balanceOf(address);
    if (balance < invoice.amount)
      throw new FecError(payer.lacking, { have: plain(balance), missing: plain(invoice.amount - balance) });
    const signed = await payer.pay(invoice, { customer: address, minPrincipal: quote.principal, cause });
    // Kept before it is sent: whatever happens after, the same signature is sent again, never another.
    const pending: Pending = { link, invoice: { ...invoice, amount: invoice.amount.toString() }, payer: address, signed };
    await storage.set(KEPT, JSON.stringify(pending));
    return this.finish(pending);
  }

  /** What became of the payment that was signed last, sent again if nothing did; null if there is none. */
  async resume(): Promise<Outcome | null> {
    const pending = await this.pending();
    return pending && this.finish(pending);
  }

  private async pending(): Promise<Pending | null> {
    const kept = await this.options.storage.get(KEPT);
    return kept ? (JSON.parse(kept) as Pending) : null;
  }

  /** What became of a paid order: burned, and the node; null while it is in escrow. */
  async captureOf(invoice: Invoice): Promise<Capture | null> {
    const { reader } = this.options;
    const { number } = await reader.block();
    const [log] = await reader.logs<Capture>(reader.checkout, "OrderCaptured", { orderKey: orderKeyOf(invoice) }, number);
    return log?.args ?? null;
  }

  /** Whether an invoice can no longer be paid, by the chain's clock: the device's may be off. */
  private async isOver(invoice: Invoice): Promise<boolean> {
    return (await this.options.reader.block("pending")).timestamp > invoice.expiry;
  }

  private async finish(pending: Pending): Promise<Outcome> {
    try {
      return await this.follow(pending);
    } catch (error) {
      // Nobody answered, or what answered is not well: it is not known what became of it.
      if (isUnreachable(error) || (error instanceof Problem && error.status >= 500)) throw new FecError("pay.unknown");
      if (!(error instanceof FecError && error.key === "pay.unknown")) await this.options.storage.remove(KEPT);
      throw error;
    }
  }

  private async follow({ invoice: kept, payer, signed }: Pending): Promise<Outcome> {
    const { reader, storage, sleep } = this.options;
    const invoice = { ...kept, amount: BigInt(kept.amount) };
    for (let poll = 0; poll < POLLS; poll++) {
      // In this order: what is unpaid after its time was over stays so.
      const over = await this.isOver(invoice);
      const order = await reader.orderOf(orderKeyOf(invoice));
      if (order.status !== ORDER.unpaid) {
        await storage.remove(KEPT);
        return { order, mine: order.payer === payer };
      }
      if (over) throw new FecError("pay.expired");
      if (poll % POLLS_PER_SENDING === 0) await this.send(signed);
      await sleep(POLL_MS);
    }
    throw new FecError("pay.unknown");
  }

  /** Hands the payment to the service. The same authorization again is the same payment. */
  private async send({ path, body }: SignedPayment): Promise<void> {
    try {
      const { state, error } = await this.options.service.call<Payment>("POST", path, body);
      if (state === "failed") throw new FecError("pay.failed", { reason: error?.sentence ?? "" });
    } catch (error) {
      if (!(error instanceof Problem && WAITING.includes(error.kind))) throw error;
    }
  }
}

/** Problems after which the same payment may still be taken. */
const WAITING = ["too-many-requests", "payment-under-way", "order-already-paid", "request-too-slow"];
