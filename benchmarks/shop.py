"""A merchant who sells through Checkout, for scenes: a program with terms, and orders paid, each of them new."""

from __future__ import annotations

from collections.abc import Sequence

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from web3 import Web3

from benchmarks.lab import GENESIS, PERIOD, Call, Lab
from fec.client.orders import CHECKOUT_NAME, COUPON_NAME
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY, HOUR
from fec.protocol import signing
from fec.protocol.orders import Invoice, Order
from fec.protocol.signing import Domain

AMOUNT = 100 * FEC  # of each order
ALLOWANCE = 1_000_000 * FEC  # never used up
QUOTA = 1_000_000 * FEC
TOP_TIER = 10_000  # FEC of spend from which it applies
RETURN_WINDOW = 14 * DAY  # seconds
TIERS = ((0, 1_000), (1_000, 1_500), (TOP_TIER, 2_000))  # FEC of spend, basis points
DONATION_BPS = 200
MIN_CLAIM = FEC


class Shop:
    """A program of a merchant's, with three tiers and two causes, whose nodes Checkout mints."""

    def __init__(self, lab: Lab, *, return_window: int = 0) -> None:
        """Has the program admitted and sets its first terms. `return_window` is in seconds."""
        self.lab = lab
        self.key: LocalAccount = Account.from_key(Web3.keccak(text="the shop's signer"))
        lab.endow(self.key.address)
        self.program_id = admit(lab)
        self.orders = 0
        self.causes = (lab.bob, lab.carol)
        self.return_window = return_window
        self.domain = Domain(CHECKOUT_NAME, lab.web3.eth.chain_id, lab.contracts["Checkout"].address)
        self.coupon_domain = Domain(COUPON_NAME, lab.web3.eth.chain_id, lab.contracts["FEC"].address)
        lab.send(self.set_terms())

    def set_terms(self) -> Call:
        """The terms, by the operator."""
        treasury = self.lab.merchant
        terms = (self.key.address, treasury, self.return_window, DONATION_BPS, MIN_CLAIM, TIERS, self.causes)
        return self.lab.checkout("setTerms", (self.program_id, terms), self.lab.merchant)

    def order(self, customer: str, amount: int = AMOUNT, cause: str | None = None) -> Order:
        """A new order, signed by the program's signer; its node is to be at least what the lowest tier gives."""
        self.orders += 1
        invoice = Invoice(
            program_id=self.program_id,
            order_id=f"A-{1000 + self.orders}",
            amount=amount,
            currency_reference=f"USD {amount // (100 * FEC)}.00",
            expiry=self.lab.clock + HOUR,
        )
        signature = signing.invoice_message(self.domain, invoice).sign(self.key)
        return Order(invoice, signature, customer, min_principal=amount // 10, cause=cause)

    def pay(self, payer: ChecksumAddress, order: Order) -> Call:
        """Payment out of an allowance."""
        return self.lab.checkout("pay", (order.fields,), payer)

    def buy(self, shopper: ChecksumAddress, amount: int = AMOUNT) -> Order:
        """Has a shopper pay a new order, for themselves."""
        order = self.order(shopper, amount)
        self.lab.send(self.pay(shopper, order))
        return order

    def capture(self, orders: Sequence[Order]) -> Call:
        """By a third party, once the last order's return window has passed."""
        self.lab.clock += self.return_window
        return self.lab.checkout("capture", ([order.key for order in orders],), self.lab.carol)


def admit(lab: Lab) -> int:
    """Admits a program of the merchant's whose issuer is Checkout; returns its number."""
    args = (lab.merchant, lab.contracts["Checkout"].address, PERIOD, GENESIS, QUOTA)
    lab.send(lab.adn("createProgram", args, lab.owner))
    count: int = lab.contracts["ADN"].functions.programCount().call()
    return count


def allow(lab: Lab, *payers: ChecksumAddress) -> None:
    """Lets Checkout take more of the payers' FEC than it ever does."""
    for payer in payers:
        lab.send(lab.fec("approve", (lab.contracts["Checkout"].address, ALLOWANCE), payer))
