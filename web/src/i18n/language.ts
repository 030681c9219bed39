/** Which language is spoken. */
import { languageFor, LANGUAGES, type Language } from "@fec/sdk/i18n/language";
import { signal } from "@preact/signals";

export { LANGUAGES, type Language };

const REMEMBERED = "fec.language";

export function preferred(): Language {
  const remembered = localStorage.getItem(REMEMBERED);
  if (remembered && remembered in LANGUAGES) return remembered as Language;
  return navigator.languages.map(languageFor).find((found) => found !== null) ?? "en";
}

export function remember(chosen: Language): void {
  localStorage.setItem(REMEMBERED, chosen);
}

export const language = signal<Language>("en");
