/** Long hex, short enough to be read. */
export function shortened(hex: string): string {
  return hex.length > 14 ? `${hex.slice(0, 6)}…${hex.slice(-4)}` : hex;
}

const PASSKEY_BYTES = 84;

/** Whether a signer is a verifier and a key (ERC-7913), not an account. */
export const isPasskey = (signer: string): boolean => signer.length === 2 + 2 * PASSKEY_BYTES;

/** What people compare on two screens: the end of a signer's key. */
export const checkText = (signer: string): string => signer.slice(-8).toUpperCase();
