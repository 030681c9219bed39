import { copyFileSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

const out = resolve(import.meta.dirname, "../fec/pages/web");
const PAGES = ["pay", "claim", "wallet", "merchant", "transparency"];

/** Every page is the same file: which one is shown follows from the address. Any static host can serve them so. */
function pages(): Plugin {
  return {
    name: "fec-pages",
    apply: "build",
    closeBundle() {
      for (const page of PAGES) copyFileSync(resolve(out, "index.html"), resolve(out, `${page}.html`));
    },
  };
}

export default defineConfig({
  base: "./",
  // The pages take the SDK's own sources, of which only what they use is bundled.
  resolve: { alias: { "@fec/sdk": resolve(import.meta.dirname, "../packages/sdk/src") } },
  build: { outDir: out, emptyOutDir: true, target: "es2022", modulePreload: { polyfill: false }, assetsInlineLimit: 0, license: { fileName: "licenses.txt" } },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [pages()],
});
