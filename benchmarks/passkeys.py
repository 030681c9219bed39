"""Scenes of Custodian and Relay with passkeys: the chain has the precompile for P-256 (EIP-7951)."""

from __future__ import annotations

from collections.abc import Sequence

from web3 import Web3

from benchmarks.lab import MOST_NODES, Call, Lab, Scenario, call_of
from benchmarks.shop import AMOUNT, Shop, allow
from fec.client.custody import CUSTODIAN_NAME
from fec.core.durations import HOUR
from fec.protocol import acts, calls, relays, signing
from fec.protocol.acts import Act, Instruction
from fec.protocol.addresses import ADDRESS_ZERO
from fec.protocol.calls import ContractCall
from fec.protocol.members import Member
from fec.protocol.relays import RelayedCall
from fec.protocol.signing import Domain, TypedMessage
from tests.fixtures.passkeys import Passkey, passkey

COINS = 3 * AMOUNT  # that each vault begins with
#: Most gas of a passkey's payment: the first, a later one, and one of fifty.
FIRST, LATER, OF_FIFTY = 330_000, 215_000, 165_000
#: Gas that each payment may use in a batch.
PAYMENT_GAS = 300_000


class Vaults:
    """Shoppers without a wallet, each with a passkey, a vault of nobody's brand, and coins in it."""

    def __init__(self, lab: Lab, count: int) -> None:
        """Fills the vaults."""
        self.lab = lab
        self.shop = Shop(lab)
        custodian = lab.contracts["Custodian"]
        self.domain = Domain(CUSTODIAN_NAME, lab.web3.eth.chain_id, custodian.address)
        verifier = custodian.functions.passkeyVerifier().call()
        self.keys: list[Passkey] = [passkey(f"shopper {number}") for number in range(count)]
        self.members = [
            Member(ADDRESS_ZERO, "0x" + key.signer(verifier).hex(), Web3.keccak(text=f"salt {number}").to_0x_hex())
            for number, key in enumerate(self.keys)
        ]
        self.vaults = [custodian.functions.vaultOf(member.brand, member.id).call() for member in self.members]
        self.instructions = [0] * count
        for vault in self.vaults:
            lab.send(lab.fec("transfer", (vault, COINS), lab.owner))

    def spend(self, number: int) -> ContractCall:
        """A new order, signed by shop and passkey."""
        order = self.shop.order(self.vaults[number])
        order_hash = signing.order_message(self.shop.domain, order).hash
        message = signing.spend_message(self.domain, self.vaults[number], order_hash)
        return calls.spend(self.members[number], order, (), self._signed(number, message))

    def act(self, number: int, wanted: Sequence[Act]) -> ContractCall:
        """An instruction, signed by a passkey."""
        vault, member = self.vaults[number], self.members[number]
        nonce = self.instructions[number]
        instruction = Instruction(vault, member.signer, tuple(wanted), nonce, self.lab.clock + HOUR)
        self.instructions[number] += 1
        return calls.act(member, instruction, self._signed(number, signing.acts_message(self.domain, instruction)))

    def sent(self, call: ContractCall) -> Call:
        """A call by the service."""
        return call_of(call.contract, call.function, call.arguments, self.lab.bob)

    def payments(self) -> Call:
        """A payment of each, in one transaction."""
        relayed = [RelayedCall(self.spend(number), PAYMENT_GAS) for number in range(len(self.keys))]
        return self.sent(relays.relay(relayed))

    def bought(self, count: int) -> list[int]:
        """So many nodes of the first vault's, bought for it by a brand."""
        allow(self.lab, self.lab.bob)
        nodes = []
        for _ in range(count):
            receipt = self.lab.send(self.shop.pay(self.lab.bob, self.shop.order(self.vaults[0])))
            captured = self.lab.contracts["Checkout"].events.OrderCaptured().process_log(receipt["logs"][-1])
            nodes.append(captured["args"]["tokenId"])
        return nodes

    def _signed(self, number: int, message: TypedMessage) -> str:
        return "0x" + self.keys[number].sign(bytes.fromhex(message.hash[2:])).hex()


def spend_first(lab: Lab, _: int) -> Call:
    """The vault is deployed by it."""
    vaults = Vaults(lab, 1)
    return vaults.sent(vaults.spend(0))


def spend(lab: Lab, _: int) -> Call:
    """Later."""
    vaults = Vaults(lab, 1)
    lab.send(vaults.sent(vaults.spend(0)))
    return vaults.sent(vaults.spend(0))


def spend_with_two_signers(lab: Lab, _: int) -> Call:
    """Later, where a second signer was added."""
    vaults = Vaults(lab, 1)
    lab.send(vaults.sent(vaults.act(0, [acts.add_signer(lab.carol)])))
    lab.send(vaults.sent(vaults.spend(0)))
    return vaults.sent(vaults.spend(0))


def payments(lab: Lab, count: int) -> Call:
    """Of shoppers who have paid here before and hold nodes."""
    vaults = Vaults(lab, count)
    lab.send(vaults.payments())
    return vaults.payments()


def add_signer(lab: Lab, _: int) -> Call:
    """The vault is deployed by it, and the first signer is stored too."""
    vaults = Vaults(lab, 1)
    return vaults.sent(vaults.act(0, [acts.add_signer(lab.carol)]))


def give_part(lab: Lab, _: int) -> Call:
    """A tenth of a node, to somebody who has nodes."""
    vaults = Vaults(lab, 1)
    (node,) = vaults.bought(1)
    lab.send(vaults.sent(vaults.spend(0)))
    return vaults.sent(vaults.act(0, [acts.withdraw_part(node, AMOUNT // 100, lab.alice)]))


def merge_and_give(lab: Lab, count: int) -> Call:
    """Of nodes that become one, to somebody who has nodes."""
    vaults = Vaults(lab, 1)
    nodes = vaults.bought(count)
    lab.send(vaults.sent(vaults.spend(0)))
    return vaults.sent(vaults.act(0, [acts.merge(nodes), acts.withdraw(lab.alice, nodes[:1])]))


SCENARIOS = (
    Scenario("passkey, first: deploys the vault", spend_first, targets={0: FIRST}),
    Scenario("passkey, repeat", spend, targets={0: LATER}),
    Scenario("passkey, one of two signers, repeat", spend_with_two_signers, targets={0: LATER}),
    Scenario("passkey, adds a signer, first: deploys the vault", add_signer),
    Scenario("passkey, gives a part of a node away", give_part),
    Scenario("passkey, merges and gives", merge_and_give, (10,)),
    Scenario(
        "each of another returning passkey",
        payments,
        (MOST_NODES,),
        unit="payment",
        shared=True,
        targets={MOST_NODES: MOST_NODES * OF_FIFTY},
    ),
)
