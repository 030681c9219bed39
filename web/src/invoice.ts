/** The invoice behind the # of a pay link, and what is signed over it. Amounts in wei, times in seconds. */
import {
  BaseError,
  HttpRequestError,
  TimeoutError,
  encodeAbiParameters,
  getAddress,
  hashTypedData,
  isAddress,
  isHex,
  keccak256,
  recoverAddress,
  stringToHex,
  zeroAddress,
  type Address,
  type Hex,
} from "viem";
import { chain, settings } from "./chain";
import { checkoutAbi } from "./generated/abi";
import { CHECKOUT_NAME, COUPON_NAME, DOMAIN_VERSION, TYPES } from "./generated/signing";
import { parseFec } from "./i18n/format";

export interface Invoice {
  chainId: number;
  checkout: Address;
  programId: number;
  orderId: string;
  amount: bigint;
  reference: string;
  expiry: number;
  signature: Hex;
  /** The service's id of it; "" if it did not come from one. */
  id: string;
}

/** The shopper's choices. */
export interface Choices {
  customer: Address;
  minPrincipal: bigint;
  cause: Address;
}

/** The invoice that a link carries, or null if it carries none that is whole. */
export function parseLink(fragment: string): Invoice | null {
  const carried = new URLSearchParams(fragment.replace(/^#/, ""));
  const text = (name: string) => carried.get(name) ?? "";
  const whole = (name: string) => (/^\d{1,15}$/.test(text(name)) ? Number(text(name)) : NaN);
  const amount = parseFec(text("amount"));
  const [chainId, programId, expiry] = [whole("chain"), whole("program"), whole("expiry")];
  const [checkout, signature] = [text("checkout"), text("signature")];
  if (!amount || !chainId || !programId || !expiry || !isAddress(checkout) || !isHex(signature)) return null;
  if (word(text("order")) === null || word(text("reference")) === null || !text("order")) return null;
  return {
    chainId,
    checkout: getAddress(checkout),
    programId,
    orderId: text("order"),
    amount,
    reference: text("reference"),
    expiry,
    signature,
    id: text("id"),
  };
}

/** Text as the 32 bytes that it has on the chain, as `fec.protocol.bytes32` packs it; null if it does not fit. */
function word(text: string): Hex | null {
  if (/^0x[0-9a-f]{64}$/i.test(text)) return text as Hex;
  const packed = stringToHex(text);
  return packed.length > 66 ? null : (packed.padEnd(66, "0") as Hex);
}

const fields = (invoice: Invoice) => ({
  programId: BigInt(invoice.programId),
  orderId: word(invoice.orderId) as Hex,
  amount: invoice.amount,
  currencyReference: word(invoice.reference) as Hex,
  expiry: BigInt(invoice.expiry),
});

const checkoutDomain = (invoice: Invoice) => ({
  name: CHECKOUT_NAME,
  version: DOMAIN_VERSION,
  chainId: invoice.chainId,
  verifyingContract: invoice.checkout,
});

export function orderKeyOf(invoice: Invoice): Hex {
  const { programId, orderId } = fields(invoice);
  return keccak256(encodeAbiParameters([{ type: "uint256" }, { type: "bytes32" }], [programId, orderId]));
}

/** The contracts' struct. */
export function orderOf(invoice: Invoice, choices: Choices) {
  return { ...fields(invoice), ...choices, merchantSignature: invoice.signature };
}

/** What `transferAndCall` carries: the encoded order. */
export function encodedOrder(invoice: Invoice, choices: Choices): Hex {
  const pay = checkoutAbi.find((entry) => entry.type === "function" && entry.name === "pay");
  return encodeAbiParameters((pay as { inputs: readonly [{ type: "tuple" }] }).inputs, [orderOf(invoice, choices)] as never);
}

/** What the payer signs so that anybody can send the payment (ERC-3009); its nonce commits to the order. */
export function authorization(invoice: Invoice, choices: Choices, payer: Address) {
  const nonce = hashTypedData({
    domain: checkoutDomain(invoice),
    types: { Order: TYPES.Order },
    primaryType: "Order",
    message: { ...fields(invoice), ...choices },
  });
  return {
    domain: {
      name: COUPON_NAME,
      version: DOMAIN_VERSION,
      chainId: invoice.chainId,
      verifyingContract: settings().contracts.FEC,
    },
    types: { EIP712Domain: TYPES.EIP712Domain, ReceiveWithAuthorization: TYPES.ReceiveWithAuthorization },
    primaryType: "ReceiveWithAuthorization" as const,
    message: {
      from: payer,
      to: invoice.checkout,
      value: invoice.amount,
      validAfter: 0n,
      validBefore: BigInt(invoice.expiry + 1),
      nonce,
    },
  };
}

/** Whether the program's signer signed the invoice: a key by recovery, a contract by ERC-1271. */
export async function isSignedBy(invoice: Invoice, signer: Address): Promise<boolean> {
  if (signer === zeroAddress) return false;
  const hash = hashTypedData({
    domain: checkoutDomain(invoice),
    types: { Invoice: TYPES.Invoice },
    primaryType: "Invoice",
    message: fields(invoice),
  });
  const recovered = await recoverAddress({ hash, signature: invoice.signature }).catch(() => null);
  if (recovered === signer) return true;
  const code = await chain().getCode({ address: signer });
  if (!code) return false;
  const answer = await chain()
    .readContract({ address: signer, abi: ERC1271, functionName: "isValidSignature", args: [hash, invoice.signature] })
    .catch((error: unknown) => {
      // What the contract refuses is not signed; a chain that does not answer has not said so.
      const silent = (cause: unknown) => cause instanceof HttpRequestError || cause instanceof TimeoutError;
      if (error instanceof BaseError && error.walk(silent)) throw error;
      return null;
    });
  return answer === ERC1271_MAGIC;
}

const ERC1271_MAGIC = "0x1626ba7e";
const ERC1271 = [
  {
    type: "function",
    name: "isValidSignature",
    stateMutability: "view",
    inputs: [
      { name: "hash", type: "bytes32" },
      { name: "signature", type: "bytes" },
    ],
    outputs: [{ type: "bytes4" }],
  },
] as const;
