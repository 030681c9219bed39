/** A passkey's signature over a document: the EIP-712 hash is the challenge. */
import { bytesOf } from "@fec/sdk/hex";
import { passkeySignature } from "@fec/sdk/passkeys";
import { hashTypedData, type TypedData } from "@fec/sdk/typed-data";
import type { Hex } from "viem";
import { askPasskey } from "./webauthn";

export async function signByPasskey(data: TypedData, credentialId: string | null): Promise<Hex> {
  return passkeySignature(await askPasskey(new Uint8Array(bytesOf(hashTypedData(data))), credentialId));
}
