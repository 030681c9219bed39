"""Pays with a real Safe, a real EIP-7702 account and a real ERC-4337 account, by what docs/howto/wallets.md shows.

    python -m tests.zoo.wallets FOLDER

FOLDER has the packages that the page names, as `npm pack` gives them: they are no dependencies of this project.
"""

from __future__ import annotations

import json
import re
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3.contract.contract import Contract
from web3.logs import DISCARD

from fec.chain.anvil import Anvil
from fec.chain.deploy import deploy
from fec.client.client import Client
from fec.client.errors import CustomerRefusesNodes
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY, WEEK
from fec.i18n.errors import ContractError
from fec.protocol.addresses import ADDRESS_ZERO
from fec.protocol.orders import Invoice, Order, Paid
from fec.protocol.terms import Terms
from tests.zoo.nodes import ROOT

PAGE = ROOT / "docs" / "howto" / "wallets.md"
_BLOCK = re.compile(r"^## (.+?)$|```python\n(.*?)```", re.DOTALL | re.MULTILINE)


def blocks() -> dict[str, str]:
    """The page's Python, by heading."""
    found: dict[str, str] = {}
    heading = ""
    for title, block in _BLOCK.findall(PAGE.read_text()):
        heading = title or heading
        if block:
            found[heading] = found.get(heading, "") + block
    return found


def run(heading: str, **given: Any) -> dict[str, Any]:
    """Runs what the page shows below a heading, with what it says is given; gives all names that it has then."""
    names = dict(given)
    exec(compile(blocks()[heading], f"{PAGE.name}: {heading}", "exec"), names)  # noqa: S102 (our own page)
    return names


@dataclass
class Seller:
    """A shop on a chain, whose nodes exist at once."""

    anvil: Anvil
    owner: Client
    signer: LocalAccount
    program_id: int
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @classmethod
    def opened(cls, anvil: Anvil) -> Seller:
        """On a chain that has no contracts yet."""
        owner = Client(anvil.web3, deploy(anvil.web3, anvil.accounts[0]), anvil.accounts[0])
        operator, signer = anvil.accounts[3], anvil.accounts[4]
        monday = 2_922 * WEEK + 345_600
        made = owner.programs.create(
            operator.address, issuer=owner.orders.address, period_length=WEEK, origin=monday, quota=10**6 * FEC
        )
        owner.signed_by(operator).terms.set(made.program_id, Terms(signer.address, anvil.accounts[6].address))
        return cls(anvil, owner, signer, made.program_id)

    @property
    def relayer(self) -> LocalAccount:
        """Pays for gas."""
        return self.anvil.accounts[7]

    @property
    def client(self) -> Client:
        """The relayer's."""
        return self.owner.signed_by(self.relayer)

    def order(self, customer: str) -> Order:
        """For 100 FEC."""
        invoice = Invoice(self.program_id, f"A-{next(self.numbers)}", 100 * FEC, "", self.owner.now() + DAY)
        return Order(invoice, self.owner.orders.sign(invoice, self.signer), customer)

    def holds(self, customer: str, paid: Paid) -> bool:
        """Whether a customer has the node of what was paid."""
        return paid.capture is not None and self.owner.nodes.get(paid.capture.token_id or 0).owner == customer

    def place(self, artifact: Path, *arguments: Any) -> Contract:
        """Deploys a contract of others."""
        web3, compiled = self.anvil.web3, json.loads(artifact.read_text())
        factory = web3.eth.contract(abi=compiled["abi"], bytecode=compiled["bytecode"])
        sent = factory.constructor(*arguments).transact({"from": self.relayer.address})
        return web3.eth.contract(web3.eth.wait_for_transaction_receipt(sent)["contractAddress"], abi=compiled["abi"])

    def send(self, call: Any, **options: Any) -> Any:
        """The receipt of somebody's transaction."""
        sent = call.transact({"from": self.relayer.address, **options})
        return self.anvil.web3.eth.wait_for_transaction_receipt(sent)


def safes(seller: Seller, folder: Path) -> Iterator[str]:
    """A Safe of two owners that sign, or approve on the chain; one without fallback handler."""
    artifacts = folder / "build" / "artifacts" / "contracts"

    def place(name: str) -> Contract:
        return seller.place(next(artifacts.rglob(f"{name}.json")))

    singleton, factory, handler = map(place, ("Safe", "SafeProxyFactory", "CompatibilityFallbackHandler"))
    library = place("SignMessageLib")
    keys = sorted((Account.create() for _ in range(2)), key=lambda key: int(key.address, 16))

    def made(number: int, fallback: str) -> Contract:
        owners = [key.address for key in keys]
        setup = singleton.encode_abi("setup", [owners, 2, ADDRESS_ZERO, b"", fallback, ADDRESS_ZERO, 0, ADDRESS_ZERO])
        receipt = seller.send(factory.functions.createProxyWithNonce(singleton.address, setup, number))
        (event,) = factory.events.ProxyCreation().process_receipt(receipt, errors=DISCARD)
        seller.owner.transfer(event["args"]["proxy"], 1_000 * FEC)
        return seller.anvil.web3.eth.contract(event["args"]["proxy"], abi=singleton.abi)

    safe = made(1, handler.address)
    order = seller.order(safe.address)
    paid = run("A Safe", client=seller.client, order=order, safe=safe.address, owners=keys)["paid"]
    assert seller.holds(safe.address, paid)
    yield f"Safe {safe.functions.VERSION().call()}, 2 of 2 owners sign: {paid.receipt.gas_used:,} gas"

    order = seller.order(safe.address)
    expiry = order.invoice.expiry + 1
    approved = seller.client.orders.authorization_message(order, safe.address, 0, expiry).hash
    data = library.encode_abi("signMessage", [approved])
    # Delegated, without refund of gas.
    terms = (library.address, 0, data, 1, 0, 0, 0, ADDRESS_ZERO, ADDRESS_ZERO)
    to_sign = safe.functions.getTransactionHash(*terms, safe.functions.nonce().call()).call()
    signed = b"".join(Account.unsafe_sign_hash(to_sign, key.key).signature for key in keys)
    seller.send(safe.functions.execTransaction(*terms, signed))
    empty = seller.client.orders.authorize(order, keys[0], payer=safe.address)
    paid = seller.client.orders.pay_with_authorization(order, type(empty)(safe.address, 0, expiry, "0x"))
    assert seller.holds(safe.address, paid)
    yield f"Safe that approved on chain: {paid.receipt.gas_used:,} gas"

    yield f"Safe without fallback handler: {refusal(seller, made(2, ADDRESS_ZERO).address)}"


def refusal(seller: Seller, customer: str) -> str:
    """What the quote says of a customer that takes no nodes."""
    try:
        seller.owner.orders.quote(seller.program_id, 100 * FEC, customer)
    except CustomerRefusesNodes as error:
        return str(error)
    raise AssertionError("it was given a quote")


def delegated(seller: Seller, folder: Path) -> Iterator[str]:
    """An EIP-7702 account."""
    artifacts = folder / "artifacts"
    wallet = seller.place(artifacts / "Simple7702Account.json")
    shopper = Account.create()
    seller.owner.transfer(shopper.address, 1_000 * FEC)
    order = seller.order(shopper.address)
    given = {"client": seller.client, "order": order, "shopper": shopper, "relayer": seller.relayer}
    paid = run("An EIP-7702 account", **given, wallet=wallet.address)["paid"]
    assert seller.anvil.web3.eth.get_code(shopper.address).to_0x_hex() == "0xef0100" + wallet.address[2:].lower()
    assert seller.holds(shopper.address, paid)
    yield f"EIP-7702 account, its key signs: {paid.receipt.gas_used:,} gas"


def operated(seller: Seller, folder: Path) -> Iterator[str]:
    """An ERC-4337 account."""
    artifacts = folder / "artifacts"
    entry_point = seller.place(artifacts / "EntryPoint.json")
    factory = seller.place(artifacts / "SimpleAccountFactory.json", entry_point.address)
    key, web3 = Account.create(), seller.anvil.web3
    address = factory.functions.getAddress(key.address, 0).call()
    seller.owner.transfer(address, 1_000 * FEC)
    web3.eth.send_transaction({"from": seller.relayer.address, "to": address, "value": 10**18})
    made = run("An ERC-4337 account", client=seller.client, order=seller.order(address))
    account = web3.eth.contract(address, abi=json.loads((artifacts / "SimpleAccount.json").read_text())["abi"])
    creation = factory.address + factory.encode_abi("createAccount", [key.address, 0])[2:]
    execution = account.encode_abi("execute", [made["target"], 0, made["data"]])
    limits, fees = (high.to_bytes(16) + low.to_bytes(16) for high, low in ((10**6, 10**6), (10**9, 10**10)))
    operation = [address, 0, creation, execution, limits, 10**5, fees, b"", b""]
    operation[8] = Account.unsafe_sign_hash(entry_point.functions.getUserOpHash(operation).call(), key.key).signature
    receipt = seller.send(entry_point.functions.handleOps([operation], seller.relayer.address), gas=5_000_000)
    (event,) = entry_point.events.UserOperationEvent().process_receipt(receipt, errors=DISCARD)
    assert event["args"]["success"]
    assert [node.principal for node in seller.owner.nodes.owned_by(address)] == [10 * FEC]
    yield f"ERC-4337 user operation that makes the account and pays: {receipt['gasUsed']:,} gas"

    order = seller.order(address)
    try:
        seller.client.orders.pay_with_authorization(order, seller.client.orders.authorize(order, key, payer=address))
    except ContractError as error:
        yield f"ERC-4337 account that signs for a relayer: {error.name}"
    else:
        raise AssertionError("SimpleAccount answers ERC-1271 after all")


#: By package, as `npm pack` names its file: what is tried with it.
PACKAGES: dict[str, tuple[Callable[[Seller, Path], Iterator[str]], ...]] = {
    "safe-global-safe-contracts-*.tgz": (safes,),
    "account-abstraction-contracts-*.tgz": (delegated, operated),
}


def main(folder: Path) -> None:
    """Tries all packages of a folder."""
    with Anvil() as anvil, tempfile.TemporaryDirectory() as unpacked:
        seller = Seller.opened(anvil)
        for pattern, acts in PACKAGES.items():
            (packed,) = folder.glob(pattern)
            place = Path(unpacked) / packed.stem
            with tarfile.open(packed) as archive:
                archive.extractall(place, filter="data")
            for act in acts:
                for line in act(seller, place / "package"):
                    sys.stdout.write(f"{packed.stem}: {line}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
