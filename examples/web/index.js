/** Both components: a brand's app bundles this file, or imports the one that it needs. */
export { FecPay } from "./fec-pay.js";
export { FecWallet } from "./fec-wallet.js";
