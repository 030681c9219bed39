/** Sentences with their values in place: `{left:fec}` takes wei, `{until:date}` seconds since the epoch, `{x}` text. */
import { exactFec, grouped } from "../amounts";
import { nodeName } from "../nodes";

export type Formats = Record<string, (value: bigint) => string>;

const two = (value: number) => String(value).padStart(2, "0");

/** A date and time in the place's own time: `2026-11-30 20:56`. Many engines of mini-programs have no Intl. */
export function date(seconds: number): string {
  const at = new Date(seconds * 1_000);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** A length of time in its two largest units: `3 d 2 h`. */
export function duration(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, seconds);
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count || (unit === "s" && !parts.length)) parts.push(`${count} ${unit}`);
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}

const percent = (points: bigint) => `${Number(points) / 100}%`;

/** How values are written where an engine has nothing of its own. */
export const FORMATS: Formats = {
  fec: (wei) => `${exactFec(wei)} FEC`,
  number: (value) => grouped(value.toString()),
  percent,
  node: (tokenId) => `ADN ${nodeName(tokenId)}`,
  date: (seconds) => date(Number(seconds)),
  duration: (seconds) => duration(Number(seconds)),
};

export function fillPlaces(sentence: string, values: Record<string, unknown>, formats: Formats = FORMATS): string {
  return sentence.replace(/\{(\w+)(?::(\w+))?\}/g, (place: string, name: string, kind?: string) => {
    const value = values[name];
    if (value === undefined) return place;
    const show = kind === undefined ? undefined : formats[kind];
    return show ? show(BigInt(value as bigint)) : String(value);
  });
}
