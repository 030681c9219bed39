/**
 * Shows what the key of this app holds: `<fec-wallet shop="{{shop}}" language="zh-Hans" />`. `shop` is what `config.json`
 * of its pages says; `expected` is the shopper's account, if the shop knows it.
 */
const { WalletModel, wxEngine } = require("@fec/sdk");

Component({
  properties: { shop: Object, language: String, expected: String },
  data: { view: null },
  observers: {
    "shop, language, expected"(shop, language, expected) {
      if (!shop || !shop.rpc) return;
      const engine = wxEngine(wx, setTimeout);
      const model = new WalletModel({ shop, engine, language: language || "en", expected, show: (view) => this.draw(model, view) });
      this.model = model;
      model.start();
    },
  },
  methods: {
    draw(model, view) {
      if (model === this.model) this.setData({ view });
    },
    onAct({ detail }) {
      this.model.act(detail.act, detail.typed);
    },
  },
});
