/** Figures: what flows back when, who comes back, and what is owed, as charts and as tables. */
import { useEffect, useState } from "preact/hooks";
import { sentenceOf } from "../../errors";
import { t } from "../../i18n";
import { day, fec, number, parseFec, percent } from "../../i18n/format";
import { call } from "../../service";
import { AsOf, Chart, type Report } from "../../ui/Chart";
import { Shape } from "../../ui/Curve";
import { Notice, Section, Waiting } from "../../ui/parts";

interface Data {
  flowback: { releases: { time: number; amount: string }[] };
  cohorts: { cohorts: { cohort: string; period: number; share: number }[] };
  liability: { unit: string; periods: Record<"label" | "opening" | "accrued" | "redeemed" | "breakage" | "closing", string>[] };
}

const amount = (text: string) => (text.startsWith("-") ? `−${fec(parseFec(text.slice(1)) ?? 0n)}` : fec(parseFec(text) ?? 0n));
const dayOf = (text: string) => day(Date.parse(text) / 1_000);

export function Figures() {
  return (
    <>
      <Figure
        name="flowback"
        title={t("figures.flowback")}
        heads={[t("figures.day"), "FEC"]}
        rows={({ releases }) => releases.map(({ time, amount: fec }) => [day(time), amount(fec)])}
      />
      <Figure
        name="cohorts"
        title={t("figures.cohorts")}
        heads={[t("figures.cohort"), t("figures.months"), t("figures.bought")]}
        rows={({ cohorts }) => cohorts.map(({ cohort, period, share }) => [dayOf(cohort), number(period), percent(share)])}
      />
      <Figure
        name="liability"
        title={t("figures.liability")}
        heads={[
          t("figures.month"),
          t("figures.opening"),
          t("figures.accrued"),
          t("figures.redeemed"),
          t("figures.breakage"),
          t("figures.closing"),
        ]}
        rows={({ periods }) =>
          periods.map(({ label, opening, accrued, redeemed, breakage, closing }) => [
            dayOf(label),
            ...[opening, accrued, redeemed, breakage, closing].map(amount),
          ])
        }
      />
      <p class="fine">{t("figures.policy")}</p>
      <Shape />
    </>
  );
}

interface FigureProps<Name extends keyof Data> {
  name: Name;
  title: string;
  heads: string[];
  rows(data: Data[Name]): string[][];
}

/** A chart, and the same as a table for readers who prefer one. */
function Figure<Name extends keyof Data>({ name, title, heads, rows }: FigureProps<Name>) {
  const [report, setReport] = useState<Report<Data[Name]> | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const path = `/v1/reports/${name}`;
  useEffect(() => {
    call<Report<Data[Name]>>("GET", path).then(setReport, (error: unknown) => setProblem(sentenceOf(error)));
  }, [path]);
  return (
    <Section title={title}>
      <div class="card" data-figure={name}>
        {problem && <Notice tone="bad">{problem}</Notice>}
        {!problem && !report && <Waiting>{t("shoppers.reading")}</Waiting>}
        {report && (
          <>
            <Chart path={path} label={title} />
            <details>
              <summary>{t("figures.table")}</summary>
              <div class="wide-table" tabIndex={0} role="region" aria-label={title}>
                <table>
                  <thead>
                    <tr>
                      {heads.map((head) => (
                        <th key={head} scope="col">
                          {head}
                        </th>
                      ))}
                    </tr>
                  </thead>
                  <tbody>
                    {rows(report.data).map((row, index) => (
                      <tr key={index}>
                        {row.map((cell, column) => (
                          <td key={column}>{cell}</td>
                        ))}
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </details>
            <AsOf report={report} />
          </>
        )}
      </div>
    </Section>
  );
}
