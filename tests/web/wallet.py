"""A wallet for the browser: announced as EIP-6963 has it, signing with a real key, sending to a real chain."""

import json
from typing import Any

from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from playwright.sync_api import BrowserContext

from fec.chain.anvil import Anvil

REJECTED = 4001
UNKNOWN_CHAIN = 4902
#: What wallets pass on to the chain, by how it begins.
READS = ("eth_get", "eth_call", "eth_blockNumber", "eth_estimateGas")

#: What a wallet extension puts into a page; asking goes to Python.
SCRIPT = """
(() => {
  const listeners = {};
  const emit = (name, value) => (listeners[name] ?? []).forEach((each) => each(value));
  const provider = {
    on: (name, listener) => void (listeners[name] ??= []).push(listener),
    removeListener: () => undefined,
    async request({ method, params }) {
      const answer = JSON.parse(await window.fecTestWallet(JSON.stringify({ method, params: params ?? [] })));
      for (const [name, value] of answer.events ?? []) emit(name, value);
      if (answer.error) throw Object.assign(new Error(answer.error.message), answer.error);
      return answer.result;
    },
  };
  const icon = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>";
  const info = { uuid: "b2b0a7f0-0000-4000-8000-000000000001", name: "Test wallet", icon, rdns: "example.wallet" };
  const detail = Object.freeze({ info, provider });
  const announce = () => window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  window.addEventListener("eip6963:requestProvider", announce);
  announce();
})();
"""


class Declined(Exception):
    """What the wallet answers instead of a result."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Wallet:
    """One person's wallet. `declines` has them refuse what needs their consent."""

    def __init__(self, anvil: Anvil, key: LocalAccount) -> None:
        self.anvil = anvil
        self.key = key
        self.chain_id = anvil.web3.eth.chain_id
        self.known = {self.chain_id, 1}
        self.connected = False
        self.declines = False
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return self.key.address

    def install(self, context: BrowserContext) -> None:
        context.expose_function("fecTestWallet", self._answer)
        context.add_init_script(SCRIPT)

    def _answer(self, text: str) -> str:
        call = json.loads(text)
        events: list[tuple[str, Any]] = []
        before = self.chain_id
        self.asked.append(call["method"])
        try:
            answer: dict[str, Any] = {"result": self._do(call["method"], call["params"])}
        except Declined as error:
            answer = {"error": {"code": error.code, "message": str(error)}}
        if self.chain_id != before:
            events.append(("chainChanged", hex(self.chain_id)))
        return json.dumps({**answer, "events": events})

    def _do(self, method: str, params: list[Any]) -> Any:  # noqa: PLR0911 (one for each of a wallet's methods)
        match method:
            case "eth_accounts":
                return [self.address] if self.connected else []
            case "eth_chainId":
                return hex(self.chain_id)
            case "eth_requestAccounts":
                self._consent()
                self.connected = True
                return [self.address]
            case "wallet_addEthereumChain":
                self._consent()
                self.known.add(int(params[0]["chainId"], 16))
                return None
            case "wallet_switchEthereumChain":
                self._consent()
                wanted = int(params[0]["chainId"], 16)
                if wanted not in self.known:
                    raise Declined(UNKNOWN_CHAIN, "Unrecognized chain")
                self.chain_id = wanted
                return None
            case "personal_sign":
                self._consent()
                message = encode_defunct(hexstr=params[0])
                return self.key.sign_message(message).signature.to_0x_hex()
            case "eth_signTypedData_v4":
                self._consent()
                return self.key.sign_typed_data(full_message=json.loads(params[1])).signature.to_0x_hex()
            case "eth_sendTransaction":
                self._consent()
                return self._send(params[0])
            case _ if method.startswith(READS):
                return self.anvil.request(method, *params)
        raise Declined(4200, f"{method} is not for this wallet")

    def _consent(self) -> None:
        if self.declines:
            raise Declined(REJECTED, "User rejected the request.")

    def _send(self, call: dict[str, str]) -> str:
        eth = self.anvil.web3.eth
        transaction: Any = {
            "from": self.address,
            "to": to_checksum_address(call["to"]),
            "data": call["data"],
            "nonce": eth.get_transaction_count(self.address),
            "chainId": self.chain_id,
            "maxFeePerGas": 10**10,
            "maxPriorityFeePerGas": 10**9,
            "value": 0,
        }
        # A quarter more, as wallets do: what is true now may take more in the block to come.
        transaction["gas"] = eth.estimate_gas(transaction, "pending") * 5 // 4
        return eth.send_raw_transaction(self.key.sign_transaction(transaction).raw_transaction).to_0x_hex()
