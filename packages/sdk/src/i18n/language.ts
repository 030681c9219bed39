/** The four languages. */
export const LANGUAGES = { en: "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文", ms: "Bahasa Melayu" } as const;
export type Language = keyof typeof LANGUAGES;

/** Where Chinese is written in traditional characters. */
const TRADITIONAL = ["hant", "tw", "hk", "mo"];

/** The language for a tag, as browsers and `wx` write it, if it is one of the four; Chinese goes by its script. */
export function languageFor(tag: string): Language | null {
  const [language = "", ...parts] = tag.toLowerCase().split(/[-_]/);
  if (language === "zh" || language === "yue") {
    if (parts.includes("hans")) return "zh-Hans";
    return parts.some((part) => TRADITIONAL.includes(part)) || (language === "yue" && !parts.includes("cn")) ? "zh-Hant" : "zh-Hans";
  }
  return language === "ms" || language === "en" ? language : null;
}
