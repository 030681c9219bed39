/** The language of the phone, if it is one of the four. */
const { languageFor } = require("@fec/sdk");

module.exports = () => languageFor(wx.getAppBaseInfo().language) || "en";
