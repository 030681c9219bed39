/** What the vault holds that the app's key opens, and what can be done with it, in a component. */
import { exactFec, fec, parseFec } from "../amounts";
import { escrowedOf } from "../escrowed";
import { claimFreely, freelyClaimable } from "../free";
import type { PendingSales } from "../generated/api";
import { FecError } from "../failure";
import { ADDRESS_ZERO, addressOf, isAddress, type Address } from "../hex";
import type { Key } from "../i18n/en";
import { date } from "../i18n/places";
import { claimableOf, LEAST_PART, makeNode, nodeName, sum, type Node } from "../nodes";
import { tokenIdAt } from "../settlements";
import { acts, withdrawAll, type Act } from "../vaults";
import { Model, type Fact, type Field, type Notice, type Press, type Typed, type View } from "./view";

/** Nodes that leave by one instruction, which has at most 32 acts: each may have to be opened first. */
const MOST_NODES = 25;

export class WalletModel extends Model {
  /** What the vault has. */
  private nodes: Node[] = [];
  /** Nodes that the service can claim from now, and what they pay. */
  private due: Node[] = [];
  private dueAmount = 0n;

  async start(): Promise<void> {
    try {
      this.show({ title: this.title(), busy: this.say("wallet.reading") });
      const signer = await this.keys.signer();
      const urging = await this.urging();
      const held = signer ? await this.held(signer.actor.vault) : { facts: [], notices: [] };
      const more = urging ?? this.ready();
      const notices = [...held.notices, ...(more.notices ?? []), this.notice("plain", "footer.honest")];
      this.show({ title: this.title(), facts: held.facts, ...more, notices });
    } catch (error) {
      await this.failed(error, { title: this.title() });
    }
  }

  protected title(): string {
    return this.say("wallet.title");
  }

  protected waiting(press: Press): Key {
    return press === "again" || press === "make" ? "wallet.reading" : "vault.busy";
  }

  protected async other(press: Press, typed: Typed): Promise<void> {
    const signer = await this.keys.signer();
    if (!signer) return;
    const { vault } = signer.actor;
    if (press === "claim") return claimFreely(this.service, this.options.engine.sleep, vault, this.due);
    const to = (typed.to ?? "").trim();
    if (!isAddress(to) || addressOf(to) === vault) throw new FecError("task.badAddress");
    if (press === "give") await this.vaults.act(signer, this.giving(addressOf(to), parseFec(typed.part ?? "") ?? 0n), this.program());
    if (press === "leave") for (const batch of this.leaving(addressOf(to))) await this.vaults.act(signer, batch, this.program());
  }

  /** A part of the smallest node that has so much; all of it, if it has just that. */
  private giving(to: Address, part: bigint): Act[] {
    const large = this.nodes.filter((node) => node.principal >= part).sort((a, b) => (a.principal < b.principal ? -1 : 1));
    const node = large.find(({ principal }) => principal === part || principal - part >= LEAST_PART);
    if (!node || part < LEAST_PART) {
      const most = this.nodes.reduce((found, { principal }) => (principal > found ? principal : found), 0n);
      throw new FecError("vault.badPart", { least: exactFec(LEAST_PART), most: exactFec(most) });
    }
    const given = node.principal === part ? acts.withdraw(to, [node.tokenId]) : acts.withdrawPart(node.tokenId, part, to);
    return [...opening([node]), given];
  }

  /** Everything, in as few instructions as hold it; the coins go with the last one, as claims come in with each. */
  private leaving(to: Address): Act[][] {
    const batches = [];
    for (let at = 0; at === 0 || at < this.nodes.length; at += MOST_NODES) {
      const batch = this.nodes.slice(at, at + MOST_NODES);
      const ids = batch.map(({ tokenId }) => tokenId);
      const last = at + MOST_NODES >= this.nodes.length;
      const leave = last ? withdrawAll(to, ids) : [acts.claim(ids), acts.withdraw(to, ids)];
      batches.push([...opening(batch), ...leave]);
    }
    return batches;
  }

  private ready(): Partial<View> {
    const owed = this.due.length ? [this.button("claim", "wallet.claimFree", true, { amount: fec(this.dueAmount) })] : [];
    const fields: Field[] = [{ name: "to", label: this.say("task.to") }];
    const gifts = this.nodes.length ? [this.button("give", "vault.give", false)] : [];
    if (gifts.length) fields.push({ name: "part", label: this.say("vault.part") });
    return { fields, buttons: [...owed, this.button("again", "pay.lookAgain", false), ...gifts, this.button("leave", "vault.leave", false)] };
  }

  private async held(owner: Address): Promise<{ facts: Fact[]; notices: Notice[] }> {
    const block = await this.reader.block();
    const [balance, ids, unopened, escrowed, pending] = await Promise.all([
      this.reader.balanceOf(owner, block.number),
      this.reader.ownedIds(owner, block.number),
      this.reader.unopenedOf(owner, block.number),
      escrowedOf(this.reader, owner, block.number),
      this.pending(owner),
    ]);
    const settled = unopened.leaves.map((leaf) => ({ ...makeNode(tokenIdAt(leaf.settlementId, leaf.index, leaf.principal), leaf.principal, 0n), leaf }));
    const nodes: Node[] = [...(await this.reader.nodesOf(ids, block.number)), ...settled];
    this.nodes = nodes;
    const claimable = (node: Node) => claimableOf(node, block.timestamp);
    this.due = freelyClaimable(nodes.filter((node) => claimable(node) > 0n), this.options.shop.names ?? {});
    this.dueAmount = sum(this.due.map(claimable));
    const coins = (wei: bigint) => `${exactFec(wei)} FEC`;
    const facts: Fact[] = [
      { label: this.say("wallet.address"), value: owner },
      { label: this.say("wallet.balance"), value: coins(balance) },
      { label: this.say("wallet.claimable"), value: coins(sum(nodes.map(claimable))) },
      ...nodes.map((node) => ({
        label: `ADN ${nodeName(node.tokenId)} · ${this.shopName(node.programId)}`,
        value: `${this.say("node.principal")}: ${coins(node.principal)}; ${this.say("wallet.claimable")}: ${coins(claimable(node))}`,
      })),
      ...escrowed.map((order) => ({
        label: `${this.say("pending.escrowTitle")} · ${this.shopName(order.programId)}`,
        value: `${coins(order.principal)}. ${this.say("pending.nodeAfter", { date: date(order.returnDeadline) })}`,
      })),
      ...pending.items.map((sale) => ({
        label: `${this.say("pending.title")} · ${this.shopName(sale.programId)}`,
        value: `${coins(parseFec(sale.expected) ?? 0n)}. ${this.say("pending.when", { sold: date(sale.soldAt), settles: date(sale.settlesAt) })}`,
      })),
    ];
    const notices = [];
    if (!nodes.length) notices.push(this.notice("plain", "wallet.noNodes"));
    if (unopened.others) notices.push(this.notice("plain", "wallet.others", { count: unopened.others }));
    return { facts, notices };
  }

  /** Promises of shops. The service alone knows them; without it, the chain is enough for all else. */
  private async pending(owner: Address): Promise<PendingSales> {
    const nothing: PendingSales = { items: [], sentence: "" };
    if (!this.options.shop.service || owner === ADDRESS_ZERO) return nothing;
    return this.service.call<PendingSales>("GET", `/v1/accounts/${owner}/pending-sales`).catch(() => nothing);
  }
}

/** Settled nodes are opened before anything else can be done with them. */
const opening = (nodes: readonly Node[]): Act[] => nodes.flatMap(({ leaf }) => (leaf ? [acts.open(leaf)] : []));
