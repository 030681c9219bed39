/**
 * The release curve: the twin of `contracts/libraries/ReleaseCurve.sol` and `fec/core/curve.py`, in the same integer steps.
 * Amounts in wei, times and period lengths in seconds.
 */
import { FACE_MULTIPLE, FRACTION_BITS, FULL_GROWTH, GROWTHS, PERIODS } from "./generated/curve";

export { PERIODS };

const ONE = 1n << FRACTION_BITS;

/** What one period lets go. */
export interface Release {
  /** Which of the 100, from 1. */
  period: number;
  timestamp: number;
  amount: bigint;
}

/** Whole periods between `start` and `timestamp`, from 0 to 100. */
export function periodsElapsed(start: number, periodLength: number, timestamp: number): number {
  return Math.min(PERIODS, Math.floor(Math.max(0, timestamp - start) / periodLength));
}

/** 1.05^k − 1 in Q124, rounded down; for k ≥ 100 the denominator of the curve itself. */
export function growthDown(k: number): bigint {
  if (k >= PERIODS) return FULL_GROWTH;
  let growth = ONE;
  GROWTHS.forEach((factor, bit) => {
    if ((k >> bit) & 1) growth = (growth * factor) >> FRACTION_BITS;
  });
  return growth - ONE;
}

/** All that a node of this principal ever pays. */
export function face(principal: bigint): bigint {
  return principal * FACE_MULTIPLE;
}

/** What a node of this principal has let go after `k` periods, claimed or not; rounded down. */
export function released(principal: bigint, k: number): bigint {
  return (face(principal) * growthDown(k)) / FULL_GROWTH;
}

/** What can be claimed after `k` periods from a node that has paid `claimed` before; never negative. */
export function claimable(principal: bigint, claimed: bigint, k: number): bigint {
  const left = released(principal, k) - claimed;
  return left > 0n ? left : 0n;
}

/** What one period, from 1, lets go. */
export function releaseOf(principal: bigint, start: number, periodLength: number, period: number): Release {
  const amount = released(principal, period) - released(principal, period - 1);
  return { period, timestamp: start + period * periodLength, amount };
}

/** The first release after `timestamp` that brings anything; null once everything is released. */
export function nextRelease(principal: bigint, start: number, periodLength: number, timestamp: number): Release | null {
  for (let period = periodsElapsed(start, periodLength, timestamp) + 1; period <= PERIODS; period++) {
    const release = releaseOf(principal, start, periodLength, period);
    if (release.amount) return release;
  }
  return null;
}

/** The first period after which at least `amount` has been released; 0 if `amount` is 0. */
export function periodWhenReleased(principal: bigint, amount: bigint): number {
  for (let k = 0; k <= PERIODS; k++) if (released(principal, k) >= amount) return k;
  throw new RangeError(`A node of principal ${principal} wei never pays ${amount} wei.`);
}
