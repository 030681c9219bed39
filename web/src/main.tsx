import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ComponentType } from "preact";
import { openChain, reachable, readable, settings } from "./chain";
import { loadConfig } from "./config";
import { speak, t, type Key } from "./i18n";
import { language, LANGUAGES, preferred, type Language } from "./i18n/language";
import { Home } from "./pages/Home";
import { follow, hrefOf, page, type Page } from "./router";
import { Connect } from "./ui/Connect";
import { Notice, Waiting } from "./ui/parts";
import { resumeVault } from "./vault";
import { openWallets } from "./wallet";
import "./style.css";

const LOADERS: Record<Exclude<Page, "index">, () => Promise<{ default: ComponentType }>> = {
  pay: () => import("./pages/Pay"),
  claim: () => import("./pages/Claim"),
  wallet: () => import("./pages/Wallet"),
  merchant: () => import("./pages/Merchant"),
  transparency: () => import("./pages/Transparency"),
};
const NAMES = {
  pay: "nav.pay",
  claim: "nav.claim",
  wallet: "nav.wallet",
  merchant: "nav.merchant",
  transparency: "nav.transparency",
} as const satisfies Record<Exclude<Page, "index">, Key>;
/** Pages that have a wallet connected by themselves. */
const HAVE_CONNECT: Page[] = ["pay", "claim", "wallet", "merchant"];
const IN_MENU = ["wallet", "transparency", "merchant"] as const;

function Shell() {
  const current = page.value;
  useEffect(() => {
    document.title = current === "index" ? "FEC" : `${t(NAMES[current])} · FEC`;
  }, [current, language.value]);
  return (
    <>
      <a class="skip" href="#content">
        {t("nav.skip")}
      </a>
      <header class="top">
        <a class="brand" href={hrefOf("index")} onClick={(event) => follow(event, "index")}>
          <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
            <rect width="32" height="32" rx="8" />
            <path d="M6 25c9-1 15-4 20-18" />
          </svg>
          FEC
        </a>
        <nav aria-label={t("nav.label")}>
          {IN_MENU.map((each) => (
            <a key={each} href={hrefOf(each)} aria-current={each === current ? "page" : undefined} onClick={(event) => follow(event, each)}>
              {t(NAMES[each])}
            </a>
          ))}
        </nav>
        <select aria-label={t("nav.language")} value={language.value} onChange={(event) => void speak(event.currentTarget.value as Language)}>
          {Object.entries(LANGUAGES).map(([tag, name]) => (
            <option key={tag} value={tag} lang={tag}>
              {name}
            </option>
          ))}
        </select>
      </header>
      <div id="content" tabIndex={-1}>
        {readable() && !reachable.value && <Notice tone="bad">{t("chain.unreachable")}</Notice>}
        {!readable() && (
          <Notice title={t("chain.byWalletTitle")}>
            <p>{t("chain.byWallet", { chain: settings().chainId })}</p>
            {!HAVE_CONNECT.includes(current) && <Connect />}
          </Notice>
        )}
        {current === "index" ? <Home /> : <Loaded key={current} name={current} />}
      </div>
      <footer>
        <p>{t("footer.honest")}</p>
      </footer>
    </>
  );
}

function Loaded({ name }: { name: Exclude<Page, "index"> }) {
  const [Found, setFound] = useState<ComponentType | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    LOADERS[name]().then(
      (module) => setFound(() => module.default),
      () => setFailed(true),
    );
  }, [name]);
  if (failed) return <Notice tone="bad">{t("page.failed")}</Notice>;
  return Found ? <Found /> : <Waiting>{t("page.loading")}</Waiting>;
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

/** Has the pages open without a connection, where the browser can: on https and on localhost. */
function keepShell(): void {
  if (!navigator.serviceWorker || !window.isSecureContext) return;
  const worker = new URL("./worker.js", document.baseURI).href;
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  const url = trustedTypes?.createPolicy("fec-worker", { createScriptURL: () => worker }).createScriptURL("") ?? worker;
  navigator.serviceWorker.register(url).catch(() => undefined);
}

async function start(): Promise<void> {
  const root = document.getElementById("app") as HTMLElement;
  // The page is on its way while its configuration is; what fails is told when it is shown.
  if (page.value !== "index") LOADERS[page.value]().catch(() => undefined);
  try {
    const [config] = await Promise.all([loadConfig(), speak(preferred())]);
    resumeVault();
    openWallets(config);
    openChain(config);
    render(<Shell />, root);
    keepShell();
  } catch (error) {
    await speak(preferred()).catch(() => undefined);
    render(<Notice tone="bad">{t("page.noConfig", { reason: String(error) })}</Notice>, root);
  }
}

void start();
