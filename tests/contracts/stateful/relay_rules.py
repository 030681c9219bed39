"""What people have signed, relayed together at random: each call does what it does alone, or fails alone."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from fec.core.durations import DAY
from tests.contracts.relay.packing import (
    ACTS,
    CAPTURES,
    CLAIMS,
    OPENING,
    OPENING_WITH_CLAIM,
    PAYMENT,
    REWARD,
    SPEND,
    failures,
    long,
)
from tests.contracts.stateful.checkout_rules import CheckoutMachine
from tests.contracts.stateful.node_machine import PICK
from tests.contracts.stateful.order_rules import ORDER, RARE, WEI
from tests.contracts.stateful.settlement_machine import LEAF_WEI

KINDS = {
    "payWithAuthorization": PAYMENT,
    "spend": SPEND,
    "act": ACTS,
    "claimFor": CLAIMS,
    "takeReward": REWARD,
    "capture": CAPTURES,
    "open": OPENING,
    "openAndClaim": OPENING_WITH_CLAIM,
}
#: Gas of each call: more than any needs.
GAS = 5_000_000


class RelayMachine(CheckoutMachine):
    """The state machine of Checkout, with relays."""

    @rule(
        order=ORDER,
        picks=st.lists(
            st.tuples(st.integers(0, len(KINDS) - 1), PICK, PICK, st.integers(0, RARE)), min_size=1, max_size=4
        ),
    )
    def relay(self, order: dict[str, Any], picks: list[tuple[int, int, int, int]]) -> None:
        self.relayed = calls = []
        for kind, one, other, fault in picks:
            self.gather(kind, {**order, "shop": one, "customer": other}, one, other, fault)
        self.relayed = None
        if not calls:
            return
        packed = b"".join(long(KINDS[call.function], call.data, GAS) for call in calls)
        self.world.relay.relay(packed, sender=self.world.stranger)
        refusals = {place: call.refusal for place, call in enumerate(calls) if call.refusal}
        expected = {place: (refusal.name, tuple(refusal.values)) for place, refusal in refusals.items()}
        assert failures(self.world) == expected
        for place, call in enumerate(calls):
            if place in expected:
                self.refused[f"relay {call.function}: {expected[place][0]}"] += 1
            else:
                self.done[f"relay {call.function}"] += 1
        self.hear()

    @rule(order=ORDER, program=PICK, shopper=PICK, amount=WEI)
    def relay_a_reward(self, order: dict[str, Any], program: int, shopper: int, amount: int) -> None:
        """One that was just funded, twice: the second time it is taken."""
        known = len(self.model.batches)
        self.fund_rewards(program=8 * program, who=0, rewards=[(shopper, amount)], short=1, ahead=400 * DAY, takers=[])
        if len(self.model.batches) > known and known % 16 != 15:
            self.relay(order, [(4, known, 0, 0)] * 2)

    @rule(
        order=ORDER,
        program=PICK,
        leaves=st.lists(st.tuples(PICK, LEAF_WEI), min_size=2, max_size=5),
        picks=st.lists(st.tuples(PICK, st.booleans(), st.integers(0, RARE)), min_size=2, max_size=5),
    )
    def relay_openings(
        self,
        order: dict[str, Any],
        program: int,
        leaves: list[tuple[int, int]],
        picks: list[tuple[int, bool, int]],
    ) -> None:
        """Of a settlement just made and others, now and then one that is wrong, or the same one twice."""
        self.settle(4 * program + 1, program, leaves)
        self.relay(order, [(7 if claimed else 6, which, 0, fault) for which, claimed, fault in picks])

    def gather(self, kind: int, order: dict[str, Any], one: int, other: int, fault: int) -> None:
        """One call more, by the rule of its kind."""
        if kind == 0:
            self.pay_by_authorization(order, one, fault, other)
        elif kind == 1:
            self.spend_from_vault(order=order, member=one, by=other, nodes=[other], affordable=fault % 5)
        elif kind == 2:
            self.withdraw(member=one, by=other, nodes=[other] * (fault % 2), part=fault % 6, to=one, ahead=fault - 1)
        elif kind == 3:
            self.claim_for(one, [one, other])
        elif kind == 4:
            self.take_reward(one, other, fault % 13, one)
        elif kind == 5:
            self.capture(one, [one, other], due=fault % 2 == 0)
        else:
            self.open_leaf(one, fault, claimed=kind == 7)
