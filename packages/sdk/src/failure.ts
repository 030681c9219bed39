import type { Key } from "./i18n/en";

/** What goes wrong here, by the key of its sentence (`i18n/en.ts`), with the values that the sentence has places for. */
export class FecError extends Error {
  constructor(
    readonly key: Key,
    readonly values: Record<string, string | number> = {},
  ) {
    super(key);
    this.name = "FecError";
  }
}
