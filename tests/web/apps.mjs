/**
 * A shop's app in an engine: `node tests/web/apps.mjs miniprogram|quickjs|node`. It is told by lines of JSON what to do and
 * answers with what is shown.
 *
 *     ["open", "pay", {"link": …, "shop": …, "language": "ms"}]    puts the component `fec-pay` onto a page
 *     ["tap", "restore", {"code": …}]                              presses a button, with what stands in the fields
 *     ["cut", "/spends"]                                           no request to such an address arrives; "" mends it
 *     ["wipe"]                                                     clears the app's storage
 *
 * miniprogram: the example's components in WeChat's simulator, whose network, randomness and storage, which answer success
 * to everything, are replaced by real ones. quickjs: the mini-program's bundle with nothing but the engine. node: the ES module.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const here = (path) => new URL(path, import.meta.url).pathname;
const later = (run) => setTimeout(run, 0);
const storage = new Map();
let cut = "";

/** The parts of `wx` that the SDK needs, for real. */
const wx = {
  request({ url, method, header, data, success, fail }) {
    if (cut && url.includes(cut)) return later(() => fail({ errMsg: "request:fail" }));
    return fetch(url, { method, headers: header, body: data }).then(
      async (response) => success({ statusCode: response.status, data: await response.text() }),
      () => fail({ errMsg: "request:fail" }),
    );
  },
  getRandomValues({ length, success }) {
    later(() => success({ randomValues: crypto.getRandomValues(new Uint8Array(length)).buffer }));
  },
  getStorage({ key, encrypt, success, fail }) {
    later(() => (encrypt && storage.has(key) ? success({ data: storage.get(key) }) : fail({ errMsg: "getStorage:fail data not found" })));
  },
  setStorage({ key, data, encrypt, success, fail }) {
    later(() => (encrypt ? success(storage.set(key, data)) : fail({ errMsg: "setStorage:fail not encrypted" })));
  },
  removeStorage({ key, success }) {
    later(() => success(storage.delete(key)));
  },
};

/** How each engine opens a component, presses its buttons, and tells what it shows. */
const ENGINES = {
  async miniprogram() {
    const { Window } = await import("happy-dom");
    const window = new Window();
    const names = ["document", "Node", "HTMLElement", "Event", "CustomEvent", "Element", "Document", "DocumentFragment", "Text", "Comment"];
    for (const name of names) Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true });
    globalThis.window = window;
    const simulate = createRequire(import.meta.url)("miniprogram-simulate");
    Object.assign(globalThis.wx, wx);
    let component = null;
    return {
      open(name, properties) {
        component = simulate.render(simulate.load(here(`../../examples/miniprogram/components/fec-${name}/index`)), properties);
        component.attach(document.body);
      },
      tap(act, typed) {
        const inner = component.querySelector(".fec-inner");
        inner.instance.setData({ typed });
        inner
          .querySelectorAll(".fec-button")
          .find(({ dom }) => dom.dataset.act === act)
          .dispatchEvent("tap");
      },
      view: () => component.instance.data.view && { ...component.instance.data.view, text: component.dom.textContent },
    };
  },

  async node() {
    const { PayModel, WalletModel, wxEngine } = await import("../../packages/sdk/dist/index.mjs");
    let [model, view] = [null, null];
    return {
      open(name, properties) {
        const Model = { pay: PayModel, wallet: WalletModel }[name];
        const mine = new Model({ ...properties, engine: wxEngine(wx, setTimeout), show: (shown) => mine === model && (view = shown) });
        model = mine;
        void model.start();
      },
      tap: (act, typed) => void model.act(act, typed),
      view: () => view,
    };
  },

  async quickjs() {
    const { newQuickJSWASMModuleFromVariant } = await import("quickjs-emscripten-core");
    const { default: variant } = await import("@jitl/quickjs-wasmfile-release-sync");
    const vm = (await newQuickJSWASMModuleFromVariant(variant)).newContext();
    const run = (code) => vm.dump(vm.unwrapResult(vm.evalCode(code)));
    const value = (given) => JSON.stringify(JSON.stringify(given));
    /** Everything that the engine asks of the world goes through one function and comes back by `answer`. */
    const host = vm.newFunction("host", (id, name, options) => {
      const [number, asked, given] = [vm.dump(id), vm.dump(name), JSON.parse(vm.dump(options))];
      const answer = (kind) => (found) => {
        const plain = found?.randomValues ? { randomValues: [...new Uint8Array(found.randomValues)] } : (found ?? {});
        run(`answer(${number}, "${kind}", JSON.parse(${value(plain)}))`);
        vm.runtime.executePendingJobs();
      };
      if (asked === "sleep") setTimeout(answer("success"), given.milliseconds);
      else wx[asked]({ ...given, success: answer("success"), fail: answer("fail") });
    });
    vm.setProp(vm.global, "host", host);
    run(`
      const module = { exports: {} };
      (function (module, exports) { ${readFileSync(here("../../packages/sdk/dist/miniprogram/index.js"), "utf8")}\n})(module, module.exports);
      const waiting = [];
      const ask = (name) => ({ success, fail, ...options }) => host(waiting.push({ success, fail }) - 1, name, JSON.stringify(options));
      const answer = (id, kind, found) => {
        if (found.randomValues) found.randomValues = Uint8Array.from(found.randomValues).buffer;
        waiting[id][kind](found);
      };
      const wx = Object.fromEntries(["request", "getRandomValues", "getStorage", "setStorage", "removeStorage"].map((name) => [name, ask(name)]));
      const later = (success, milliseconds) => ask("sleep")({ success, milliseconds });
      let [model, view] = [null, null];
      const open = (name, properties) => {
        const Model = { pay: module.exports.PayModel, wallet: module.exports.WalletModel }[name];
        const mine = new Model({ ...properties, engine: module.exports.wxEngine(wx, later), show: (shown) => mine === model && (view = shown) });
        model = mine;
        model.start();
      };`);
    const go = (code) => (run(code), void vm.runtime.executePendingJobs());
    return {
      open: (name, properties) => go(`open("${name}", JSON.parse(${value(properties)})); 0`),
      tap: (act, typed) => go(`model.act("${act}", JSON.parse(${value(typed)})); 0`),
      view: () => JSON.parse(run("JSON.stringify(view)")),
    };
  },
};

const app = await ENGINES[process.argv[2]]();

/** What is shown once nothing is waited for. */
async function shown() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const view = app.view();
    if (view && !view.busy) return view;
  }
}

const ACTS = {
  open: (name, properties) => (app.open(name, properties), shown()),
  tap: (act, typed = {}) => (app.tap(act, typed), shown()),
  cut: (address) => void (cut = address),
  wipe: () => void storage.clear(),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...values] = JSON.parse(line);
  console.log(JSON.stringify((await ACTS[name](...values)) ?? null));
}
