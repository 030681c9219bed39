/** What people read, in four languages. English is the source; a key that another language lacks does not compile. */
import { batch, signal } from "@preact/signals";
import type { en } from "./en";
import { fillPlaces } from "./places";
import { language, remember, type Language } from "./language";

export type Key = keyof typeof en;
export type Messages = Record<Key, string>;
/** Names of the places in a sentence: what `t` has to be given. */
type Places<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Places<Rest> : never;
type Values<K extends Key> = [Places<(typeof en)[K]>] extends [never] ? [] : [Record<Places<(typeof en)[K]>, string | number>];

const LOADERS: Record<Language, () => Promise<{ messages: Messages; refused: Record<string, string> }>> = {
  en: async () => {
    const [{ en: messages }, { default: refused }] = await Promise.all([import("./en"), import("@fec/sdk/generated/refusals.en.json")]);
    return { messages, refused };
  },
  "zh-Hans": async () => (await import("./zh-Hans")).pack,
  "zh-Hant": async () => (await import("./zh-Hant")).pack,
  ms: async () => (await import("./ms")).pack,
};

/** Those of the language spoken: only one is loaded. */
const messages = signal<Messages>({} as Messages);
/** Sentences for contracts' errors. */
export const refusals = signal<Record<string, string>>({});

/** Speaks a language from here on. */
export async function speak(chosen: Language): Promise<void> {
  const loaded = await LOADERS[chosen]();
  batch(() => {
    messages.value = loaded.messages;
    refusals.value = loaded.refused;
    language.value = chosen;
  });
  document.documentElement.lang = chosen;
  remember(chosen);
}

/** A sentence in the language spoken now. Read within a component, it follows the language. */
export function t<K extends Key>(key: K, ...values: Values<K>): string {
  return fillPlaces(messages.value[key] ?? key, values[0] ?? {});
}

/** The same for a key that is known only when it is needed. */
export function told(key: Key, values: Record<string, string | number>): string {
  return fillPlaces(messages.value[key] ?? key, values);
}
