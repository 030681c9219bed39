/** How the pages write values within sentences: as the reader's language has them. */
import { FORMATS, fillPlaces as fill, type Formats } from "@fec/sdk/i18n/places";
import { date, duration, number, percent } from "./format";

const HERE: Formats = {
  ...FORMATS,
  number: (value) => number(value),
  percent: (points) => percent(Number(points)),
  date: (seconds) => date(Number(seconds)),
  duration: (seconds) => duration(Number(seconds)),
};

export const fillPlaces = (sentence: string, values: Record<string, unknown>): string => fill(sentence, values, HERE);
