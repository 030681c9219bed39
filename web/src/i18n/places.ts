/** Sentences with their values in place: `{left:fec}` takes wei, `{until:date}` seconds since the epoch, `{x}` text. */
import { nodeName } from "../nodes";
import { date, duration, exactFec, number, percent } from "./format";

const FORMATS: Record<string, (value: bigint) => string> = {
  fec: (wei) => `${exactFec(wei)} FEC`,
  number: (value) => number(value),
  percent: (points) => percent(Number(points)),
  node: (tokenId) => `ADN ${nodeName(tokenId)}`,
  date: (seconds) => date(Number(seconds)),
  duration: (seconds) => duration(Number(seconds)),
};

export function fillPlaces(sentence: string, values: Record<string, unknown>): string {
  return sentence.replace(/\{(\w+)(?::(\w+))?\}/g, (place, name: string, kind?: string) => {
    const value = values[name];
    if (value === undefined) return place;
    const show = kind === undefined ? undefined : FORMATS[kind];
    return show ? show(BigInt(value as bigint)) : String(value);
  });
}
