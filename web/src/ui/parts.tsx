/** Small parts that every page is made of. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { exactFec, fec } from "../i18n/format";
import type { Line } from "../actions";
import { shortened } from "./text";

type Tone = "plain" | "good" | "warn" | "bad";

/** An amount, to four places; all of it on pointing. */
export function Fec({ wei, big }: { wei: bigint; big?: boolean }) {
  return (
    <span class={big ? "amount big" : "amount"} title={`${exactFec(wei)} FEC`}>
      {fec(wei)} <small>FEC</small>
    </span>
  );
}

export function Notice({ tone = "plain", title, children }: { tone?: Tone; title?: string; children: ComponentChildren }) {
  return (
    <div class={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      {title && <strong>{title}</strong>}
      <div>{children}</div>
    </div>
  );
}

/** Names and values, one below the other. */
export function Facts({ children }: { children: ComponentChildren }) {
  return <dl class="facts">{children}</dl>;
}

export function Fact({ label, children, strong }: { label: string; children: ComponentChildren; strong?: boolean }) {
  return (
    <div class={strong ? "strong" : ""}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Lines({ lines }: { lines: Line[] }) {
  return (
    <Facts>
      {lines.map(([label, value], index) => (
        <Fact key={index} label={label}>
          {value}
        </Fact>
      ))}
    </Facts>
  );
}

export function Button({ kind = "plain", ...rest }: { kind?: "plain" | "main" | "quiet" } & JSX.IntrinsicElements["button"]) {
  return <button type="button" {...rest} class={`button ${kind}`} />;
}

/** Whether a text was copied just now, and how to copy it. */
export function useCopy(value: string): [boolean, () => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  return [copied, () => void navigator.clipboard?.writeText(value).then(() => setCopied(true))];
}

/** An address, or a transaction's hash, that can be copied. */
export function Address({ value, kind = "address" }: { value: string; kind?: "address" | "transaction" }) {
  const [copied, copy] = useCopy(value);
  return (
    <button type="button" class="address" title={value} onClick={copy}>
      <span class="unseen">{kind === "address" ? t("copy.address") : t("copy.transaction")}</span> {copied ? t("copy.done") : shortened(value)}
    </button>
  );
}

export function Waiting({ children }: { children: ComponentChildren }) {
  return (
    <p class="waiting" role="status">
      <span class="spinner" aria-hidden="true" />
      {children}
    </p>
  );
}

export function Section({ title, aside, children }: { title: string; aside?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section>
      <header class="section">
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** The second choice beside what costs no gas. */
export function OwnGas({ children }: { children: ComponentChildren }) {
  return (
    <details class="own-gas">
      <summary>{t("free.own")}</summary>
      {children}
    </details>
  );
}

export function Field({ label, hint, children }: { label: string; hint?: string; children: ComponentChildren }) {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
      {hint && <small>{hint}</small>}
    </label>
  );
}
