/** Charts as the package draws them: one specification each, in the reader's language, colours and width. */
import { useEffect, useRef, useState } from "preact/hooks";
import { sentenceOf } from "../errors";
import { t } from "../i18n";
import { date, number } from "../i18n/format";
import { language, type Language } from "../i18n/language";
import type { Report as ServiceReport } from "@fec/sdk/generated/api";
import { call, serviceUrl } from "../service";
import { Notice, Waiting } from "./parts";

const DARK = "(prefers-color-scheme: dark)";
/** Widths go up in steps, within what the service draws. */
const STEP = 40;
const LEAST = 280;
const MOST = 1_200;

/** What the service says of a chart beside its picture. */
export interface Report<Data> extends Omit<ServiceReport, "data"> {
  data: Data;
}

/** A chart that the service draws of its index. Says what is wrong if it cannot. */
export function Chart({ path, label }: { path: string; label: string }) {
  const figure = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(0);
  const [state, setState] = useState<"loading" | "loaded" | { problem: string }>("loading");
  useEffect(() => {
    const measured = new ResizeObserver(([entry]) => {
      const room = Math.floor((entry?.contentRect.width ?? 0) / STEP) * STEP;
      setWidth(Math.min(Math.max(room, LEAST), MOST));
    });
    if (figure.current) measured.observe(figure.current);
    return () => measured.disconnect();
  }, []);
  const urlOf = (theme: string) => `${path}.svg?width=${width}&theme=${theme}&language=${language.value}`;
  // A picture that fails does not say why.
  const ask = () => call("GET", urlOf("light")).catch((error: unknown) => setState({ problem: sentenceOf(error) }));
  return (
    <figure class="chart" ref={figure} aria-busy={state === "loading"}>
      {typeof state === "object" && <Notice tone="bad">{state.problem}</Notice>}
      {state === "loading" && <Waiting>{t("chart.loading")}</Waiting>}
      {width > 0 && typeof state === "string" && (
        <picture>
          <source media={DARK} srcset={serviceUrl(urlOf("dark"))} />
          <img
            class={state}
            src={serviceUrl(urlOf("light"))}
            crossorigin="use-credentials"
            alt={label}
            onLoad={() => setState("loaded")}
            onError={() => void ask()}
          />
        </picture>
      )}
    </figure>
  );
}

/** As of when a chart is. */
export function AsOf({ report }: { report: Report<unknown> }) {
  return <p class="fine">{t("chart.asOf", { block: number(report.asOf.block), time: date(report.asOf.timestamp) })}</p>;
}

const PAYOUTS = import.meta.glob<string>("../generated/payout-*.svg", { eager: true, query: "?url", import: "default" });
const payout = (tag: Language, size: string, theme: string) => PAYOUTS[`../generated/payout-${tag}-${size}-${theme}.svg`];

/** What one node pays, with its four milestones: drawn when the pages were built, for it never changes. */
export function Payout() {
  const tag = language.value;
  return (
    <figure class="chart">
      <picture>
        <source media={`(min-width: 44rem) and ${DARK}`} srcset={payout(tag, "wide", "dark")} />
        <source media="(min-width: 44rem)" srcset={payout(tag, "wide", "light")} />
        <source media={DARK} srcset={payout(tag, "narrow", "dark")} />
        <img class="loaded" src={payout(tag, "narrow", "light")} alt={t("chart.payout")} />
      </picture>
    </figure>
  );
}
