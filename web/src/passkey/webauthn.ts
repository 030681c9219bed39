/** WebAuthn: making a passkey and having it sign. User verification is always required; the host name is part of the passkey. */
import type { Assertion } from "@fec/sdk/passkeys";

/** ES256: P-256 with SHA-256. */
const ES256 = -7;
const TIMEOUT_MS = 120_000;

/** Why passkeys cannot be used on this page; null if they can. */
export function passkeyObstacle(): "address" | "insecure" | "none" | null {
  const host = location.hostname;
  if (/^[\d.]+$/.test(host) || host.includes(":")) return "address";
  if (!window.isSecureContext) return "insecure";
  return typeof PublicKeyCredential === "undefined" ? "none" : null;
}

export interface MadePasskey {
  /** SubjectPublicKeyInfo. */
  publicKey: Uint8Array;
  credentialId: string;
}

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

/** Makes a passkey on this device. `userId` comes back with each of its signatures: the vault is found again by it. */
export async function makePasskey(userId: Uint8Array<ArrayBuffer>, name: string): Promise<MadePasskey> {
  const made = await navigator.credentials.create({
    publicKey: {
      rp: { id: location.hostname, name: "FEC" },
      user: { id: userId, name, displayName: name },
      challenge: random(32),
      pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
      authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
      attestation: "none",
      timeout: TIMEOUT_MS,
    },
  });
  const credential = made as PublicKeyCredential;
  const publicKey = (credential.response as AuthenticatorAttestationResponse).getPublicKey();
  if (!publicKey) throw new DOMException("No public key was given.", "NotSupportedError");
  return { publicKey: new Uint8Array(publicKey), credentialId: base64Of(credential.rawId) };
}

export interface MadeAssertion extends Assertion {
  credentialId: string;
  userHandle: Uint8Array | null;
}

/** Has a passkey sign a challenge: the one that is named, or one that the reader picks. */
export async function askPasskey(challenge: Uint8Array<ArrayBuffer>, credentialId: string | null): Promise<MadeAssertion> {
  const allowCredentials = credentialId ? [{ type: "public-key" as const, id: bytesOfBase64(credentialId) }] : [];
  const publicKey = { rpId: location.hostname, challenge, allowCredentials, userVerification: "required" as const, timeout: TIMEOUT_MS };
  const credential = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    authenticatorData: new Uint8Array(response.authenticatorData),
    clientDataJSON: new Uint8Array(response.clientDataJSON),
    signature: new Uint8Array(response.signature),
    credentialId: base64Of(credential.rawId),
    userHandle: response.userHandle && new Uint8Array(response.userHandle),
  };
}

const base64Of = (bytes: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const bytesOfBase64 = (text: string) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
