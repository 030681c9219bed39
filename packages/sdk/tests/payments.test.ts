/** Paying over a chain and a service that fail at every place: what was signed is paid once, and it is found out what became of it. */
import { beforeEach, describe, expect, test } from "vitest";
import { decode, encode, encodeCall, entryOf, type Entry } from "../src/abi";
import { accountOf } from "../src/account";
import { accountPayer } from "../src/acting";
import { checkoutAbi, fecAbi } from "../src/generated/abi";
import { ADDRESS_ZERO, base64Of, sliceOf, type Address, type Hex } from "../src/hex";
import { say, sentenceOf } from "../src/i18n";
import { LANGUAGES, type Language } from "../src/i18n/language";
import { parseLink } from "../src/invoice";
import { Payments } from "../src/payments";
import { Reader } from "../src/reader";
import { rpc } from "../src/rpc";
import { ServiceClient, type Request, type Response } from "../src/service";
import VECTORS from "./vectors.json";

const [PAYMENT, OTHER] = VECTORS.payments as [Payment, Payment];
type Payment = (typeof VECTORS.payments)[number];
const account = accountOf(PAYMENT.key as Hex);
const invoice = parseLink(PAYMENT.link)!;
const COUPON = PAYMENT.coupon as Address;
const payer = accountPayer(account, COUPON);
const NOBODY = "0x" + "00".repeat(20);

/** A chain and a service, as they answer over HTTP. */
class World {
  now = invoice.expiry - 60;
  signer = PAYMENT.signer;
  balance = invoice.amount;
  paidBy: string | null = null;
  /** Bodies that the service got. */
  sent: string[] = [];
  /** What the next sending does besides being noted. */
  onSending: () => Response = () => this.accepted();
  offline = false;
  /** What the service says of an invoice. */
  served: object = {};

  accepted(pays = true): Response {
    if (pays) this.paidBy = account.address;
    return { status: 202, body: JSON.stringify({ state: "requested" }) };
  }

  transport = async (request: Request): Promise<Response> => {
    if (this.offline) throw new TypeError("Failed to fetch");
    if (request.url.includes("/payments")) {
      this.sent.push(request.body ?? "");
      return this.onSending();
    }
    if (request.method === "GET") return { status: 200, body: JSON.stringify(this.served) };
    const { id, method, params } = JSON.parse(request.body ?? "") as { id: number; method: string; params: unknown[] };
    return { status: 200, body: JSON.stringify({ jsonrpc: "2.0", id, result: this.answer(method, params) }) };
  };

  private answer(method: string, params: unknown[]): unknown {
    const hex = (value: number) => `0x${value.toString(16)}`;
    if (method === "eth_getBlockByNumber") return { number: "0x1", hash: "0x", timestamp: hex(this.now) };
    if (method === "eth_getCode") return "0x";
    const { data } = params[0] as { data: Hex };
    const of = (abi: readonly Entry[], name: string, args: readonly unknown[], ...values: unknown[]) =>
      sliceOf(encodeCall(abi, name, args), 0, 4) === sliceOf(data, 0, 4) && encode(entryOf(abi, "function", name).outputs ?? [], values);
    const terms = { signer: this.signer, treasury: NOBODY, returnWindow: 0, donationBps: 0, minClaim: 0, tiers: [], causes: [] };
    const [paid, zero] = [this.paidBy ? 2 : 0, 0];
    const order = [paid, this.paidBy ?? NOBODY, NOBODY, NOBODY, zero, zero, zero, zero, zero, zero, zero];
    const found =
      of(checkoutAbi, "termsOf", [1], terms, 1) ||
      of(checkoutAbi, "orderOf", [`0x${"00".repeat(32)}`], order) ||
      of(checkoutAbi, "quote", [1, NOBODY, 1], Array(12).fill(1)) ||
      of(fecAbi, "balanceOf", [NOBODY], this.balance);
    if (!found) throw new Error(`not asked for: ${data}`);
    return found;
  }
}

let world: World;
let kept: Map<string, string>;
let payments: Payments;

/** The app, started anew: only its storage is what it was. */
function start(): Payments {
  const service = new ServiceClient({ url: "https://shop.example", transport: world.transport, language: () => "en" });
  const contracts = { FEC: COUPON, ADN: ADDRESS_ZERO, Checkout: invoice.checkout };
  const reader = new Reader(rpc("https://chain.example", world.transport), contracts);
  const storage = {
    get: async (name: string) => kept.get(name) ?? null,
    set: async (name: string, value: string) => void kept.set(name, value),
    remove: async (name: string) => void kept.delete(name),
  };
  return new Payments({ reader, service, storage, chainId: invoice.chainId, sleep: async () => undefined });
}

beforeEach(() => {
  world = new World();
  kept = new Map();
  payments = start();
});

const pay = () => payments.pay(PAYMENT.link, payer, PAYMENT.cause as Address);

test("what is signed is sent, and the order is paid", async () => {
  expect(await pay()).toMatchObject({ mine: true, order: { status: 2 } });
  expect(JSON.parse(world.sent[0] as string)).toMatchObject({ payer: account.address, validBefore: invoice.expiry + 1 });
  expect(kept.size).toBe(0);
});

describe("the short link of a QR code", () => {
  const { id, orderId, programId, reference: currencyReference, expiry, signature: merchantSignature } = invoice;
  const served = { id, programId, orderId, amount: "12.5", currencyReference, expiry, merchantSignature };
  const short = (invoiceId = "i".repeat(22)) => `https://shop.example/pay#i=${invoiceId}&h=${base64Of(sliceOf(PAYMENT.invoiceHash as Hex, 0, 16))}`;

  test("is paid as the long one is", async () => {
    world.served = served;
    expect(await payments.pay(short(), payer)).toMatchObject({ mine: true });
  });

  test("for which the service gives another invoice is refused", async () => {
    world.served = { ...served, amount: "12.6" };
    await expect(payments.check(short())).rejects.toMatchObject({ key: "pay.otherInvoice" });
  });

  test("cut in the middle is refused", async () => {
    await expect(payments.check(short().slice(0, -1))).rejects.toMatchObject({ key: "pay.broken" });
  });
});

describe("offline in the middle of paying", () => {
  test("the payment had arrived: it is found, and not sent again", async () => {
    world.onSending = () => {
      world.accepted();
      world.offline = true;
      throw new TypeError("Failed to fetch");
    };
    await expect(pay()).rejects.toMatchObject({ key: "pay.unknown" });
    world.offline = false;
    payments = start();
    expect(await payments.resume()).toMatchObject({ mine: true });
    expect(world.sent).toHaveLength(1);
  });

  test("it had not arrived: the same signature is sent again, never another", async () => {
    world.onSending = () => {
      world.offline = true;
      throw new TypeError("Failed to fetch");
    };
    await expect(pay()).rejects.toMatchObject({ key: "pay.unknown" });
    [world.offline, world.onSending] = [false, () => world.accepted()];
    payments = start();
    expect(await pay()).toMatchObject({ mine: true });
    expect(new Set(world.sent).size).toBe(1);
    expect(world.sent).toHaveLength(2);
  });

  test("still offline: nothing is signed anew and what was signed is kept", async () => {
    world.onSending = () => {
      world.offline = true;
      throw new TypeError("Failed to fetch");
    };
    await expect(pay()).rejects.toMatchObject({ key: "pay.unknown" });
    const before = kept.get("fec.payment");
    await expect(payments.pay(OTHER.link, payer)).rejects.toMatchObject({ key: "pay.unknown" });
    expect(kept.get("fec.payment")).toBe(before);
  });

  test("its time is over by then: nothing was taken", async () => {
    world.onSending = () => {
      world.offline = true;
      throw new TypeError("Failed to fetch");
    };
    await expect(pay()).rejects.toMatchObject({ key: "pay.unknown" });
    [world.offline, world.now] = [false, invoice.expiry + 1];
    await expect(start().resume()).rejects.toMatchObject({ key: "pay.expired" });
    expect(kept.size).toBe(0);
  });
});

test("a service that is not well leaves it open what became of the payment", async () => {
  world.onSending = () => ({ status: 502, body: "<html>" });
  await expect(pay()).rejects.toMatchObject({ key: "pay.unknown" });
  expect(kept.size).toBe(1);
});

test("what the service refuses is told in its words, and is over", async () => {
  const problem = { type: "urn:fec:problem:payment-not-signed", detail: "The payer did not sign." };
  world.onSending = () => ({ status: 403, body: JSON.stringify(problem) });
  await expect(pay()).rejects.toThrow("The payer did not sign.");
  expect(kept.size).toBe(0);
});

test("a payment that fails on the chain is told with its reason", async () => {
  world.onSending = () => ({ status: 202, body: JSON.stringify({ state: "failed", error: { sentence: "Too little FEC." } }) });
  await expect(pay()).rejects.toMatchObject({ key: "pay.failed", values: { reason: "Too little FEC." } });
});

test("an order that somebody else paid is not paid again", async () => {
  world.paidBy = OTHER.payer;
  expect(await pay()).toMatchObject({ mine: false });
  expect(world.sent).toHaveLength(0);
});

test.each([
  ["a link cut in the middle", () => payments.check(PAYMENT.link.slice(0, -60)), "pay.broken"],
  ["an invoice of another chain", () => payments.check(OTHER.link), "pay.elsewhere"],
  ["an invoice of another signer", () => ((world.signer = OTHER.signer), payments.check(PAYMENT.link)), "pay.forged"],
  ["an invoice whose time is over by the chain's clock", () => ((world.now = invoice.expiry + 1), pay()), "pay.expired"],
  ["too little FEC", () => ((world.balance = invoice.amount - 1n), pay()), "pay.tooLittle"],
  ["nobody answering", () => ((world.offline = true), payments.check(PAYMENT.link)), "error.unreachable"],
])("%s is refused with a sentence in four languages, and nothing is sent", async (_, act, key) => {
  const error: unknown = await Promise.resolve()
    .then(act)
    .then(
      () => null,
      (reason: unknown) => reason,
    );
  expect(error).toMatchObject({ key });
  expect(world.sent).toHaveLength(0);
  const sentences = Object.keys(LANGUAGES).map((language) => sentenceOf(error, language as Language));
  expect(new Set(sentences).size).toBe(4);
  for (const sentence of sentences) expect(sentence).not.toMatch(/[{}]/);
});

test("an error of a contract is told in the language of the reader", () => {
  const [refused] = VECTORS.refusals;
  expect(sentenceOf({ data: refused?.data }, "en")).toContain("7");
  expect(sentenceOf({ data: refused?.data }, "ms")).not.toBe(sentenceOf({ data: refused?.data }, "en"));
  expect(say("zh-Hans", "pay.title")).not.toBe(say("en", "pay.title"));
});

test("what is not JSON-RPC is nobody's answer, and what is cut off is refused", () => {
  expect(() => decode([{ type: "bytes" }], "0x")).toThrow(RangeError);
  expect(() => decode([{ type: "uint256[]" }], `0x${"00".repeat(31)}20${"ff".repeat(32)}`)).toThrow(RangeError);
});
