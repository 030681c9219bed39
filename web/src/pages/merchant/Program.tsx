/** A program's terms and quota, straight from the chain. */
import { useEffect, useState } from "preact/hooks";
import { chain, head } from "../../chain";
import { sentenceOf } from "../../errors";
import { t } from "../../i18n";
import { duration, number, percent } from "../../i18n/format";
import { programOf, termsOf, checkoutContract, type Program as OnChain, type Terms } from "../../reads";
import { Address, Fact, Facts, Fec, Notice, Section, Waiting } from "../../ui/parts";

interface Found {
  program: OnChain;
  terms: Terms;
  reserved: bigint;
}

export function Program({ programId }: { programId: number }) {
  const [found, setFound] = useState<Found | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const block = head.value?.hash;
  useEffect(() => {
    read(programId).then(setFound, (error: unknown) => setProblem(sentenceOf(error)));
  }, [programId, block]);

  if (problem) return <Notice tone="bad">{problem}</Notice>;
  if (!found) return <Waiting>{t("program.reading")}</Waiting>;
  const { program, terms, reserved } = found;
  return (
    <>
      <Section title={t("program.quota")}>
        <Facts>
          <Fact label={t("program.left")} strong>
            <Fec wei={program.quota} />
          </Fact>
          <Fact label={t("program.reserved")}>
            <Fec wei={reserved} />
          </Fact>
          <Fact label={t("program.burned")}>
            <Fec wei={program.burned} />
          </Fact>
          <Fact label={t("program.period")}>{duration(program.periodLength)}</Fact>
          <Fact label={t("program.operator")}>
            <Address value={program.operator} />
          </Fact>
        </Facts>
        {program.closed && <Notice tone="warn">{t("program.closed")}</Notice>}
      </Section>
      <Section title={t("program.terms")}>
        <Facts>
          {terms.tiers.map((tier, index) => (
            <Fact key={index} label={t("program.tier", { tier: index + 1, spend: number(tier.minSpend) })}>
              {t("program.burns", { share: percent(tier.burnBps) })}
            </Fact>
          ))}
          <Fact label={t("program.window")}>{terms.returnWindow ? duration(terms.returnWindow) : t("program.noWindow")}</Fact>
          <Fact label={t("program.donation")}>{percent(terms.donationBps)}</Fact>
          {terms.causes.map((cause) => (
            <Fact key={cause} label={t("program.cause")}>
              <Address value={cause} />
            </Fact>
          ))}
          <Fact label={t("program.treasury")}>
            <Address value={terms.treasury} />
          </Fact>
          <Fact label={t("program.signer")}>
            <Address value={terms.signer} />
          </Fact>
        </Facts>
        <p class="fine">{t("program.change")}</p>
      </Section>
    </>
  );
}

async function read(programId: number): Promise<Found> {
  const [program, terms, reserved] = await Promise.all([
    programOf(programId),
    termsOf(programId),
    chain().readContract({ ...checkoutContract(), functionName: "reservedOf", args: [BigInt(programId)] }),
  ]);
  return { program, terms, reserved };
}
