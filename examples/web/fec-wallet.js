/** Shows what the key of this site holds: `<fec-wallet config="https://shop.example/config.json"></fec-wallet>`; attributes as of fec-pay. */
import { WalletModel } from "@fec/sdk";
import { FecElement } from "./element.js";

export class FecWallet extends FecElement {
  model(options) {
    return new WalletModel(options);
  }
}

customElements.define("fec-wallet", FecWallet);
