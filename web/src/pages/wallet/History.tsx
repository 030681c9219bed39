/** What has happened to an account, from the chain's logs. */
import { useEffect, useState } from "preact/hooks";
import { zeroAddress, type Address as Account, type Hex } from "viem";
import { chain, head } from "../../chain";
import { t } from "../../i18n";
import { date, fec } from "../../i18n/format";
import { nodeName } from "@fec/sdk/nodes";
import { adnContract, logsOf, checkoutContract } from "../../reads";
import { Button, Section } from "../../ui/parts";
import { shopName } from "../../ui/shops";
import { shortened } from "../../ui/text";

const FIRST = 10;
const MORE = 40;

interface Entry {
  block: bigint;
  hash: Hex;
  index: number;
  /** Called on display, so that the text is in the current language. */
  text(): string;
}

/** Times of blocks by their hashes: a number may come to mean another block. */
const times = new Map<Hex, number>();

export function History({ owner }: { owner: Account }) {
  const [entries, setEntries] = useState<Entry[]>([]);
  const [count, setCount] = useState(FIRST);
  const [, setTimed] = useState(0);
  const block = head.value;

  useEffect(() => {
    if (block) entriesOf(owner, block.number).then(setEntries, () => undefined);
  }, [owner, block?.hash]);
  useEffect(() => {
    void timesOf(entries.slice(0, count)).then(setTimed, () => undefined);
  }, [entries, count]);

  return (
    <Section title={t("history.title")}>
      {entries.length === 0 && <p class="fine">{t("history.none")}</p>}
      <ol class="rows history">
        {entries.slice(0, count).map((entry) => (
          <li key={`${entry.block}-${entry.index}`}>
            <span>{entry.text()}</span>
            <time>{times.has(entry.hash) ? date(times.get(entry.hash) ?? 0) : ""}</time>
          </li>
        ))}
      </ol>
      {entries.length > count && <Button onClick={() => setCount(count + MORE)}>{t("history.more")}</Button>}
    </Section>
  );
}

async function entriesOf(owner: Account, block: bigint): Promise<Entry[]> {
  const adn = adnContract();
  const [received, sent, claims, payments] = await Promise.all([
    logsOf(adn, "Transfer", { to: owner }, block),
    logsOf(adn, "Transfer", { from: owner }, block),
    logsOf(adn, "PayoutClaimed", { recipient: owner }, block),
    logsOf(checkoutContract(), "OrderPaid", { customer: owner }, block),
  ]);
  const entries: Entry[] = [];
  const add = (log: { blockNumber: bigint; blockHash: Hex; logIndex: number }, text: () => string) =>
    entries.push({ block: log.blockNumber, hash: log.blockHash, index: log.logIndex, text });
  for (const log of received) {
    const { from, tokenId } = log.args;
    const node = nodeName(tokenId);
    add(log, () => (from === zeroAddress ? t("history.minted", { node }) : t("history.received", { node, who: shortened(from) })));
  }
  for (const log of sent) {
    const { to, tokenId } = log.args;
    const node = nodeName(tokenId);
    add(log, () => (to === zeroAddress ? t("history.merged", { node }) : t("history.given", { node, who: shortened(to) })));
  }
  for (const log of claims) {
    const { tokenId, claimAmount } = log.args;
    add(log, () => t("history.claimed", { node: nodeName(tokenId), amount: fec(claimAmount) }));
  }
  for (const log of payments) {
    const { programId, amount } = log.args;
    add(log, () => t("history.paid", { shop: shopName(Number(programId)), amount: fec(amount) }));
  }
  return entries.sort((a, b) => Number(b.block - a.block) || b.index - a.index);
}

/** Times of blocks, each asked for once; gives how many are known. */
async function timesOf(entries: Entry[]): Promise<number> {
  const unknown = [...new Set(entries.map((entry) => entry.hash))].filter((hash) => !times.has(hash));
  const blocks = await Promise.all(unknown.map((blockHash) => chain().getBlock({ blockHash })));
  blocks.forEach((block) => times.set(block.hash, Number(block.timestamp)));
  return times.size;
}
