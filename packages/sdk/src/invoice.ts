/** The invoice behind the # of a pay link, and what is signed over it. Amounts in wei, times in seconds. */
import { encode, entryOf } from "./abi";
import { recover } from "./account";
import { parseFec } from "./amounts";
import { CHECKOUT_NAME, COUPON_NAME, PAY } from "./generated/signing";
import { ADDRESS_ZERO, addressOf, base64Of, bytes32Of, isAddress, isHex, keccak, sliceOf, type Address, type Hex } from "./hex";
import { fragmentOf, wholeOf } from "./links";
import { hashTypedData, typedData, type TypedData } from "./typed-data";

export interface Invoice {
  chainId: number;
  checkout: Address;
  programId: number;
  orderId: string;
  amount: bigint;
  reference: string;
  /** Last second at which it can be paid. */
  expiry: number;
  signature: Hex;
  /** The service's id of it; "" if it did not come from one. */
  id: string;
}

/** The shopper's choices. */
export interface Choices {
  /** Who gets the node and the credit towards tiers. */
  customer: Address;
  /** Least principal of the node that the shopper accepts. */
  minPrincipal: bigint;
  cause: Address;
}

/** What asks contracts: ERC-1271 needs it. */
export interface Asker {
  codeAt(address: Address): Promise<Hex>;
  /** What a view gives back; null if it refuses. Throws where the chain does not answer. */
  tryCall(to: Address, data: Hex): Promise<Hex | null>;
}

/** The invoice that a link or what stands behind its # carries, or null if it carries none that is whole. */
export function parseLink(link: string): Invoice | null {
  const carried = fragmentOf(link);
  const text = (name: string) => carried.get(name) ?? "";
  const amount = parseFec(text("amount"));
  const [chainId, programId, expiry] = [wholeOf(text("chain")), wholeOf(text("program")), wholeOf(text("expiry"))];
  const [checkout, signature] = [text("checkout"), text("signature")];
  if (!amount || !chainId || !programId || !expiry || !isAddress(checkout) || !isHex(signature)) return null;
  if (bytes32Of(text("order")) === null || bytes32Of(text("reference")) === null || !text("order")) return null;
  return {
    chainId,
    checkout: addressOf(checkout),
    programId,
    orderId: text("order"),
    amount,
    reference: text("reference"),
    expiry,
    signature,
    id: text("id"),
  };
}

/** What a QR code carries: the service's id of an invoice, and half of the hash that its signer signed. */
export interface ShortLink {
  id: string;
  digest: string;
}

/** What the service says of an invoice, as far as it is signed. */
export interface ServedInvoice {
  programId: number;
  orderId: string;
  amount: string;
  currencyReference: string;
  expiry: number;
  merchantSignature: string;
}

/** The short link that a text or what stands behind its # is, or null if it is none that is whole. */
export function parseShortLink(link: string): ShortLink | null {
  const carried = fragmentOf(link);
  const [id, digest] = [carried.get("i") ?? "", carried.get("h") ?? ""];
  return [id, digest].every((text) => /^[\w-]{22}$/.test(text)) ? { id, digest } : null;
}

/** The invoice of a short link, made of what the service says; null if that is not the invoice that the link is for. */
export function invoiceOf(short: ShortLink, served: ServedInvoice, chainId: number, checkout: Address): Invoice | null {
  const [amount, signature] = [parseFec(served.amount), served.merchantSignature];
  if (!amount || !isHex(signature) || bytes32Of(served.orderId) === null || bytes32Of(served.currencyReference) === null) return null;
  const { programId, orderId, currencyReference: reference, expiry } = served;
  const invoice = { chainId, checkout, programId, orderId, amount, reference, expiry, signature, id: short.id };
  return base64Of(sliceOf(hashTypedData(invoiceData(invoice)), 0, DIGEST_BYTES)) === short.digest ? invoice : null;
}

const DIGEST_BYTES = 16;

const fields = (invoice: Invoice) => ({
  programId: BigInt(invoice.programId),
  orderId: bytes32Of(invoice.orderId) as Hex,
  amount: invoice.amount,
  currencyReference: bytes32Of(invoice.reference) as Hex,
  expiry: BigInt(invoice.expiry),
});

const ofCheckout = (kind: "Invoice" | "Order", invoice: Invoice, message: Record<string, unknown>): TypedData =>
  typedData(kind, CHECKOUT_NAME, invoice.chainId, invoice.checkout, message);

/** The order's key at Checkout: keccak256(abi.encode(programId, orderId)). */
export function orderKeyOf(invoice: Invoice): Hex {
  const { programId, orderId } = fields(invoice);
  return keccak(encode([{ type: "uint256" }, { type: "bytes32" }], [programId, orderId]));
}

/** The contracts' struct. */
export function orderOf(invoice: Invoice, choices: Choices) {
  return { ...fields(invoice), ...choices, merchantSignature: invoice.signature };
}

/** What `transferAndCall` carries: the encoded order. */
export function encodedOrder(invoice: Invoice, choices: Choices): Hex {
  return encode(entryOf([PAY], "function", "pay").inputs ?? [], [orderOf(invoice, choices)]);
}

/** What the program's signer signs. */
export const invoiceData = (invoice: Invoice): TypedData => ofCheckout("Invoice", invoice, fields(invoice));

/** What the shopper commits to: its hash is the nonce of their authorization. */
export const orderData = (invoice: Invoice, choices: Choices): TypedData => ofCheckout("Order", invoice, { ...fields(invoice), ...choices });

/** What the payer signs so that anybody can send the payment (ERC-3009); its nonce commits to the order. */
export function authorization(invoice: Invoice, choices: Choices, payer: Address, coupon: Address): TypedData {
  return typedData("ReceiveWithAuthorization", COUPON_NAME, invoice.chainId, coupon, {
    from: payer,
    to: invoice.checkout,
    value: invoice.amount,
    validAfter: 0n,
    validBefore: BigInt(invoice.expiry + 1),
    nonce: hashTypedData(orderData(invoice, choices)),
  });
}

const ERC1271_MAGIC = "0x1626ba7e";

/** Whether the program's signer signed the invoice: a key by recovery, a contract by ERC-1271. */
export async function isSignedBy(invoice: Invoice, signer: Address, asker: Asker): Promise<boolean> {
  if (signer === ADDRESS_ZERO) return false;
  const hash = hashTypedData(invoiceData(invoice));
  if (recover(hash, invoice.signature) === signer) return true;
  if ((await asker.codeAt(signer)) === "0x") return false;
  const call = encode([{ type: "bytes32" }, { type: "bytes" }], [hash, invoice.signature]);
  const answer = await asker.tryCall(signer, `${ERC1271_MAGIC}${call.slice(2)}`);
  return answer !== null && answer.length === 66 && answer.startsWith(ERC1271_MAGIC);
}
