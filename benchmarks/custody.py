"""Scenes of Custodian: members without a wallet, whose instructions the brand relays."""

from __future__ import annotations

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3

from benchmarks.lab import Call, Lab, Scenario
from benchmarks.shop import AMOUNT, Shop, allow
from fec.chain.deploy import STEPS
from fec.client.custody import CUSTODIAN_NAME, NODES_NAME
from fec.core.durations import HOUR
from fec.protocol import acts, calls, signing
from fec.protocol.acts import Instruction
from fec.protocol.members import ALL_COINS, Member, acting
from fec.protocol.signing import Domain

COINS = 10 * AMOUNT  # that come into the vault


class Membership:
    """A member of Bob's brand; the vault has coins and, of purchases on the member's behalf, nodes."""

    def __init__(self, lab: Lab, *, nodes: int = 1) -> None:
        """Has the brand pay for the nodes."""
        self.lab = lab
        self.key: LocalAccount = Account.from_key(Web3.keccak(text="the member's card"))
        self.member = Member(lab.bob, self.key.address, Web3.keccak(text="salt").to_0x_hex())
        custodian = lab.contracts["Custodian"]
        self.vault: str = custodian.functions.vaultOf(lab.bob, self.member.id).call()
        self.domain = Domain(CUSTODIAN_NAME, lab.web3.eth.chain_id, custodian.address)
        self.shop = Shop(lab)
        self.withdrawals = 0
        allow(lab, lab.bob)
        self.nodes = []
        for _ in range(nodes):
            receipt = lab.send(self.shop.pay(lab.bob, self.shop.order(self.vault)))
            captured = lab.contracts["Checkout"].events.OrderCaptured().process_log(receipt["logs"][-1])
            self.nodes.append(captured["args"]["tokenId"])
        lab.send(lab.fec("transfer", (self.vault, COINS), lab.bob))

    def spend(self, *, nodes: int = 0) -> Call:
        """Pays an order, after a claim from so many of the vault's nodes."""
        order = self.shop.order(self.vault)
        order_hash = signing.order_message(self.shop.domain, order).hash
        signature = signing.spend_message(self.domain, self.vault, order_hash).sign(self.key)
        args = (self.member.fields(self.vault), order.fields, self.nodes[:nodes], signature)
        return self.lab.custodian("spend", args, self.lab.bob)

    def withdraw(self, *, nodes: int, amount: int = ALL_COINS) -> Call:
        """To the member's own wallet, which holds nodes and FEC."""
        deadline = self.lab.clock + HOUR
        taken = acts.withdraw(self.lab.alice, self.nodes[:nodes], amount)
        instruction = Instruction(self.vault, self.member.signer, (taken,), self.withdrawals, deadline)
        self.withdrawals += 1
        signature = signing.acts_message(self.domain, instruction).sign(self.key)
        call = calls.act(self.member, instruction, signature)
        return self.lab.custodian("act", call.arguments, self.lab.bob)


def deploy(lab: Lab, _: int) -> Call:
    """After Checkout; the code of the vaults is created by the same transaction."""
    return lab.deployment(next(step for step in STEPS if step.name == "Custodian"))


def enroll(lab: Lab, _: int) -> Call:
    """By the brand."""
    member = Member(lab.bob, lab.alice, Web3.keccak(text="salt").to_0x_hex())
    return lab.custodian("enroll", (member.id,), lab.bob)


def pay_on_behalf(lab: Lab, _: int) -> Call:
    """By the brand, to a member's vault that is not deployed yet."""
    membership = Membership(lab)
    return membership.shop.pay(lab.bob, membership.shop.order(membership.vault))


def spend_first(lab: Lab, _: int) -> Call:
    """The vault is deployed by it."""
    return Membership(lab).spend()


def spend(lab: Lab, _: int) -> Call:
    """Later."""
    membership = Membership(lab)
    lab.send(membership.spend())
    return membership.spend()


def spend_from_nodes(lab: Lab, count: int) -> Call:
    """Later, after the vault's nodes have let something flow back."""
    membership = Membership(lab, nodes=count)
    lab.send(membership.spend())
    lab.to_period(lab.period + 1)
    return membership.spend(nodes=count)


def withdraw_first(lab: Lab, count: int) -> Call:
    """The vault is deployed by it; nothing is left in it."""
    return Membership(lab, nodes=count).withdraw(nodes=count)


def withdraw(lab: Lab, count: int) -> Call:
    """After another."""
    membership = Membership(lab, nodes=count)
    lab.send(membership.withdraw(nodes=0, amount=AMOUNT))
    return membership.withdraw(nodes=count)


def permit(lab: Lab, _: int) -> Call:
    """Alice makes the custodian her operator; somebody else sends it."""
    custodian, adn = lab.contracts["Custodian"].address, lab.contracts["ADN"].address
    deadline = lab.clock + HOUR
    message = signing.permit_for_all_message(
        Domain(NODES_NAME, lab.web3.eth.chain_id, adn),
        owner=lab.alice,
        operator=custodian,
        approved=True,
        nonce=0,
        deadline=deadline,
    )
    call = calls.permit_for_all(lab.alice, custodian, deadline, message.sign(lab.alice_key))
    return lab.adn("permitForAll", call.arguments, lab.bob)


def give_by_account(lab: Lab, _: int) -> Call:
    """Alice's own node, to somebody who has nodes; the custodian is her operator."""
    lab.send(permit(lab, 0))
    custodian = lab.contracts["Custodian"].address
    domain = Domain(CUSTODIAN_NAME, lab.web3.eth.chain_id, custodian)
    taken = acts.withdraw(lab.others[0], lab.nodes[:1])
    instruction = Instruction(lab.alice, lab.alice, (taken,), 0, lab.clock + HOUR)
    signature = signing.acts_message(domain, instruction).sign(lab.alice_key)
    return lab.custodian("act", calls.act(acting(lab.alice), instruction, signature).arguments, lab.bob)


SCENARIOS = (
    Scenario("immediate, by a brand for a member", pay_on_behalf),
    Scenario("", deploy),
    Scenario("", enroll),
    Scenario("first: deploys the vault", spend_first),
    Scenario("repeat", spend),
    Scenario("claimed from first, repeat", spend_from_nodes, (1, 10)),
    Scenario("and all coins, first: deploys the vault", withdraw_first, (1, 10)),
    Scenario("and all coins, repeat", withdraw, (1, 10)),
    Scenario("by signature", permit),
    Scenario("an account gives a node, first", give_by_account),
)
