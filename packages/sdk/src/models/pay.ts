/** Paying an invoice of the shop, in a component. */
import { exactFec, fec } from "../amounts";
import { ORDER } from "../escrowed";
import type { Key } from "../i18n/en";
import { date } from "../i18n/places";
import { nodeName } from "../nodes";
import type { Checked, Outcome } from "../payments";
import { Model, type Fact, type ModelOptions, type Press, type View } from "./view";

export interface PayOptions extends ModelOptions {
  /** The link of the shop's QR code. */
  link: string;
  /** Called once the order is paid by this account. */
  paid?(outcome: Outcome): void;
}

const WAITING: Partial<Record<Press, Key>> = { pay: "pay.sent", kept: "vault.busy", restore: "vault.busy" };

export class PayModel extends Model {
  constructor(protected override readonly options: PayOptions) {
    super(options);
  }

  async start(): Promise<void> {
    try {
      this.show({ title: this.title(), busy: this.say("pay.checking") });
      const account = (await this.keys.signer())?.actor.vault;
      // What was being paid when the app ended is found out first.
      await this.payments.resume();
      const checked = await this.payments.check(this.options.link, account);
      if (checked.order.status !== ORDER.unpaid) return await this.done({ order: checked.order, mine: checked.order.payer === account }, checked);
      const view = this.asked(checked);
      const urging = await this.urging();
      this.show({ ...view, ...(urging ?? this.ready(checked)), notices: [...(urging?.notices ?? []), ...(view.notices ?? [])] });
    } catch (error) {
      await this.failed(error, { title: this.title() });
    }
  }

  protected title(): string {
    return this.say("pay.title");
  }

  protected waiting(press: Press): Key {
    return WAITING[press] ?? "pay.checking";
  }

  protected async other(press: Press): Promise<void> {
    const signer = await this.keys.signer();
    if (press !== "pay" || !signer) return;
    const outcome = await this.payments.pay(this.options.link, this.vaults.payer(signer));
    if (outcome.mine) this.options.paid?.(outcome);
  }

  private ready(checked: Checked): Partial<View> {
    return { buttons: [this.button("pay", "pay.signNow", true, { amount: fec(checked.invoice.amount) })] };
  }

  private asked({ invoice, quote }: Checked): Partial<View> {
    const facts: Fact[] = [
      { label: this.say("pay.youPay"), value: `${exactFec(invoice.amount)} FEC` },
      { label: this.say("pay.order"), value: invoice.orderId },
      { label: this.say("pay.toShop"), value: `${exactFec(quote.toMerchant)} FEC` },
      { label: this.say("pay.burned"), value: `${exactFec(quote.principal)} FEC` },
      { label: this.say("pay.firstCoins"), value: date(Number(quote.firstRelease)) },
      { label: this.say("pay.lastCoins"), value: date(Number(quote.lastRelease)) },
      { label: this.say("pay.expiry"), value: date(invoice.expiry) },
    ];
    const notices = [
      this.notice("plain", "pay.nodeTitle", { face: fec(quote.face) }),
      this.notice("plain", "pay.gaslessWhy"),
      this.notice("plain", "footer.honest"),
    ];
    return { title: this.say("pay.asks", { shop: this.shopName(invoice.programId) }), facts, notices };
  }

  /** The receipt: what was paid, burned, and when the node comes. */
  private async done({ order, mine }: Outcome, { invoice }: Checked): Promise<void> {
    const capture = await this.payments.captureOf(invoice);
    const facts = [{ label: this.say("pay.youPay"), value: `${exactFec(invoice.amount)} FEC` }];
    facts.push({ label: this.say("pay.order"), value: invoice.orderId });
    if (capture) facts.push({ label: this.say("pay.burned"), value: `${exactFec(capture.burned)} FEC` });
    const when =
      order.status === ORDER.escrowed
        ? this.notice("plain", "paid.escrowed", { date: date(Number(order.returnDeadline)) })
        : order.status === ORDER.refunded
          ? this.notice("plain", "paid.refunded")
          : this.notice("plain", "paid.final", { date: date(Number(order.paidAt)) });
    const node = capture?.tokenId ? [this.notice("good", "paid.node", { node: nodeName(capture.tokenId) })] : [];
    this.show({ title: this.say(mine ? "paid.thanks" : "paid.already"), facts, notices: [when, ...node, this.notice("plain", "footer.honest")] });
  }
}
