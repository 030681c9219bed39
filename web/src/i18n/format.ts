/** Numbers and times in the reader's language. Amounts, which all four write alike, are the SDK's. */
import { language } from "./language";

export { exactFec, fec, parseFec, plain } from "@fec/sdk/amounts";

export function number(value: bigint | number): string {
  return new Intl.NumberFormat(language.value).format(value);
}

/** A share in basis points. */
export function percent(points: number): string {
  return new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: 2 }).format(points / 10_000);
}

/** In one piece, wherever the line ends. */
const formatTime = (seconds: number, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(language.value, options).format(new Date(seconds * 1_000)).replace(/\s/g, "\u00a0");

/** A date and time, to the minute. */
export function date(seconds: number): string {
  return formatTime(seconds, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
}

export function day(seconds: number): string {
  return formatTime(seconds, { dateStyle: "medium" });
}

export function shortDay(seconds: number): string {
  return formatTime(seconds, { month: "short", day: "numeric" });
}

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** A length of time, in its two largest units. */
export function duration(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, seconds);
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count || (unit === "second" && !parts.length))
      parts.push(new Intl.NumberFormat(language.value, { style: "unit", unit, unitDisplay: "long" }).format(count));
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}
