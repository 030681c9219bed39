/**
 * Pays an invoice: `<fec-pay config="https://shop.example/config.json" link="…"></fec-pay>`. `link` is what the shop's QR code
 * holds; `language` is one of en, zh-Hans, zh-Hant and ms, the browser's wish otherwise; `expected` is the shopper's account,
 * if the brand knows it: a browser whose data was cleared then says so. Dispatches `fec-paid` once the order is paid. The key is in this
 * site's encrypted storage alone and is lost with it, which the component says before the first payment.
 */
import { PayModel } from "@fec/sdk";
import { FecElement } from "./element.js";

export class FecPay extends FecElement {
  model(options) {
    const paid = ({ order }) => this.dispatchEvent(new CustomEvent("fec-paid", { bubbles: true, detail: { payer: order.payer } }));
    return new PayModel({ ...options, link: this.getAttribute("link") ?? "", paid });
  }
}

customElements.define("fec-pay", FecPay);
