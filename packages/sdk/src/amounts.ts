/** Amounts of FEC in wei, and as people read and write them; the twin of `fec/core/amounts.py`. No number holds one. */
const DECIMALS = 18;
export const WEI_PER_FEC = 1_000_000_000_000_000_000n;
const SHOWN_PLACES = 4;

/** Wei as decimals, exact and without separators: `12.5`. */
export function plain(wei: bigint): string {
  const sign = wei < 0n ? "-" : "";
  const size = wei < 0n ? -wei : wei;
  const rest = (size % WEI_PER_FEC).toString().padStart(DECIMALS, "0").replace(/0+$/, "");
  return `${sign}${size / WEI_PER_FEC}${rest && `.${rest}`}`;
}

/** What somebody typed, as wei; null if it is no amount. Takes both kinds of point, no separators. */
export function parseFec(text: string): bigint | null {
  const found = /^(\d{1,12})(?:[.,](\d{0,18}))?$/.exec(text.trim());
  if (!found) return null;
  return BigInt(found[1] ?? "0") * WEI_PER_FEC + BigInt((found[2] ?? "").padEnd(DECIMALS, "0"));
}

/** Wei as FEC, all of it, as all four languages write it: `1,234.5`. */
export function exactFec(wei: bigint): string {
  return grouped(plain(wei));
}

/** Wei as FEC to four places, rounded down: never more than there is. What is less than that shows two figures. */
export function fec(wei: bigint): string {
  const text = plain(wei);
  const small = /^0\.(0{4,})/.exec(text);
  const places = small ? Math.min(DECIMALS, (small[1] as string).length + 2) : SHOWN_PLACES;
  const [whole = "", rest = ""] = text.split(".");
  const kept = rest.slice(0, places).replace(/0+$/, "");
  return grouped(kept ? `${whole}.${kept}` : whole);
}

/** Digits before the point in threes. */
export function grouped(text: string): string {
  const [whole = "", rest] = text.split(".");
  const threes = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return rest === undefined ? threes : `${threes}.${rest}`;
}
