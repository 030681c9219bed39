/** Opens from the shop's QR code, whose link is the page's option `link`. */
const languageOf = require("../../language");
const shop = require("../../shop");

Page({
  data: { link: "", shop, language: "en" },
  onLoad({ link = "" }) {
    this.setData({ link: decodeURIComponent(link), language: languageOf() });
  },
});
