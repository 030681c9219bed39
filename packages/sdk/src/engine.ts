/** What noble looks for in its engine, for mini-programs, which have neither: put into their bundle in its place. */
import { utf8Of } from "./hex";

/** In place of `@noble/hashes/crypto`. Randomness is passed in, so nothing asks for it. */
export const crypto = undefined;

/** In place of the engine's class. */
export class TextEncoder {
  encode(text: string): Uint8Array {
    return utf8Of(text);
  }
}
