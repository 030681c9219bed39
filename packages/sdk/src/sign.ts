/** Paying by a signature, and nothing else: what is small enough to be put anywhere. */
export { accountOf, newKey, recover, type Account, type Random } from "./account";
export { authorization, invoiceData, orderData, orderKeyOf, parseLink, type Choices, type Invoice } from "./invoice";
export { bindingOf, parseCode, type ClaimCode } from "./claim";
export { FecError } from "./failure";
export { hashTypedData, type TypedData } from "./typed-data";
export type { Address, Hex } from "./hex";
