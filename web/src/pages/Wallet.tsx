/** The shopper's wallet: coins, nodes, what can be claimed this second, and everything that can be done with them. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Address as Account } from "viem";
import { head, now } from "../chain";
import { sentenceOf } from "../errors";
import { t } from "../i18n";
import { date, fec, number } from "../i18n/format";
import { claimableOf, nextOf, outstandingOf, sum, type Node } from "@fec/sdk/nodes";
import { holdingsOf, type Holdings } from "../reads";
import { Connect } from "../ui/Connect";
import { Shape } from "../ui/Curve";
import { Button, Fact, Facts, Fec, Notice, Waiting } from "../ui/parts";
import { account } from "../wallet";
import { isVault } from "../vault";
import { Add, Join, parseDeviceLink } from "./vault/Devices";
import { Secure, useSecured } from "./vault/Secure";
import { Signers } from "./vault/Signers";
import { TopUp } from "./vault/TopUp";
import { Approvals } from "./wallet/Approvals";
import { History } from "./wallet/History";
import { countOf, Pending, usePending, type PendingNodes } from "./wallet/Pending";
import { Shops } from "./wallet/Shops";
import { Task, type TaskAsked } from "./wallet/Task";

/** Reading a large wallet costs: the pause until it is read again is so many times as long. */
const PAUSE = 4;

export default function Wallet() {
  const [link, setLink] = useState(parseDeviceLink(location.hash));
  useEffect(() => {
    const changed = () => setLink(parseDeviceLink(location.hash));
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return (
    <main>
      <h1>{t("wallet.title")}</h1>
      {link && ("join" in link ? <Join address={link.join} /> : <Add signer={link.add} />)}
      {account.value && <Held key={account.value} owner={account.value} />}
      {!account.value && !(link && "join" in link) && (
        <>
          <p>{t("wallet.intro")}</p>
          <Connect />
          <Shape />
        </>
      )}
    </main>
  );
}

/** What an account holds, read anew whenever the chain has a new block; whole from the chain, so a reorganisation is no case of its own. */
function useHoldings(owner: Account): { holdings: Holdings | null; problem: string | null } {
  const [holdings, setHoldings] = useState<Holdings | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const pause = useRef({ until: 0, timer: 0 });
  const block = head.value;
  useEffect(() => {
    if (!block) return;
    const load = async () => {
      const began = Date.now();
      try {
        setHoldings(await holdingsOf(owner, block.number));
        setProblem(null);
      } catch (error) {
        setProblem(sentenceOf(error));
      }
      pause.current.until = Date.now() + PAUSE * (Date.now() - began);
    };
    clearTimeout(pause.current.timer);
    pause.current.timer = window.setTimeout(() => void load(), Math.max(0, pause.current.until - Date.now()));
  }, [owner, block?.hash]);
  return { holdings, problem };
}

function Held({ owner }: { owner: Account }) {
  const { holdings, problem } = useHoldings(owner);
  const pending = usePending(owner);
  const [selected, setSelected] = useState<ReadonlySet<bigint>>(new Set());
  const [asked, setAsked] = useState<TaskAsked | null>(null);

  const isSecured = useSecured();
  if (!holdings) return problem ? <Notice tone="bad">{problem}</Notice> : <Waiting>{t("wallet.reading")}</Waiting>;
  const { nodes } = holdings;
  const picked = nodes.filter((node) => selected.has(node.tokenId));
  const toggle = (tokenId: bigint) => {
    const next = new Set(selected);
    if (!next.delete(tokenId)) next.add(tokenId);
    setSelected(next);
  };
  const close = () => {
    setAsked(null);
    setSelected(new Set());
  };
  return (
    <>
      <Connect />
      {problem && <Notice tone="warn">{problem}</Notice>}
      {isVault(owner) && isSecured === false && <Secure />}
      <Overview holdings={holdings} pending={pending} onClaim={() => setAsked({ kind: "claim", nodes })} />
      {pending && <Pending pending={pending} />}
      {nodes.length > 0 && <Shops nodes={nodes} selected={selected} onToggle={toggle} onAsk={setAsked} />}
      {picked.length > 0 && <Selection picked={picked} onAsk={setAsked} onClear={() => setSelected(new Set())} />}
      {holdings.others > 0 && <p class="fine">{t("wallet.others", { count: number(holdings.others) })}</p>}
      {isVault(owner) && isSecured !== false && <TopUp owner={owner} />}
      {isVault(owner) && <Signers owner={owner} holdings={holdings} />}
      <Approvals owner={owner} />
      <History owner={owner} />
      {asked && <Task asked={asked} owner={owner} onClose={close} />}
    </>
  );
}

interface OverviewProps {
  holdings: Holdings;
  pending: PendingNodes | null;
  onClaim(): void;
}

function Overview({ holdings, pending, onClaim }: OverviewProps) {
  const { nodes, balance } = holdings;
  const claimable = sum(nodes.map((node) => claimableOf(node, now.value)));
  const next = nextOfAll(nodes);
  return (
    <div class="card hero">
      <p class="label" id="claimable">
        {t("wallet.claimable")}
      </p>
      <p class="total" aria-labelledby="claimable" data-claimable={claimable.toString()}>
        <Fec wei={claimable} big />
      </p>
      <Button kind="main" disabled={claimable === 0n} onClick={onClaim}>
        {t("wallet.claimAll")}
      </Button>
      <Facts>
        <Fact label={t("wallet.balance")}>
          <Fec wei={balance} />
        </Fact>
        <Fact label={t("wallet.toCome")}>
          <Fec wei={sum(nodes.map(outstandingOf)) - claimable} />
        </Fact>
        <Fact label={t("wallet.nodes")}>{number(nodes.length)}</Fact>
        {next && <Fact label={t("wallet.next")}>{t("wallet.nextAt", { amount: fec(next.amount), date: date(next.timestamp) })}</Fact>}
      </Facts>
      {nodes.length === 0 && pending && (
        <p>{countOf(pending) ? t("wallet.nodesToCome", { count: number(countOf(pending)) }) : t("wallet.noNodes")}</p>
      )}
      <Shape />
    </div>
  );
}

/** When the next coins come, and how many by all nodes that release at that moment. */
function nextOfAll(nodes: readonly Node[]): { timestamp: number; amount: bigint } | null {
  let found: { timestamp: number; amount: bigint } | null = null;
  for (const node of nodes) {
    const next = nextOf(node, now.value);
    if (!next) continue;
    if (!found || next.timestamp < found.timestamp) found = { timestamp: next.timestamp, amount: next.amount };
    else if (next.timestamp === found.timestamp) found.amount += next.amount;
  }
  return found;
}

function Selection({ picked, onAsk, onClear }: { picked: Node[]; onAsk(asked: TaskAsked): void; onClear(): void }) {
  const claimable = sum(picked.map((node) => claimableOf(node, now.value)));
  return (
    <div class="selection" role="region" aria-label={t("wallet.selected", { count: picked.length })}>
      <span>{t("wallet.selected", { count: number(picked.length) })}</span>
      <Button kind="main" disabled={claimable === 0n} onClick={() => onAsk({ kind: "claim", nodes: picked })}>
        {t("wallet.claimSome", { amount: fec(claimable) })}
      </Button>
      <Button disabled={picked.length < 2} onClick={() => onAsk({ kind: "merge", nodes: picked })}>
        {t("node.merge")}
      </Button>
      <Button kind="quiet" onClick={onClear}>
        {t("wallet.clear")}
      </Button>
    </div>
  );
}
