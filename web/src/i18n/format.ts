/** Numbers, amounts and times in the reader's language. Amounts are exact text made from BigInt; no Number holds one. */
import { language } from "./language";

const DECIMALS = 18;
const WEI = 10n ** BigInt(DECIMALS);

/** Wei as decimals, exact and without separators: `12.5`. */
export function plain(wei: bigint): string {
  const sign = wei < 0n ? "-" : "";
  const size = wei < 0n ? -wei : wei;
  const rest = (size % WEI).toString().padStart(DECIMALS, "0").replace(/0+$/, "");
  return `${sign}${size / WEI}${rest && `.${rest}`}`;
}

/** What somebody typed, as wei; null if it is no amount. Takes both kinds of point, no separators. */
export function parseFec(text: string): bigint | null {
  const found = /^(\d{1,12})(?:[.,](\d{0,18}))?$/.exec(text.trim());
  if (!found) return null;
  return BigInt(found[1] ?? "0") * WEI + BigInt((found[2] ?? "").padEnd(DECIMALS, "0"));
}

function decimal(text: string, places: number): string {
  const format = new Intl.NumberFormat(language.value, { maximumFractionDigits: places, roundingMode: "trunc" } as Intl.NumberFormatOptions);
  // As text, which Intl takes exactly.
  return format.format(text as `${number}`);
}

/** Wei as FEC to four places, rounded down: never more than there is. What is less than that shows two figures. */
export function fec(wei: bigint): string {
  const text = plain(wei);
  const small = /^0\.(0{4,})/.exec(text);
  return decimal(text, small ? Math.min(DECIMALS, (small[1] ?? "").length + 2) : 4);
}

/** Wei as FEC, all of it. */
export function exactFec(wei: bigint): string {
  return decimal(plain(wei), DECIMALS);
}

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
