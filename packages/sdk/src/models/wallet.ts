/** What the app's key holds, in a component. */
import { exactFec, fec, parseFec } from "../amounts";
import { claimFreely, freelyClaimable } from "../free";
import type { PendingSales } from "../generated/api";
import { ADDRESS_ZERO, type Address } from "../hex";
import type { Key } from "../i18n/en";
import { date } from "../i18n/places";
import { claimableOf, makeNode, nodeName, sum, type Node } from "../nodes";
import { tokenIdAt } from "../settlements";
import { Model, type Act, type Fact, type Notice } from "./view";

export class WalletModel extends Model {
  private shownCode = false;
  /** Nodes that the service can claim from now. */
  private due: Node[] = [];
  private dueAmount = 0n;

  async start(): Promise<void> {
    try {
      this.show({ title: this.title(), busy: this.say("wallet.reading") });
      const account = await this.keys.account();
      const urging = await this.urging();
      const held = account ? await this.held(account.address) : { facts: [], notices: [] };
      const code = this.shownCode ? { code: await this.keys.code(), notices: [this.notice("warn", "key.codeWhy")] } : {};
      const owed = this.due.length ? [this.button("claim", "wallet.claimFree", true, { amount: fec(this.dueAmount) })] : [];
      const more = urging ?? { ...code, buttons: [...owed, this.button("again", "pay.lookAgain", false), this.button("code", "key.code", false)] };
      this.show({
        title: this.title(),
        facts: held.facts,
        ...more,
        notices: [...held.notices, ...(more.notices ?? []), this.notice("plain", "footer.honest")],
      });
    } catch (error) {
      await this.failed(error, { title: this.title() });
    }
  }

  protected title(): string {
    return this.say("wallet.title");
  }

  protected waiting(): Key {
    return "wallet.reading";
  }

  protected async other(act: Act): Promise<void> {
    if (act === "code") this.shownCode = !this.shownCode;
    const account = await this.keys.account();
    if (act === "claim" && account) await claimFreely(this.service, this.options.engine.sleep, account.address, this.due);
  }

  private async held(owner: Address): Promise<{ facts: Fact[]; notices: Notice[] }> {
    const block = await this.reader.block();
    const [balance, ids, unopened, pending] = await Promise.all([
      this.reader.balanceOf(owner, block.number),
      this.reader.ownedIds(owner, block.number),
      this.reader.unopenedOf(owner, block.number),
      this.pending(owner),
    ]);
    const settled = unopened.leaves.map((leaf) => ({ ...makeNode(tokenIdAt(leaf.settlementId, leaf.index, leaf.principal), leaf.principal, 0n), leaf }));
    const nodes: Node[] = [...(await this.reader.nodesOf(ids, block.number)), ...settled];
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
