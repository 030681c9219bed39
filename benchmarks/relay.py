"""Scenes of Relay: payments of many shoppers, each with a key of their own, in one transaction."""

from __future__ import annotations

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3

from benchmarks.checkout_floor import TERMS
from benchmarks.floor import (
    COLD_ACCOUNT,
    ECRECOVER,
    KECCAK,
    KECCAK_TWO_WORDS,
    KECCAK_WORD,
    WARM_ACCOUNT,
    Floor,
    Item,
    create_entry,
    event,
    read,
    read_entry,
    transaction,
    update,
    update_entry,
)
from benchmarks.lab import MOST_NODES, Call, Lab, Scenario, call_of
from benchmarks.shop import AMOUNT, Shop
from fec.chain.deploy import STEPS
from fec.protocol import calls, relays, signing
from fec.protocol.orders import Authorization
from fec.protocol.relays import RelayedCall

#: Gas that each payment may use.
PAYMENT_GAS = 250_000
#: Most gas of a payment, of so many in one transaction.
RETURNING, NEW = 128_000, 162_000


def deploy(lab: Lab, _: int) -> Call:
    """After Custodian."""
    return lab.deployment(next(step for step in STEPS if step.name == "Relay"))


class Street:
    """Shoppers who sign payments at one shop, and somebody who relays them."""

    def __init__(self, lab: Lab, count: int) -> None:
        """Gives each shopper FEC for two orders."""
        self.lab = lab
        self.shop = Shop(lab)
        self.keys: list[LocalAccount] = [Account.from_key(Web3.keccak(text=f"shopper {i}")) for i in range(count)]
        for key in self.keys:
            lab.send(lab.fec("transfer", (key.address, 3 * AMOUNT), lab.owner))

    def payment(self, key: LocalAccount) -> RelayedCall:
        """A new order of a shopper's, signed by both sides."""
        shop = self.shop
        order = shop.order(key.address)
        before = order.invoice.expiry + 1
        message = signing.authorization_message(
            shop.coupon_domain,
            payer=key.address,
            to=self.lab.contracts["Checkout"].address,
            value=AMOUNT,
            valid_after=0,
            valid_before=before,
            nonce=signing.order_message(shop.domain, order).hash,
        )
        authorization = Authorization(key.address, 0, before, message.sign(key))
        return RelayedCall(calls.pay_with_authorization(order, authorization), PAYMENT_GAS)

    def payments(self) -> Call:
        """A payment of each."""
        relayed = relays.relay([self.payment(key) for key in self.keys])
        return call_of("Relay", "relay", relayed.arguments, self.lab.carol)


def payments_of_returning(lab: Lab, count: int) -> Call:
    """Of shoppers who have paid here before and hold nodes."""
    street = Street(lab, count)
    lab.send(street.payments())
    return street.payments()


def payments_of_new(lab: Lab, count: int) -> Call:
    """Of shoppers who have neither."""
    return Street(lab, count).payments()


def _floor(data: bytes, payments: int, spend: Floor, nodes: Floor) -> Floor:
    hashes = KECCAK + KECCAK_WORD * 3
    return (
        *transaction(data),
        Item("Checkout: cold account", COLD_ACCOUNT),
        *read_entry("program state (version, alliance, reserved)"),
        *read_entry(TERMS, keys=2),
        *read("terms' second word (treasury, tiers)"),
        *create_entry("order", payments),
        *spend,
        Item("invoice: KECCAK256 of 6 words", KECCAK + 6 * KECCAK_WORD, payments),
        Item("order: KECCAK256 of 9 words", KECCAK + 9 * KECCAK_WORD, payments),
        Item("authorization: KECCAK256 of 7 words", KECCAK + 7 * KECCAK_WORD, payments),
        Item("each with its domain: KECCAK256 of 66 bytes", hashes, 3 * payments),
        Item("ECRECOVER: warm call", WARM_ACCOUNT, 2 * payments),
        Item("ECRECOVER", ECRECOVER, 2 * payments),
        Item("FEC: cold account", COLD_ACCOUNT),
        Item("authorization used: KECCAK256 of its payer's place", KECCAK_TWO_WORDS, payments),
        *create_entry("authorization used", payments),
        *event("AuthorizationUsed", 3, 0, payments),
        *update_entry("FEC balance of the payer", payments),
        *update_entry("FEC balance of the treasury"),
        *event("Transfer of FEC: to Checkout, to the treasury, burned", 3, 1, 3 * payments),
        *update("FEC supply"),
        Item("ADN: cold account", COLD_ACCOUNT),
        *update_entry("program"),
        *read("program's issuer"),
        *create_entry("node", payments),
        *nodes,
        *event("Transfer of the node", 4, 0, payments),
        Item("customer: cold EXTCODESIZE", COLD_ACCOUNT, payments),
        *event("OrderPaid", 4, 7, payments),
        *event("OrderCaptured", 3, 5, payments),
        Item("Relay calls Checkout, Checkout FEC twice and ADN, ADN FEC: warm calls", WARM_ACCOUNT, 5 * payments),
    )


def floor_of_returning(data: bytes, payments: int) -> Floor:
    """Floor of payments by shoppers who have spent here and hold nodes. What they share is read once."""
    spend = update_entry("customer's spend", payments, keys=2)
    return _floor(data, payments, spend, update_entry("count of nodes held", payments))


def floor_of_new(data: bytes, payments: int) -> Floor:
    """The same by shoppers who are new."""
    place = Item("customer's spend: KECCAK256 of its program's place", KECCAK_TWO_WORDS, payments)
    spend = (place, *create_entry("customer's spend", payments))
    return _floor(data, payments, spend, create_entry("count of nodes held", payments))


SCENARIOS = (
    Scenario("", deploy),
    Scenario(
        "each of another returning shopper",
        payments_of_returning,
        (1, 10, MOST_NODES),
        unit="payment",
        shared=True,
        targets={MOST_NODES: MOST_NODES * RETURNING},
        floor=floor_of_returning,
    ),
    Scenario(
        "each of another new shopper",
        payments_of_new,
        (MOST_NODES,),
        unit="payment",
        shared=True,
        targets={MOST_NODES: MOST_NODES * NEW},
        floor=floor_of_new,
    ),
)
