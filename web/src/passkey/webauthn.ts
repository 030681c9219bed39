/** Where passkeys can be used: the host name is part of a passkey, and an IP address is none. */

/** Why they cannot be used on this page; null if they can. */
export function passkeyObstacle(): "address" | "insecure" | "none" | null {
  const host = location.hostname;
  if (/^[\d.]+$/.test(host) || host.includes(":")) return "address";
  if (!window.isSecureContext) return "insecure";
  return typeof PublicKeyCredential === "undefined" ? "none" : null;
}

export const relyingParty = () => ({ id: location.hostname, name: "FEC" });
export const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
