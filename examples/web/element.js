/** What both components are: a model of the SDK, drawn into a shadow tree; without a framework. */
import { languageFor } from "@fec/sdk";
import { browserEngine } from "@fec/sdk/browser";

const STYLE = `
  :host { display: block; max-width: 26rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
  h2 { margin: 0 0 .5rem; font-size: 1.3rem; }
  dl { margin: 0; }
  dl div { display: flex; justify-content: space-between; gap: 1rem; padding: .25rem 0; }
  dt { opacity: .75; }
  dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
  p { margin: .5rem 0; padding: .5rem .75rem; background: #8881; }
  p.warn { background: #f5a6233d; }
  p.bad { background: #d93f3f3d; }
  p.good { background: #2e9e5b3d; }
  code { display: block; padding: .75rem; overflow-wrap: anywhere; user-select: all; }
  label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit; }
  button, input { margin: .5rem 0; padding: .6rem; }
  button.main { font-weight: bold; }
`;

function made(name, text = "", props = {}) {
  return Object.assign(document.createElement(name), { textContent: text }, props);
}

/** Where the shop is: the `config.json` of its pages. Its addresses may be relative to it. */
async function shopAt(address) {
  const url = new URL(address, location.href);
  const config = await (await fetch(url)).json();
  const whole = (part) => new URL(part, url).href.replace(/\/$/, "");
  return { ...config, rpc: whole(config.rpc), service: config.service === null ? "" : whole(config.service || url.origin) };
}

/** `model` makes the SDK's model out of what all components have and of this element. */
export class FecElement extends HTMLElement {
  static observedAttributes = ["config", "link", "language", "expected"];

  connectedCallback() {
    this.root ??= this.attachShadow({ mode: "open" });
    void this.restart();
  }

  attributeChangedCallback() {
    if (this.root) void this.restart();
  }

  async restart() {
    const config = this.getAttribute("config");
    if (!config) return;
    const turn = (this.turn = {});
    const language = this.getAttribute("language") ?? navigator.languages.map(languageFor).find(Boolean) ?? "en";
    const expected = this.getAttribute("expected") ?? undefined;
    const shop = await shopAt(config);
    if (turn !== this.turn) return;
    const engine = browserEngine(window);
    this.lang = language;
    this.current = this.model({ shop, engine, language, expected, show: (view) => turn === this.turn && this.draw(view) });
    await this.current.start();
  }

  draw({ title, facts, notices, code, fields, buttons, busy }) {
    const inputs = fields.map(({ name, label }) => made("input", "", { name, autocomplete: "off", spellcheck: false, ariaLabel: label, placeholder: label }));
    const typed = () => Object.fromEntries(inputs.map(({ name, value }) => [name, value]));
    const list = made("dl");
    for (const { label, value } of facts) {
      const row = made("div");
      row.append(made("dt", label), made("dd", value));
      list.append(row);
    }
    const acts = buttons.map(({ act, label, main }) => {
      const onclick = () => void this.current.act(act, typed());
      return made("button", label, { type: "button", className: main ? "main" : "", onclick });
    });
    const parts = [
      made("style", STYLE),
      made("h2", title),
      list,
      ...notices.map(({ tone, text }) => made("p", text, { className: tone, role: tone === "bad" ? "alert" : "status" })),
      ...(code ? [made("code", code)] : []),
      ...inputs,
      ...acts,
      ...(busy ? [made("p", busy, { role: "status" })] : []),
    ];
    this.root.replaceChildren(...parts);
  }
}
