"""A contract that receives a node is called, and may call back: the outcome is that of calls one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import pytest
from eth_utils.crypto import keccak

from fec.core.durations import DAY
from tests.contracts.custody.acts import withdraw_call
from tests.contracts.support.build import compiled
from tests.contracts.support.evm import Contract
from tests.contracts.support.merkle import proof, root
from tests.contracts.support.settling import packed
from tests.contracts.support.shop_world import NEVER, Market
from tests.contracts.support.world import FEC

REENTER = 4


@dataclass
class Scene:
    """A contract `guest` that four calls would give a node to, and those calls."""

    market: Market
    guest: Contract
    program: int
    calls: dict[str, tuple[str, bytes]]
    #: What checkout and custody say to a call made for the second time; None where they do nothing.
    again: dict[str, tuple[str, tuple[object, ...]] | None]
    others: dict[str, tuple[str, bytes]]

    def figures(self) -> list[int]:
        """All that could have been taken from somebody."""
        market = self.market
        parties = [self.guest.address, market.checkout.address, market.treasury, market.alice, market.signer]
        coins = [market.fec.balanceOf(party) for party in parties]
        nodes = [market.adn.balanceOf(party) for party in parties]
        books = [market.checkout.reservedOf(self.program), market.checkout.spendOf(self.program, self.guest.address)]
        return [*coins, *nodes, *books, market.fec.totalSupply(), market.adn.outstanding()]

    def do(self, call: str) -> None:
        target, payload = self.calls[call]
        self.guest.execute(target, payload, sender=self.market.stranger)

    def do_with(self, call: str, inner: tuple[str, bytes]) -> None:
        self.guest.set(REENTER, *inner)
        self.do(call)
        assert self.guest.hooks() >= 1


@pytest.fixture
def scene(market: Market) -> Scene:
    guest = market.chain.deploy(compiled("Receiver"), sender=market.stranger)
    checkout, custody = market.checkout, market.custodian
    market.fund(guest.address, 10_000 * FEC)
    guest.execute(market.fec.address, market.fec.encode("approve", checkout.address, 2**255))
    program = market.shop()
    at_once = market.order(program, customer=guest.address, order_id=keccak(1))

    slow = market.program(issuer=checkout.address, quota=10**6 * FEC)
    market.set_terms(slow, window=DAY)
    later = market.order(slow, customer=guest.address, order_id=keccak(2))
    market.pay(later, market.alice)
    market.pay(market.order(slow, order_id=keccak(3)))

    market.allow(market.signer)
    rewards = [(guest.address, 7 * FEC), (market.bob, 8 * FEC)]
    batch = checkout.fundRewards(
        program, root(rewards), 15 * FEC, market.chain.now + 2 * DAY, bytes(32), sender=market.signer
    )

    member = market.member("alice")
    vault = market.vault(member)
    market.fund(vault, 500 * FEC)
    kept = market.node(vault, 3 * FEC)
    market.node(vault, 4 * FEC)
    leave = withdraw_call(market, member, [kept], 200 * FEC, guest.address)
    market.chain.now += DAY
    order_key = market.order_key(later)
    return Scene(
        market,
        guest,
        program,
        calls={
            "pay": (checkout.address, checkout.encode("pay", at_once.words)),
            "capture": (checkout.address, checkout.encode("capture", [order_key])),
            "takeReward": (
                checkout.address,
                checkout.encode("takeReward", batch, 0, guest.address, 7 * FEC, proof(rewards, 0)),
            ),
            "withdraw": (custody.address, leave),
        },
        again={
            "pay": ("Checkout_OrderAlreadyPaid", (market.order_key(at_once),)),
            "capture": None,
            "takeReward": ("Checkout_RewardTaken", (batch, 0)),
            "withdraw": ("Custodian_WrongNonce", (0, 1)),
        },
        others={
            "refund": (checkout.address, checkout.encode("refund", order_key, 1)),
            "reclaimRewards": (checkout.address, checkout.encode("reclaimRewards", batch)),
            "setTerms": (checkout.address, checkout.encode("setTerms", program, market.terms().words)),
            "reward": (checkout.address, checkout.encode("reward", program, guest.address, 1, bytes(32))),
            "fundRewards": (checkout.address, checkout.encode("fundRewards", program, bytes(32), 1, NEVER, bytes(32))),
            "settle": (checkout.address, checkout.encode("settle", program, packed([(guest.address, FEC)]), bytes(32))),
            "foundAlliance": (checkout.address, checkout.encode("foundAlliance", program)),
            "onTransferReceived": (
                checkout.address,
                checkout.encode("onTransferReceived", guest.address, guest.address, 1, market.encoded(at_once)),
            ),
        },
    )


CALLS = ["pay", "capture", "takeReward", "withdraw"]


@pytest.mark.parametrize("call", CALLS)
def test_reenter__the_same_call__gets_nothing_twice(scene: Scene, call: str) -> None:
    with scene.market.chain.rolled_back():
        scene.do(call)
        once = scene.figures()
    scene.do_with(call, scene.calls[call])
    assert scene.figures() == once
    expected = scene.again[call]
    assert scene.guest.succeeded() == (expected is None)
    if expected:
        error = scene.market.chain.error(scene.guest.result())
        assert (error.name, error.values) == expected


@pytest.mark.parametrize(("outer", "inner"), list(permutations(CALLS, 2)))
def test_reenter__another_call__is_as_one_after_the_other(scene: Scene, outer: str, inner: str) -> None:
    with scene.market.chain.rolled_back():
        scene.do(outer)
        scene.do(inner)
        in_turn = scene.figures()
    scene.do_with(outer, scene.calls[inner])
    assert scene.guest.succeeded()
    assert scene.figures() == in_turn


@pytest.mark.parametrize("outer", CALLS)
@pytest.mark.parametrize(
    ("other", "error"),
    [
        ("reclaimRewards", "Checkout_BatchOpen"),
        ("setTerms", "Checkout_NotProgramOperator"),
        ("reward", "Checkout_NotSignerOrOperator"),
        ("fundRewards", "Checkout_NotSignerOrOperator"),
        ("settle", "Checkout_NotSignerOrOperator"),
        ("foundAlliance", "Checkout_NotProgramOperator"),
        ("onTransferReceived", "Checkout_NotFEC"),
    ],
)
def test_reenter__what_is_not_the_receivers_to_call__is_refused(
    scene: Scene, outer: str, other: str, error: str
) -> None:
    market = scene.market
    values: dict[str, tuple[object, ...]] = {
        "Checkout_BatchOpen": (1, market.chain.now + DAY),
        "Checkout_NotFEC": (scene.guest.address,),
    }
    with market.chain.rolled_back():
        scene.do(outer)
        alone = scene.figures()
    scene.do_with(outer, scene.others[other])
    assert not scene.guest.succeeded()
    found = market.chain.error(scene.guest.result())
    assert (found.name, found.values) == (error, values.get(error, (scene.program, scene.guest.address)))
    assert scene.figures() == alone


def test_reenter__refund_during_its_own_capture__is_refused(scene: Scene) -> None:
    scene.do_with("capture", scene.others["refund"])
    [event] = scene.market.chain.events("OrderCaptured")
    found = scene.market.chain.error(scene.guest.result())
    assert (found.name, found.values) == ("Checkout_OrderFinal", (event.values["orderKey"], 2))
