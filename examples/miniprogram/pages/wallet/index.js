/** What the shopper has; scans the till's QR code. */
const languageOf = require("../../language");
const shop = require("../../shop");

Page({
  data: { shop, language: "en" },
  onLoad() {
    this.setData({ language: languageOf() });
  },
  onScan() {
    wx.scanCode({ success: ({ result }) => wx.navigateTo({ url: `/pages/pay/index?link=${encodeURIComponent(result)}` }) });
  },
});
