/** What people read, in four languages; for those who have all of them in one file. */
import { FecError, Problem, refusalOf } from "../errors";
import refusalsEn from "../generated/refusals.en.json";
import refusalsMs from "../generated/refusals.ms.json";
import refusalsHans from "../generated/refusals.zh-Hans.json";
import refusalsHant from "../generated/refusals.zh-Hant.json";
import { en, type Key, type Messages } from "./en";
import type { Language } from "./language";
import { messages as ms } from "./ms";
import { fillPlaces } from "./places";
import { messages as hans } from "./zh-Hans";
import { messages as hant } from "./zh-Hant";

const MESSAGES: Record<Language, Messages> = { en, "zh-Hans": hans, "zh-Hant": hant, ms };
const REFUSALS: Record<Language, Record<string, string>> = { en: refusalsEn, "zh-Hans": refusalsHans, "zh-Hant": refusalsHant, ms: refusalsMs };

/** A sentence. */
export function say(language: Language, key: Key, values: Record<string, unknown> = {}): string {
  return fillPlaces(MESSAGES[language][key], values);
}

/** Any error as a sentence that says what to do next. */
export function sentenceOf(error: unknown, language: Language): string {
  if (error instanceof Problem) return error.message;
  const refusal = refusalOf(error);
  if (refusal) {
    const sentence = REFUSALS[language][refusal.name];
    return sentence ? fillPlaces(sentence, refusal.values) : say(language, "error.refused", { name: refusal.name });
  }
  if (error instanceof FecError) return say(language, error.key, error.values);
  const { message } = (error ?? {}) as { message?: unknown };
  return say(language, "error.other", { reason: String(message ?? error).slice(0, 200) });
}
