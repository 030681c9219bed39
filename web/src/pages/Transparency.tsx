/** For anybody, no wallet: what exists, what is owed, and the figures on the chain that show each guarantee. */
import { useEffect, useState } from "preact/hooks";
import { chain, head, settings } from "../chain";
import { sentenceOf } from "../errors";
import { t } from "../i18n";
import { duration, fec, number, percent } from "../i18n/format";
import { adnContract, fecContract, programsAt, checkoutContract, type Program } from "../reads";
import { Chart, Payout } from "../ui/Chart";
import { Milestones } from "../ui/Curve";
import { Fact, Facts, Fec, Notice, Section, Waiting } from "../ui/parts";
import { shopName } from "../ui/shops";
import { Guarantees } from "./transparency/Guarantees";
import { Settlements } from "./transparency/Settlements";

const THOUSAND = 1_000n * 10n ** 18n;
const FINE = 10_000n;

export interface Figures {
  block: bigint;
  supply: bigint;
  cap: bigint;
  genesis: bigint;
  burned: bigint;
  outstanding: bigint;
  budget: bigint;
  minter: string;
  checkoutHolds: bigint;
  programs: Program[];
}

export default function Transparency() {
  const [figures, setFigures] = useState<Figures | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const block = head.value;
  useEffect(() => {
    if (!block) return;
    figuresAt(block.number).then(
      (found) => (setFigures(found), setProblem(null)),
      (error: unknown) => setProblem(sentenceOf(error)),
    );
  }, [block?.hash]);

  return (
    <main>
      <h1>{t("open.title")}</h1>
      <p>{t("open.intro")}</p>
      {problem && <Notice tone="bad">{problem}</Notice>}
      {!figures && !problem && <Waiting>{t("open.reading")}</Waiting>}
      {figures && (
        <>
          <Books figures={figures} />
          <Section title={t("open.curve")}>
            <div class="card">
              <Payout />
              <Milestones principal={THOUSAND} />
            </div>
          </Section>
          <Guarantees figures={figures} />
          <Settlements block={figures.block} />
          <Programs programs={figures.programs} />
        </>
      )}
    </main>
  );
}

async function figuresAt(block: bigint): Promise<Figures> {
  const at = { blockNumber: block } as const;
  const coupon = { ...fecContract(), ...at };
  const adn = { ...adnContract(), ...at };
  const checkout = checkoutContract().address;
  const read = chain();
  const [supply, cap, genesis, burned, minter, checkoutHolds, outstanding, budget, programs] = await Promise.all([
    read.readContract({ ...coupon, functionName: "totalSupply" }),
    read.readContract({ ...coupon, functionName: "cap" }),
    read.readContract({ ...coupon, functionName: "genesisSupply" }),
    read.readContract({ ...coupon, functionName: "totalBurned" }),
    read.readContract({ ...coupon, functionName: "minter" }),
    read.readContract({ ...coupon, functionName: "balanceOf", args: [checkout] }),
    read.readContract({ ...adn, functionName: "outstanding" }),
    read.readContract({ ...adn, functionName: "budget" }),
    programsAt(block),
  ]);
  return { block, supply, cap, genesis, burned, minter, checkoutHolds, outstanding, budget, programs };
}

function Books({ figures }: { figures: Figures }) {
  const { supply, cap, outstanding } = figures;
  const wide = (part: bigint) => Number((part * FINE) / cap) / Number(FINE / 1_000n);
  return (
    <Section title={t("open.books")} aside={<span class="aside">{t("open.block", { block: number(figures.block) })}</span>}>
      <div class="card">
        <svg class="stack" viewBox="0 0 1000 24" preserveAspectRatio="none" role="img" aria-label={t("open.stack")}>
          <rect class="rest" width="1000" height="24" />
          <rect class="owed" x={wide(supply)} width={wide(outstanding)} height="24" />
          <rect class="there" width={wide(supply)} height="24" />
        </svg>
        <Facts>
          <Fact label={t("open.supply")} strong>
            <span class="key there" /> <Fec wei={supply} />
          </Fact>
          <Fact label={t("open.outstanding")} strong>
            <span class="key owed" /> <Fec wei={outstanding} />
          </Fact>
          <Fact label={t("open.cap")} strong>
            <span class="key rest" /> <Fec wei={cap} />
          </Fact>
          <Fact label={t("open.burned")}>
            <Fec wei={figures.burned} />
          </Fact>
          <Fact label={t("open.budget")}>
            <Fec wei={figures.budget} />
          </Fact>
          <Fact label={t("open.genesis")}>
            <Fec wei={figures.genesis} />
          </Fact>
        </Facts>
        {settings().service !== null && (
          <>
            <Chart path="/v1/reports/supply" label={t("open.time")} />
            <p class="fine">{t("open.chartSource")}</p>
          </>
        )}
        <p class="fine">{t("open.inflation")}</p>
      </div>
    </Section>
  );
}

function Programs({ programs }: { programs: Program[] }) {
  return (
    <Section title={t("open.programs")}>
      <ul class="rows">
        {programs.map((program, index) => {
          const all = program.quota + program.burned;
          return (
            <li key={index}>
              <div>
                <b>{index === 0 ? t("open.public") : shopName(index + 1)}</b>
                {program.closed && <span class="status expired">{t("open.closed")}</span>}
                <br />
                <small>{t("open.period", { length: duration(program.periodLength) })}</small>
              </div>
              <div class="number">
                <Fec wei={program.quota} />
                <br />
                <small>{t("open.used", { burned: fec(program.burned), share: percent(all ? Number((program.burned * FINE) / all) : 0) })}</small>
              </div>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
