/** Which language is spoken. */
import { signal } from "@preact/signals";

export const LANGUAGES = { en: "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文", ms: "Bahasa Melayu" } as const;
export type Language = keyof typeof LANGUAGES;

const REMEMBERED = "fec.language";

/** The language for a tag, if it is one of the four; Chinese goes by its script. */
export function languageFor(tag: string): Language | null {
  const { language, script } = new Intl.Locale(tag).maximize();
  if (language === "zh" || language === "yue") return script === "Hant" ? "zh-Hant" : "zh-Hans";
  return language === "ms" || language === "en" ? language : null;
}

export function preferred(): Language {
  const remembered = localStorage.getItem(REMEMBERED);
  if (remembered && remembered in LANGUAGES) return remembered as Language;
  return navigator.languages.map(languageFor).find((found) => found !== null) ?? "en";
}

export function remember(chosen: Language): void {
  localStorage.setItem(REMEMBERED, chosen);
}

export const language = signal<Language>("en");
