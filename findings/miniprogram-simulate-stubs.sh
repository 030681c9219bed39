#!/usr/bin/env bash
# miniprogram-simulate 1.6.2 with happy-dom 20.14.6 (Node 20).
#
# Expected: in a simulator, wx.request to a host that does not exist fails, and wx.getRandomValues gives random bytes.
# Seen:     every request succeeds, with status 200 and {} as its body, and random bytes are zeros.
# Here:     @fec/sdk refuses keys of such bytes and takes {} for nobody's answer; tests/web/apps.mjs puts real functions in their
#           place, and the bundle runs in an empty context and in QuickJS as well, as the simulator runs in all of Node.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --prefix "$folder" --silent --ignore-scripts --no-audit --no-fund miniprogram-simulate@1.6.2 happy-dom@20.14.6
cat > "$folder/try.cjs" <<'END'
const { Window } = require("happy-dom");

const window = new Window();
const names = ["document", "Node", "HTMLElement", "Event", "CustomEvent", "Element", "Document", "DocumentFragment", "Text", "Comment"];
for (const name of names) Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true });
globalThis.window = window;
require("miniprogram-simulate");

const asked = (method, options) => new Promise((success, fail) => wx[method]({ ...options, success, fail })).catch(() => ({ failed: true }));

async function main() {
  const { failed, statusCode, data } = await asked("request", { url: "https://nowhere.invalid/" });
  const { randomValues } = await asked("getRandomValues", { length: 4 });
  console.log(`request: ${failed ? "fails" : `${statusCode} ${JSON.stringify(data)}`}, random: ${[...new Uint8Array(randomValues)]}`);
  process.exit(0);
}

main();
END
seen=$(node "$folder/try.cjs")
expected="request: 200 {}, random: 0,0,0,0"
echo "seen: $seen"
[ "$seen" = "$expected" ] || { echo "changed: it was $expected" >&2; exit 1; }
