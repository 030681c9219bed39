/** Nodes by the shop that they came from, a few cards at a time. */
import { useState } from "preact/hooks";
import { now } from "../../chain";
import { t } from "../../i18n";
import { date, fec, number } from "../../i18n/format";
import { face, PERIODS } from "@fec/sdk/curve";
import { claimableOf, endOf, nextOf, nodeName, outstandingOf, periodOf, sum, type Node } from "@fec/sdk/nodes";
import { recordOf, type ProvenLeaf } from "@fec/sdk/settlements";
import { Curve, Milestones } from "../../ui/Curve";
import { Button, Fact, Facts, Fec, Section } from "../../ui/parts";
import { save } from "../../ui/save";
import { shopName } from "../../ui/shops";
import type { TaskAsked } from "./Task";

const FIRST = 6;
const MORE = 48;

interface ShopsProps {
  nodes: Node[];
  selected: ReadonlySet<bigint>;
  onToggle(tokenId: bigint): void;
  onAsk(asked: TaskAsked): void;
}

export function Shops({ nodes, ...rest }: ShopsProps) {
  const shops = new Map<number, Node[]>();
  for (const node of nodes) shops.set(node.programId, [...(shops.get(node.programId) ?? []), node]);
  return (
    <>
      {[...shops].map(([programId, own]) => (
        <Shop key={programId} programId={programId} nodes={own} {...rest} />
      ))}
    </>
  );
}

function Shop({ programId, nodes, selected, onToggle, onAsk }: ShopsProps & { programId: number }) {
  const [count, setCount] = useState(FIRST);
  const claimable = sum(nodes.map((node) => claimableOf(node, now.value)));
  const aside = <span class="aside">{t("shop.totals", { count: number(nodes.length), amount: fec(claimable) })}</span>;
  return (
    <Section title={shopName(programId)} aside={aside}>
      <div class="cards">
        {nodes.slice(0, count).map((node) => (
          <Card key={node.tokenId.toString()} node={node} selected={selected.has(node.tokenId)} onToggle={onToggle} onAsk={onAsk} />
        ))}
      </div>
      {nodes.length > count && (
        <Button onClick={() => setCount(count + MORE)}>{t("shop.more", { count: number(nodes.length - count) })}</Button>
      )}
    </Section>
  );
}

interface CardProps extends Pick<ShopsProps, "onToggle" | "onAsk"> {
  node: Node;
  selected: boolean;
}

function Card({ node, selected, onToggle, onAsk }: CardProps) {
  const name = nodeName(node.tokenId);
  const claimable = claimableOf(node, now.value);
  const next = nextOf(node, now.value);
  const period = periodOf(node, now.value);
  const button = (kind: TaskAsked["kind"], label: string, disabled = false) => (
    <Button disabled={disabled} aria-label={`${label}: ADN ${name}`} onClick={() => onAsk({ kind, nodes: [node] })}>
      {label}
    </Button>
  );
  return (
    <article class={selected ? "card node selected" : "card node"} aria-label={`ADN ${name}`} data-node={name}>
      <header>
        <label class="choice">
          <input type="checkbox" checked={selected} onChange={() => onToggle(node.tokenId)} aria-label={t("node.select", { node: name })} />
          <b>ADN {name}</b>
        </label>
        <span class="aside">{t("node.period", { period, periods: PERIODS })}</span>
      </header>
      {node.leaf && <p class="fine">{t("node.settled")}</p>}
      <Curve period={period} />
      <Facts>
        <Fact label={t("node.claimable")} strong>
          <Fec wei={claimable} />
        </Fact>
        <Fact label={t("node.next")}>{next ? t("wallet.nextAt", { amount: fec(next.amount), date: date(next.timestamp) }) : t("node.none")}</Fact>
        <Fact label={t("node.toCome")}>
          <Fec wei={outstandingOf(node) - claimable} />
        </Fact>
      </Facts>
      <div class="buttons">
        {button("claim", t("node.claim"), claimable === 0n)}
        {button("give", t("node.give"))}
        {button("split", t("node.split"))}
        {button("allow", t("node.allow"))}
      </div>
      <details>
        <summary>{t("node.details")}</summary>
        <Facts>
          <Fact label={t("node.principal")}>
            <Fec wei={node.principal} />
          </Fact>
          <Fact label={t("node.face")}>
            <Fec wei={face(node.principal)} />
          </Fact>
          <Fact label={t("node.claimed")}>
            <Fec wei={node.claimed} />
          </Fact>
          <Fact label={t("node.end")}>{date(endOf(node))}</Fact>
        </Facts>
        <Milestones principal={node.principal} />
        {node.leaf && <SaveLeaf leaf={node.leaf} name={name} />}
      </details>
    </article>
  );
}

/** A settled node as a file: endpoints may prune the logs that a proof is made from, and a node lives for 100 periods. */
function SaveLeaf({ leaf, name }: { leaf: ProvenLeaf; name: string }) {
  return (
    <>
      <Button onClick={() => save(`adn-${name}.json`, "application/json", JSON.stringify(recordOf(leaf), null, 1))}>{t("node.save")}</Button>
      <p class="fine">{t("node.saveWhy")}</p>
    </>
  );
}
