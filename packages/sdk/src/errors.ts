/** What goes wrong: here, at the service, at the contracts. */
import { decodeError, type Refusal } from "./abi";
import { adnAbi, checkoutAbi, fecAbi, relayAbi } from "./generated/abi";
import { FecError } from "./failure";
import type { Hex } from "./hex";

const ABI = [...adnAbi, ...checkoutAbi, ...fecAbi, ...relayAbi];

export { FecError };

/** Nobody answered: the chain, or the service. It is not known whether what was sent arrived. */
export class Unreachable extends FecError {
  constructor(readonly reason: unknown) {
    super("error.unreachable");
    this.name = "Unreachable";
  }
}

/** What the service says went wrong, in the reader's language (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly kind: string,
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = "Problem";
  }
}

/** The contract's error that data of a revert is, or null. */
export const refusalIn = (data: Hex): Refusal | null => decodeError(ABI, data);

/** The contract's error within an error of a node or wallet, if one is there: each wraps it in its own way. */
export function refusalOf(error: unknown): Refusal | null {
  const data = revertData(error);
  return data && refusalIn(data);
}

/** An error, and what caused it. */
export function* causesOf(error: unknown): Generator<Record<string, unknown>> {
  let current = error;
  for (let depth = 0; current && typeof current === "object" && depth < 12; depth++) {
    yield current as Record<string, unknown>;
    current = (current as { cause?: unknown }).cause;
  }
}

function revertData(error: unknown): Hex | null {
  for (const each of causesOf(error)) {
    for (const found of [each.data, (each.data as { data?: unknown } | undefined)?.data, each.raw])
      if (typeof found === "string" && /^0x[0-9a-f]{8}/i.test(found)) return found as Hex;
  }
  return null;
}
