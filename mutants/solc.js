// The compiler kept warm: one standard JSON input a line on stdin, one output a line on stdout. Loading the WebAssembly takes
// longer than compiling a contract without optimizer does. The first line holds the project's own sources as {path: text};
// what they import is read from disk.
"use strict";

const fs = require("fs");
const path = require("path");
const readline = require("readline");

const ROOT = path.resolve(__dirname, "..");
const solc = require(path.join(ROOT, "node_modules", "solc"));
const sources = new Map();

function read(name) {
  if (!sources.has(name)) {
    const file = path.join(ROOT, name);
    if (!fs.existsSync(file)) return { error: `File not found: ${name}` };
    sources.set(name, fs.readFileSync(file, "utf8"));
  }
  return { contents: sources.get(name) };
}

let started = false;
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  if (started) {
    process.stdout.write(`${solc.compile(line, { import: read })}\n`);
  } else {
    for (const [name, text] of Object.entries(JSON.parse(line))) sources.set(name, text);
    started = true;
  }
});
