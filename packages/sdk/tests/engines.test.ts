/** The mini-program's bundle in every engine it is for, with nothing but the engine: it computes what `fec` does. */
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import variant from "@jitl/quickjs-wasmfile-release-sync";
import { build } from "esbuild";
import { newQuickJSWASMModuleFromVariant } from "quickjs-emscripten-core";
import { beforeAll, expect, test } from "vitest";
import { MINIPROGRAM } from "../build.mjs";

const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const VECTORS = read("vectors.json");
const AGREEMENT = read("agreement.js");

async function bundled(changes: object = {}): Promise<string> {
  const { outputFiles } = await build({ ...MINIPROGRAM, ...changes, write: false });
  return outputFiles?.[0]?.text ?? "";
}

/** A program whose last value is what is otherwise than in `fec`, as JSON. */
const program = (bundle: string) => `
  const module = { exports: {} };
  (function (module, exports) { ${bundle}\n})(module, module.exports);
  ${AGREEMENT}
  JSON.stringify(disagreements(module.exports, ${VECTORS}));`;

let bundle = "";
beforeAll(async () => void (bundle = await bundled()));

test("an empty context, in which no text becomes code", () => {
  const context = createContext(Object.create(null) as object, { codeGeneration: { strings: false, wasm: false } });
  expect(runInContext(program(bundle), context)).toBe("[]");
});

test("QuickJS", async () => {
  const quickjs = await newQuickJSWASMModuleFromVariant(variant);
  expect(quickjs.evalCode(program(bundle))).toBe("[]");
});

test("a builder that turns ** into Math.pow changes nothing", async () => {
  const compiled = await bundled({ supported: { "exponent-operator": false } });
  expect(compiled).toContain("Math.pow");
  expect(runInContext(program(compiled), createContext(Object.create(null) as object))).toBe("[]");
});

test("a difference is found", () => {
  const changed = program(bundle).replace('"orderHash": "0x', '"orderHash": "0xff');
  expect(runInContext(changed, createContext({}))).toContain("orderHash: ");
});
