/** What went wrong, in a sentence that says what to do next. */
import { causesOf, Problem, refusalOf } from "@fec/sdk/errors";
import { FecError } from "@fec/sdk/failure";
import { isUnreachable as isSilent } from "@fec/sdk/reader";
import { BaseError } from "viem";
import { fillPlaces } from "./i18n/places";
import { refusals, t, told } from "./i18n";

const REJECTED = 4001;
const UNKNOWN = 4902;

/** What went wrong is a sentence already. */
export class Told extends Error {}

/** Any error as a sentence. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Problem || error instanceof Told) return error.message;
  if (error instanceof FecError) return told(error.key, error.values);
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

/** Whether nobody answered at all. */
export function isUnreachable(error: unknown): boolean {
  return isSilent(error) || [...causesOf(error)].some(({ name }) => name === "TypeError");
}

export function isRejection(error: unknown): boolean {
  return codeOf(error) === REJECTED;
}

function codeOf(error: unknown): unknown {
  return [...causesOf(error)].map((each) => each.code).find((code) => typeof code === "number" && code !== -32603);
}

function messageOf(error: unknown): string {
  const found = (error as { message?: unknown } | null)?.message;
  return typeof found === "string" ? found : String(error);
}
