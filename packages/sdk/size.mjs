/** Bytes, minified, of what signs a payment, beside viem and ethers: `node packages/sdk/size.mjs`. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = import.meta.dirname;

/** Each: an account of a private key, and a signature of typed data (EIP-712). */
const OTHERS = {
  viem: 'export { privateKeyToAccount } from "viem/accounts"; export { hashTypedData } from "viem";',
  ethers: 'export { Wallet, TypedDataEncoder } from "ethers";',
  "noble alone": 'export { secp256k1 } from "@noble/curves/secp256k1"; export { keccak_256 } from "@noble/hashes/sha3";',
};

async function bytesOf(entry) {
  const options = { bundle: true, minify: true, format: "esm", target: "es2022", platform: "browser", write: false };
  const { outputFiles } = await build({ ...options, ...entry });
  return outputFiles[0].contents.length;
}

/** Of `@fec/sdk/sign`: links, accounts, EIP-712, signing. */
export const sizeOfSigning = () => bytesOf({ entryPoints: [resolve(HERE, "src/sign.ts")] });

/** Of what signs typed data with others. */
export async function sizesOfOthers() {
  const sizes = Object.entries(OTHERS).map(async ([name, contents]) => [name, await bytesOf({ stdin: { contents, resolveDir: HERE } })]);
  return Object.fromEntries(await Promise.all(sizes));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sizes = { "@fec/sdk/sign": await sizeOfSigning(), ...(await sizesOfOthers()) };
  for (const [name, size] of Object.entries(sizes)) console.log(`${name.padEnd(14)} ${size.toLocaleString("en").padStart(8)}`);
}
