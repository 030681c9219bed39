/** Bundles the SDK into `dist`: `node packages/sdk/build.mjs`. Types come from tsc (`python -m tools.sdk`). */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = import.meta.dirname;
const at = (...parts) => resolve(HERE, ...parts);

/** For browsers and Node: an ES module for each entry. */
export const MODULES = {
  entryPoints: ["index", "sign", "browser"].map((name) => at(`src/${name}.ts`)),
  bundle: true,
  packages: "external",
  format: "esm",
  target: "es2022",
  splitting: true,
  outdir: at("dist"),
  outExtension: { ".js": ".mjs" },
};

/**
 * For mini-programs: one file of CommonJS. Their builder reads ES2018 at most and follows `main` alone; targets below
 * ES2016 turn `**` into Math.pow, which throws for BigInts; there is no TextEncoder and no crypto.
 */
export const MINIPROGRAM = {
  entryPoints: [at("src/index.ts")],
  bundle: true,
  platform: "neutral",
  mainFields: ["module", "main"],
  format: "cjs",
  target: "es2018",
  // Written as calls of BigInt, which is what ES2018's grammar has.
  logOverride: { bigint: "silent" },
  alias: { "@noble/hashes/crypto": at("src/engine.ts") },
  inject: [at("src/engine.ts")],
  outfile: at("dist/miniprogram/index.js"),
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build(MODULES);
  await build(MINIPROGRAM);
}
