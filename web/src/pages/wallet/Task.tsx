/** What a holder does with nodes: each a form, a plan for the chain, and what it will do in coins. */
import { useState } from "preact/hooks";
import { decodeFunctionResult, getAddress, isAddress, zeroAddress, type Address as Account } from "viem";
import { callOf, type Call, type Line } from "../../actions";
import { face } from "@fec/sdk/curve";
import { t } from "../../i18n";
import { exactFec, fec, number, parseFec } from "../../i18n/format";
import { claimFreely, freelyClaimable } from "../../free";
import { now } from "../../chain";
import { claimableOf, classOf, LEAST_PART, nodeName, outstandingOf, sum, type Node } from "@fec/sdk/nodes";
import { adnContract, relayContract } from "../../reads";
import { acts, type Act } from "@fec/sdk/vaults";
import { openings, type ProvenLeaf } from "@fec/sdk/settlements";
import { isVault } from "../../vault";
import { Action, type Plan } from "../../ui/Action";
import { Dialog } from "../../ui/Dialog";
import { Free } from "../../ui/Free";
import { Field, Notice, OwnGas } from "../../ui/parts";
import { shortened } from "../../ui/text";

export interface TaskAsked {
  kind: "claim" | "give" | "split" | "merge" | "allow";
  nodes: Node[];
}

interface TaskProps {
  nodes: Node[];
  owner: Account;
}

/** Nodes in one claim: what fits into a transaction of 2^24 gas with room to spare. */
const MOST_CLAIMS = 300;
/** Settled nodes in one transaction that opens them: each takes 150,000 gas at most. */
const MOST_OPENINGS = 60;
/** Acts under one signature of a vault. */
const MAX_ACTS = 32;

export function Task({ asked, owner, onClose }: { asked: TaskAsked; owner: Account; onClose(): void }) {
  const title = {
    claim: t("node.claim"),
    give: t("node.give"),
    split: t("node.split"),
    merge: t("node.merge"),
    allow: t("node.allow"),
  }[asked.kind];
  const Form = { claim: Claim, give: Give, split: Split, merge: Merge, allow: Allow }[asked.kind];
  // Nodes as they were when the dialog opened: it says what happens to those.
  const [nodes] = useState(asked.nodes);
  return (
    <Dialog title={nodes.length === 1 && nodes[0] ? `${title}: ADN ${nodeName(nodes[0].tokenId)}` : title} onClose={onClose}>
      <Form nodes={nodes} owner={owner} />
    </Dialog>
  );
}

const amountOf = (wei: bigint) => `${exactFec(wei)} FEC`;
const only = (nodes: Node[]): Node => nodes[0] as Node;
const leavesOf = (nodes: Node[]): ProvenLeaf[] => nodes.flatMap((node) => node.leaf ?? []);

/** The transaction that opens what was settled among some nodes, so that the contracts know them as tokens. */
function opening(nodes: Node[]): Call | undefined {
  const leaves = leavesOf(nodes);
  const [leaf] = leaves;
  if (!leaf) return undefined;
  if (leaves.length > 1) return callOf(relayContract(), "relay", [openings(leaves, { claim: false })]);
  const { settlementId, index, owner, principal, proof } = leaf;
  return callOf(adnContract(), "open", [settlementId, BigInt(index), owner, principal, proof]);
}

/** The same among a vault's acts: each is opened and claimed from. */
const openingActs = (nodes: Node[]): Act[] =>
  leavesOf(nodes).map(acts.open);

/** Said where settled nodes are opened first. */
function Opens({ nodes }: { nodes: Node[] }) {
  return leavesOf(nodes).length ? <p class="fine">{t("task.opensFirst")}</p> : null;
}

function Claim({ nodes, owner }: TaskProps) {
  const [full] = useState(() => {
    const found = nodes.filter((node) => claimableOf(node, now.value) > 0n);
    return found.sort((a, b) => (claimableOf(b, now.value) > claimableOf(a, now.value) ? 1 : -1));
  });
  const free = freelyClaimable(full);
  const settled = full.filter((node) => node.leaf).slice(0, MOST_OPENINGS);
  const tokens = full.filter((node) => !node.leaf).slice(0, settled.length ? MOST_OPENINGS : MOST_CLAIMS);
  const some = [...settled, ...tokens];
  const ids = tokens.map((node) => node.tokenId);
  const plan: Plan = {
    call: settled.length
      ? callOf(relayContract(), "relay", [openings(leavesOf(settled), { claim: true, others: ids })])
      : callOf(adnContract(), "claimTo", [ids, owner]),
    acts: [...openingActs(settled.slice(0, MAX_ACTS - 1)), ...(ids.length ? [acts.claim(ids)] : [])],
    before: (result) => {
      const paid = settled.length
        ? sum(some.map((node) => claimableOf(node, now.value)))
        : decodeFunctionResult({ ...adnContract(), functionName: "claimTo", data: result });
      const left = sum(some.map(outstandingOf)) - paid;
      return [
        [t("task.claimFrom"), t("task.nodes", { count: number(some.length) })],
        [t("task.youGet"), amountOf(paid)],
        [t("task.stillToCome"), amountOf(left)],
      ];
    },
  };
  const inParts = (fitting: Node[]) =>
    full.length > fitting.length && <Notice>{t("task.claimInParts", { count: number(fitting.length), all: number(full.length) })}</Notice>;
  const own = (
    <Action plan={plan} confirm={t("node.claim")}>
      {inParts(some)}
    </Action>
  );
  return free.length ? (
    <>
      {inParts(free)}
      <FreeClaim nodes={free} owner={owner} />
      {!isVault(owner) && <OwnGas>{own}</OwnGas>}
    </>
  ) : (
    own
  );
}

function FreeClaim({ nodes, owner }: TaskProps) {
  const due = sum(nodes.map((node) => claimableOf(node, now.value)));
  const lines: Line[] = [
    [t("task.claimFrom"), t("task.nodes", { count: number(nodes.length) })],
    [t("task.youGet"), amountOf(due)],
    [t("task.stillToCome"), amountOf(sum(nodes.map(outstandingOf)) - due)],
  ];
  return <Free lines={lines} confirm={t("free.claim")} run={() => claimFreely(owner, nodes)} />;
}

/** A part of a node, with its share of what was claimed, as the contract splits it. */
const partOf = (node: Node, principal: bigint): Node => ({ ...node, principal, claimed: (node.claimed * principal) / node.principal });

function Give({ nodes, owner }: TaskProps) {
  const [to, setTo] = useState("");
  const node = only(nodes);
  const [text, setText] = useState("");
  const part = text.trim() === "" ? node.principal : parseFec(text);
  const fits = part === node.principal || (part !== null && part >= LEAST_PART && node.principal - part >= LEAST_PART);
  const known = isAddress(to.trim()) && to.trim() !== zeroAddress && getAddress(to.trim()) !== owner;
  const given = (receiver: Account) =>
    part === null || part === node.principal ? acts.withdraw(receiver, [node.tokenId]) : acts.withdrawPart(node.tokenId, part, receiver);
  const plan: Plan | null = known && fits
    ? {
        first: opening(nodes),
        call: callOf(adnContract(), "safeTransferFrom", [owner, getAddress(to.trim()), node.tokenId]),
        acts: [...openingActs(nodes), given(getAddress(to.trim()))],
        before: () => [
          [t("task.receiver"), shortened(getAddress(to.trim()))],
          [t("task.goesAlong"), amountOf(claimableOf(partOf(node, part), now.value))],
          [t("task.futureGoes"), amountOf(outstandingOf(partOf(node, part)))],
        ],
      }
    : null;
  return (
    <Action plan={plan} confirm={t("node.give")}>
      <Field label={t("task.to")} hint={t("task.toHint")}>
        <input value={to} onInput={(event) => setTo(event.currentTarget.value)} autocomplete="off" spellcheck={false} placeholder="0x…" />
      </Field>
      {isVault(owner) && (
        <Field label={t("task.givePart")} hint={t("task.givePartHint", { amount: fec(node.principal) })}>
          <input value={text} onInput={(event) => setText(event.currentTarget.value)} inputMode="decimal" autocomplete="off" />
        </Field>
      )}
      {to.trim() !== "" && !known && <Notice tone="warn">{t("task.badAddress")}</Notice>}
      {!fits && <Notice tone="warn">{t("vault.badPart", { least: fec(LEAST_PART), most: fec(node.principal) })}</Notice>}
      <p class="fine">{t("task.giveWarning")}</p>
      <Opens nodes={nodes} />
    </Action>
  );
}

function Split({ nodes }: TaskProps) {
  const [text, setText] = useState("");
  const node = only(nodes);
  const part = parseFec(text);
  const plan: Plan | null =
    part === null || part === 0n
      ? null
      : {
          first: opening(nodes),
          call: callOf(adnContract(), "split", [node.tokenId, [part]]),
          acts: [...openingActs(nodes), acts.split(node.tokenId, [part])],
          before: () => [
            [t("task.newNode"), t("task.principalAndFace", { principal: amountOf(part), face: amountOf(face(part)) })],
            [
              t("task.stays", { node: nodeName(node.tokenId) }),
              t("task.principalAndFace", {
                principal: amountOf(node.principal - part),
                face: amountOf(face(node.principal - part)),
              }),
            ],
          ],
        };
  return (
    <Action plan={plan} confirm={t("node.split")}>
      <Field label={t("task.part")} hint={t("task.partHint", { amount: fec(node.principal) })}>
        <input value={text} onInput={(event) => setText(event.currentTarget.value)} inputMode="decimal" autocomplete="off" />
      </Field>
      <p class="fine">{t("task.splitFine")}</p>
      <Opens nodes={nodes} />
    </Action>
  );
}

function Merge({ nodes }: TaskProps) {
  const first = only(nodes);
  const alike = nodes.every((node) => classOf(node) === classOf(first));
  const principal = sum(nodes.map((node) => node.principal));
  const before = (): Line[] => [
    [t("task.mergedInto"), `ADN ${nodeName(first.tokenId)}`],
    [t("task.gone"), nodes.slice(1).map((node) => `ADN ${nodeName(node.tokenId)}`).join(", ")],
    [t("task.result"), t("task.principalAndFace", { principal: amountOf(principal), face: amountOf(face(principal)) })],
    [t("task.claimableStays"), amountOf(sum(nodes.map((node) => claimableOf(node, now.value))))],
  ];
  if (!alike) return <Notice tone="warn">{t("task.unlike")}</Notice>;
  const ids = nodes.map((node) => node.tokenId);
  const call = callOf(adnContract(), "merge", [ids]);
  const merging = [...openingActs(nodes), acts.merge(ids)];
  return (
    <Action plan={{ first: opening(nodes), call, acts: merging, before }} confirm={t("node.merge")}>
      <p class="fine">{t("task.mergeFine")}</p>
      <Opens nodes={nodes} />
    </Action>
  );
}

function Allow({ nodes, owner }: TaskProps) {
  const [app, setApp] = useState("");
  const node = only(nodes);
  const known = isAddress(app.trim()) && getAddress(app.trim()) !== owner;
  const plan: Plan | null = known
    ? {
        first: opening(nodes),
        call: callOf(adnContract(), "setClaimApproval", [getAddress(app.trim()), true, node.tokenId]),
        acts: [...openingActs(nodes), acts.approveClaimer(getAddress(app.trim()), true, node.tokenId)],
        before: () => [
          [t("task.mayClaim"), shortened(getAddress(app.trim()))],
          [t("task.mayTakeNow"), amountOf(claimableOf(node, now.value))],
          [t("task.mayTakeLater"), amountOf(outstandingOf(node))],
        ],
      }
    : null;
  return (
    <Action plan={plan} confirm={t("node.allow")}>
      <Field label={t("task.app")} hint={t("task.appHint")}>
        <input value={app} onInput={(event) => setApp(event.currentTarget.value)} autocomplete="off" spellcheck={false} placeholder="0x…" />
      </Field>
      <Opens nodes={nodes} />
    </Action>
  );
}
