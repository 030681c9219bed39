/** What browsers have: requests, randomness, an encrypted storage, passkeys. Parts of the engine are passed in, so that tests can. */
import type { Random } from "./account";
import { FecError } from "./failure";
import { bytesOf, hexOf, textOf, utf8Of, type Hex } from "./hex";
import type { Engine } from "./models/view";
import { checkAssertion, recoveredKey, type Assertion, type PublicKey } from "./passkeys";
import type { Storage } from "./payments";
import { fetchTransport, type Fetch } from "./service";

/** `navigator.credentials`. */
export interface Credentials {
  create(options: object): Promise<unknown>;
  get(options: object): Promise<unknown>;
}

/** Whose passkey: the host name is part of the wallet, as a passkey signs only on pages under it. */
export interface RelyingParty {
  /** A host name, not an IP address. */
  id: string;
  name: string;
}

/** What a browser tells of a passkey when it is made, and never again. */
export interface MadePasskey {
  id: Hex;
  publicKey: PublicKey;
}

/** An assertion, of which passkey it is, and what was its user's id: the vault's salt, or on later devices its address and 8 random bytes. */
export interface SignedAssertion extends Assertion {
  id: Hex;
  userHandle: Hex | null;
}

const ES256 = -7;
/** Of the public key in a browser's form (SPKI), x and y are the last. */
const POINT_LENGTH = 64;

const hexFrom = (buffer: ArrayBuffer): Hex => hexOf(new Uint8Array(buffer));

/**
 * Makes a passkey. `user` is what its owner reads in lists of passkeys; `userId` is what its assertions bring back, and is to be
 * new: authenticators put a passkey in the place of one with the same.
 */
export async function makePasskey(credentials: Credentials | undefined, party: RelyingParty, user: string, userId: Hex, random: Random): Promise<MadePasskey> {
  const publicKey = {
    rp: party,
    user: { id: bytesOf(userId), name: user, displayName: user },
    // Nobody attests anything: what counts is the key.
    challenge: await random(32),
    pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
    authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
    attestation: "none",
  };
  const made = (await asked(credentials, "create", { publicKey })) as { rawId: ArrayBuffer; response: { getPublicKey(): ArrayBuffer | null } };
  const key = made.response.getPublicKey();
  if (!key) throw new FecError("passkey.unreadable");
  return { id: hexFrom(made.rawId), publicKey: pointOf(new Uint8Array(key).slice(-POINT_LENGTH)) };
}

function pointOf(point: Uint8Array): PublicKey {
  const half = POINT_LENGTH / 2;
  return { x: BigInt(hexOf(point.subarray(0, half))), y: BigInt(hexOf(point.subarray(half))) };
}

/** Has a passkey sign a hash. `allowed` are ids of passkeys; none means any of the site's. Throws FecError, with a sentence. */
export async function signWithPasskey(credentials: Credentials | undefined, party: string, hash: Hex, allowed: readonly Hex[] = []): Promise<SignedAssertion> {
  const publicKey = {
    challenge: bytesOf(hash),
    rpId: party,
    userVerification: "required",
    allowCredentials: allowed.map((id) => ({ type: "public-key", id: bytesOf(id) })),
  };
  interface Answer {
    rawId: ArrayBuffer;
    response: { authenticatorData: ArrayBuffer; clientDataJSON: ArrayBuffer; signature: ArrayBuffer; userHandle: ArrayBuffer | null };
  }
  const { rawId, response } = (await asked(credentials, "get", { publicKey })) as Answer;
  const assertion = {
    id: hexFrom(rawId),
    userHandle: response.userHandle && hexFrom(response.userHandle),
    authenticatorData: hexFrom(response.authenticatorData),
    clientDataJSON: hexFrom(response.clientDataJSON),
    signature: hexFrom(response.signature),
  };
  checkAssertion(assertion, hash, party);
  return assertion;
}

/** Finds a passkey's public key and user id again, on a new device too: it signs twice. No server is needed. */
export async function findPasskey(credentials: Credentials | undefined, party: string, random: Random): Promise<MadePasskey & { userId: Hex }> {
  const one = await signWithPasskey(credentials, party, hexOf(await random(32)));
  const other = await signWithPasskey(credentials, party, hexOf(await random(32)), [one.id]);
  if (!one.userHandle) throw new FecError("passkey.unreadable");
  return { id: one.id, userId: one.userHandle, publicKey: recoveredKey(one, other) };
}

/** What browsers throw, by the sentence for it. */
const REASONS = {
  NotAllowedError: "passkey.cancelled",
  AbortError: "passkey.cancelled",
  SecurityError: "passkey.otherSite",
  NotSupportedError: "passkey.none",
} as const;

async function asked(credentials: Credentials | undefined, method: keyof Credentials, options: object): Promise<unknown> {
  if (!credentials) throw new FecError("passkey.none");
  try {
    const answer = await credentials[method](options);
    if (answer) return answer;
  } catch (error) {
    const { name } = error as { name: keyof typeof REASONS };
    if (!(name in REASONS)) throw error;
    throw new FecError(REASONS[name]);
  }
  throw new FecError("passkey.cancelled");
}

/** The parts of `window` that an engine needs. */
export interface Browser {
  fetch: Fetch;
  setTimeout(run: () => void, milliseconds: number): unknown;
  crypto: { getRandomValues(bytes: Uint8Array): Uint8Array; subtle?: unknown };
  indexedDB: unknown;
}

interface Subtle {
  generateKey(algorithm: object, extractable: boolean, usages: string[]): Promise<object>;
  encrypt(algorithm: object, key: object, data: Uint8Array): Promise<ArrayBuffer>;
  decrypt(algorithm: object, key: object, data: Uint8Array): Promise<ArrayBuffer>;
}

interface Asked {
  result: unknown;
  error: unknown;
  onsuccess: () => void;
  onerror: () => void;
  onupgradeneeded?: () => void;
}

interface Database {
  createObjectStore(name: string): void;
  transaction(name: string, mode: string): { objectStore(name: string): Record<"get" | "put" | "delete", (...values: unknown[]) => Asked> };
}

interface Sealed {
  iv: Uint8Array;
  data: Uint8Array;
}

const DATABASE = "fec";
const SEAL = "seal";
const CIPHER = "AES-GCM";
const IV_LENGTH = 12;

/**
 * An encrypted storage: values are sealed with a key that scripts can use and nobody can read. It is gone with the site's
 * data. Browsers have it on pages of https and of localhost alone: elsewhere FecError is thrown.
 */
export function browserStorage({ indexedDB, crypto }: Pick<Browser, "indexedDB" | "crypto">): Storage {
  const subtle = crypto.subtle as Subtle | undefined;
  const done = <T>(request: Asked): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result as T);
      request.onerror = () => reject(request.error);
    });
  let opened: Promise<Database> | null = null;
  const open = (): Promise<Database> => {
    const request = (indexedDB as { open(name: string, version: number): Asked }).open(DATABASE, 1);
    request.onupgradeneeded = () => (request.result as Database).createObjectStore(DATABASE);
    return done<Database>(request);
  };
  const store = async (mode: "readonly" | "readwrite") => {
    opened ??= open();
    return (await opened).transaction(DATABASE, mode).objectStore(DATABASE);
  };
  const seal = async (): Promise<object> => {
    if (!subtle) throw new FecError("key.notStored");
    const known = await done<object | undefined>((await store("readonly")).get(SEAL));
    if (known) return known;
    const made = await subtle.generateKey({ name: CIPHER, length: 256 }, false, ["encrypt", "decrypt"]);
    await done((await store("readwrite")).put(made, SEAL));
    return made;
  };
  return {
    async get(name) {
      const kept = await done<Sealed | undefined>((await store("readonly")).get(name));
      if (!kept || !subtle) return null;
      return textOf(new Uint8Array(await subtle.decrypt({ name: CIPHER, iv: kept.iv }, await seal(), kept.data)));
    },
    async set(name, value) {
      const key = await seal();
      const iv = crypto.getRandomValues(new Uint8Array(IV_LENGTH));
      const data = new Uint8Array(await (subtle as Subtle).encrypt({ name: CIPHER, iv }, key, utf8Of(value)));
      await done((await store("readwrite")).put({ iv, data } satisfies Sealed, name));
    },
    async remove(name) {
      await done((await store("readwrite")).delete(name));
    },
  };
}

/** All that a browser gives; pass `window`. */
export function browserEngine(browser: Browser): Engine {
  return {
    transport: fetchTransport((url, options) => browser.fetch(url, options)),
    random: (length) => browser.crypto.getRandomValues(new Uint8Array(length)),
    storage: browserStorage(browser),
    sleep: (milliseconds) => new Promise((resolve) => void browser.setTimeout(resolve, milliseconds)),
  };
}
