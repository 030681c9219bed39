/** A passkey's signature over a document: the EIP-712 hash is the challenge. */
import { signWithPasskey } from "@fec/sdk/browser";
import { webauthnSignature } from "@fec/sdk/passkeys";
import { hashTypedData, type TypedData } from "@fec/sdk/typed-data";
import type { Hex } from "viem";
import { relyingParty } from "./webauthn";

export async function signByPasskey(data: TypedData, credentialId: Hex | null): Promise<Hex> {
  const allowed = credentialId ? [credentialId] : [];
  return webauthnSignature(await signWithPasskey(navigator.credentials, relyingParty().id, hashTypedData(data), allowed));
}
