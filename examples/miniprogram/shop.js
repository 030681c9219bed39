/** Where the shop is: what `config.json` of its pages says. The addresses have to be listed in the mini-program's settings. */
module.exports = {
  chainId: 31337,
  rpc: "http://localhost:8545",
  service: "http://localhost:8000",
  firstBlock: 0,
  contracts: {
    FEC: "0x0000000000000000000000000000000000000000",
    ADN: "0x0000000000000000000000000000000000000000",
    Checkout: "0x0000000000000000000000000000000000000000",
    Custodian: "0x0000000000000000000000000000000000000000",
    MemberVault: "0x0000000000000000000000000000000000000000",
  },
  /** Merchants by program: the first one pays for gas. */
  names: { 2: "Corner café" },
};
