/**
 * Pays an invoice: `<fec-pay link="{{link}}" shop="{{shop}}" language="zh-Hans" bind:paid="onPaid" />`.
 *
 * `link` is what the shop's QR code holds, `shop` is what `config.json` of its pages says. `expected` is the shopper's
 * account, if the shop knows it: an app whose storage was wiped then says so. The key is in this app's encrypted storage
 * alone and is lost with it, which the component says before the first payment.
 */
const { PayModel, wxEngine } = require("@fec/sdk");

Component({
  properties: { link: String, shop: Object, language: String, expected: String },
  data: { view: null },
  observers: {
    "link, shop, language, expected"(link, shop, language, expected) {
      if (!link || !shop || !shop.rpc) return;
      const engine = wxEngine(wx, setTimeout);
      const paid = ({ order }) => this.triggerEvent("paid", { payer: order.payer });
      const model = new PayModel({ shop, engine, link, language: language || "en", expected, paid, show: (view) => this.draw(model, view) });
      this.model = model;
      model.start();
    },
  },
  methods: {
    draw(model, view) {
      // What an earlier link is still being asked is not shown any more.
      if (model === this.model) this.setData({ view });
    },
    onAct({ detail }) {
      this.model.act(detail.act, detail.typed);
    },
  },
});
