/** What went wrong, in a sentence that says what to do next. */
import { BaseError, decodeErrorResult, type Hex } from "viem";
import { adnAbi, checkoutAbi, fecAbi, relayAbi } from "./generated/abi";
import { fillPlaces } from "./i18n/places";
import { refusals, t } from "./i18n";
import { Problem } from "./service";

const ERRORS = [...adnAbi, ...checkoutAbi, ...fecAbi, ...relayAbi].filter((entry) => entry.type === "error");
const REJECTED = 4001;
const UNKNOWN = 4902;

/** A contract's refusal. */
export interface Refusal {
  name: string;
  values: Record<string, unknown>;
}

/** The contract's error within an error of the library or the wallet, if one is there. */
export function refusalOf(error: unknown): Refusal | null {
  const data = revertData(error);
  if (!data) return null;
  try {
    const { errorName, args } = decodeErrorResult({ abi: ERRORS, data });
    const entry = ERRORS.find((each) => each.name === errorName);
    const values = (entry?.inputs ?? []).map((input, index) => [input.name, (args as readonly unknown[] | undefined)?.[index]]);
    return { name: errorName, values: Object.fromEntries(values) as Record<string, unknown> };
  } catch {
    return null;
  }
}

/** Any error as a sentence. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Problem) return error.message;
  const refusal = refusalOf(error);
  if (refusal) {
    const sentence = refusals.value[refusal.name];
    return sentence ? fillPlaces(sentence, refusal.values) : t("error.refused", { name: refusal.name });
  }
  if (codeOf(error) === REJECTED) return t("error.rejected");
  if (codeOf(error) === UNKNOWN) return t("error.unknownChain");
  if (isUnreachable(error)) return t("error.unreachable");
  const text = error instanceof BaseError ? error.shortMessage : error instanceof Error ? error.message : messageOf(error);
  if (/insufficient funds/i.test(text)) return t("error.noGas");
  return t("error.other", { reason: text.slice(0, 200) });
}

/** Whether the chain did not answer at all. */
export function isUnreachable(error: unknown): boolean {
  return namesOf(error).some((name) => name === "HttpRequestError" || name === "TimeoutError" || name === "TypeError");
}

export function isRejection(error: unknown): boolean {
  return codeOf(error) === REJECTED;
}

function* chainOf(error: unknown): Generator<Record<string, unknown>> {
  let current = error;
  for (let depth = 0; current && typeof current === "object" && depth < 12; depth++) {
    yield current as Record<string, unknown>;
    current = (current as { cause?: unknown }).cause;
  }
}

function namesOf(error: unknown): unknown[] {
  return [...chainOf(error)].map((each) => each.name);
}

function codeOf(error: unknown): unknown {
  return [...chainOf(error)].map((each) => each.code).find((code) => typeof code === "number" && code !== -32603);
}

function messageOf(error: unknown): string {
  const found = (error as { message?: unknown } | null)?.message;
  return typeof found === "string" ? found : String(error);
}

/** Wallets and nodes wrap what a contract said, each in its own way. */
function revertData(error: unknown): Hex | null {
  for (const each of chainOf(error)) {
    for (const found of [each.data, (each.data as { data?: unknown } | undefined)?.data, each.raw])
      if (typeof found === "string" && /^0x[0-9a-f]{8}/i.test(found)) return found as Hex;
  }
  return null;
}
