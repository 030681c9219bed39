#!/usr/bin/env bash
# Packs the SDK into this mini-program as WeChat's builder does, offline and without a login, in a temporary folder; then
# the packed file computes what `fec` computes, in an empty context. Needs Node and the network for miniprogram-ci 2.1.42.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

node "$root/packages/sdk/build.mjs"
mkdir -p "$folder/builder" "$folder/app/node_modules/@fec/sdk"
cp -r "$root/examples/miniprogram/." "$folder/app/"
cp -r "$root/packages/sdk/package.json" "$root/packages/sdk/dist" "$folder/app/node_modules/@fec/sdk/"
npm install --prefix "$folder/builder" --silent --ignore-scripts --no-audit --no-fund miniprogram-ci@2.1.42
cat > "$folder/pack.cjs" <<'PACK'
const { readFileSync } = require("node:fs");
const { createContext, runInContext } = require("node:vm");
const [folder, tests] = process.argv.slice(2);
const ci = require(`${folder}/builder/node_modules/miniprogram-ci`);

async function main() {
  const project = new ci.Project({ appid: "wx0123456789abcdef", type: "miniProgram", projectPath: `${folder}/app`, privateKey: "none" });
  const warnings = await ci.packNpm(project);
  if (warnings.length) throw new Error(JSON.stringify(warnings));
  const read = (path) => readFileSync(path, "utf8");
  const packed = read(`${folder}/app/miniprogram_npm/@fec/sdk/index.js`);
  const program = `const module = { exports: {} }; (function (module, exports) { ${packed}\n})(module, module.exports);
    ${read(`${tests}/agreement.js`)}; JSON.stringify(disagreements(module.exports, ${read(`${tests}/vectors.json`)}))`;
  const found = runInContext(program, createContext(Object.create(null)));
  if (found !== "[]") throw new Error(found);
  console.log(`Packed: ${packed.length} characters, equal to fec.`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
PACK
node "$folder/pack.cjs" "$folder" "$root/packages/sdk/tests"
