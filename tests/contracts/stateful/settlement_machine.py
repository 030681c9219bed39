"""State machine of nodes that are minted and nodes that are settled and opened, in any order.

All of the nodes' machine applies: G1 to G4 hold for a settled node from the settlement on, opened or not.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.contracts.stateful.node_machine import PICK, NodeMachine, pick_from
from tests.contracts.stateful.settlement_model import SettlementModel
from tests.contracts.support.evm import ZERO
from tests.contracts.support.settling import Batch, Leaf, packed

#: Wei: dust now and then, everyday sums, and now and then more than there is.
LEAF_WEI = st.integers(10**15, 10**22) | st.integers(10**15, 10**22) | st.integers(10**15 - 1, 2**88)
LEAVES = st.lists(st.tuples(PICK, LEAF_WEI), max_size=9)
#: What is wrong with an opening: nothing, mostly.
FAULTS = 24


class SettlementMachine(NodeMachine):
    """See the module."""

    steps: ClassVar[int] = 0
    done: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[str]] = Counter()
    model: SettlementModel

    def __init__(self) -> None:
        super().__init__()
        self.model = SettlementModel(**vars(self.model))

    def owner(self, pick: int) -> str:
        """Anybody, contracts that take no nodes included, and now and then nobody."""
        return ZERO if pick % 40 == 39 else str(pick_from([*self.world.people, *sorted(self.model.refusing)], pick))

    def leaves_of(self, picks: list[tuple[int, int]]) -> list[Leaf]:
        return [(self.owner(pick), principal) for pick, principal in picks]

    @rule(who=PICK, program=PICK, leaves=LEAVES)
    def settle(self, who: int, program: int, leaves: list[tuple[int, int]]) -> None:
        program_id, some = self.program_id(program), self.leaves_of(leaves)
        terms = self.model.programs.get(program_id)
        sender = terms.issuer if terms and terms.issuer != ZERO and who % 4 else self.person(who // 4)
        found = self.act(
            "settle",
            sender,
            "settle",
            [program_id, packed(some)],
            lambda: self.model.settle(sender, program_id, some),
        )
        if found is not None:
            self.check_settlement(self.model.settlements[found])

    @rule(who=PICK, program=PICK, count=st.integers(1, 5), over=st.integers(-1, 1))
    def settle_around_quota(self, who: int, program: int, count: int, over: int) -> None:
        """The last leaf takes what is left of the quota, or one wei more or less."""
        terms = self.model.programs.get(self.program_id(program))
        if terms is not None:
            rest = terms.quota + over - (count - 1) * 10**15
            if 0 <= rest < 2**96:
                self.settle(who, program, [*[(who, 10**15)] * (count - 1), (who, rest)])

    @rule(owner=PICK, program=PICK, principals=st.lists(LEAF_WEI, min_size=2, max_size=5), merged=st.booleans())
    def settle_and_open(self, owner: int, program: int, principals: list[int], merged: bool) -> None:
        """Leaves of one person, all opened, so that there is something to merge; and merged now and then."""
        known = set(self.model.settlements)
        person = self.world.people.index(self.person(owner))
        self.settle(4 * owner, program, [(person, principal) for principal in principals])
        for name in set(self.model.settlements) - known:
            for index in range(len(principals)):
                self.opening(self.model.settlements[name], index, fault=0, claimed=index % 2 == 1)
            if merged:
                self.merge_alike(32 * list(self.model.nodes).index(self.model.settlements[name].tokens[0]), 4)

    @rule(which=PICK, fault=st.integers(0, FAULTS), claimed=st.booleans())
    def open_leaf(self, which: int, fault: int, claimed: bool) -> None:
        """Mostly one that is not opened yet."""
        if not self.model.settlements:
            return
        batches = list(self.model.settlements.values())
        waiting = [
            (batch, i) for batch in batches for i, token in enumerate(batch.tokens) if token in self.model.unopened
        ]
        batch, index = (
            pick_from(waiting, which // 4) if which % 4 and waiting else (pick_from(batches, which // 4), which)
        )
        self.opening(batch, index % len(batch.leaves), fault=fault, claimed=claimed)

    def opening(self, batch: Batch, index: int, *, fault: int, claimed: bool, action: str | None = None) -> None:
        """Opens a leaf by somebody without rights; `fault` says what is wrong with the call: mostly nothing."""
        arguments = batch.opening(index)
        if fault == 1:
            arguments[0] += 1
        elif fault == 2:
            arguments[1] += len(batch.leaves)
        elif fault == 3:
            arguments[1] = (index + 1) % len(batch.leaves)
        elif fault == 4:
            arguments[2] = self.world.stranger
        elif fault == 5:
            arguments[3] += 1
        elif fault == 6:
            arguments[3] |= 1 << 96 + index
        elif fault == 7:
            arguments[4] = [*arguments[4], bytes(32)]
        elif fault == 8:
            arguments[4] = arguments[4][:-1]
        settlement_id, place, owner, principal, proof = arguments
        true = self.model.settlements.get(settlement_id)
        proven = true is not None and place < len(true.leaves) and proof == true.proof(place)
        call = "openAndClaim" if claimed else "open"
        model = self.model.open_and_claim if claimed else self.model.open
        self.act(
            action or call,
            self.world.stranger,
            call,
            arguments,
            lambda: model(settlement_id, place, (owner, principal), proven=proven),
        )

    def check_settlement(self, batch: Batch) -> None:
        """What the chain says of a settlement just made, in its event and in its view."""
        [event] = self.chain.events("NodesSettled")
        view: dict[str, Any] = self.world.adn.settlementOf(batch.id)
        total = sum(principal for _, principal in batch.leaves)
        assert (view["count"], view["total"], view["root"]) == (len(batch.leaves), total, batch.root)
        assert (event.values["settlementId"], event.values["programId"]) == (batch.id, view["programId"])
        assert (event.values["start"], event.values["firstSerial"]) == (view["start"], view["firstSerial"])
        assert (event.values["root"], event.values["leaves"]) == (batch.root, packed(batch.leaves))

    def open_the_rest(self) -> None:
        """Every leaf opens, whatever happened since."""
        for batch in self.model.settlements.values():
            for index, token in enumerate(batch.tokens):
                if token in self.model.unopened:
                    self.opening(batch, index, fault=0, claimed=index % 2 == 0, action="open at the end")
        assert not self.model.unopened

    def live_to_the_end(self) -> None:
        """All that was settled is opened; then every node pays to its end."""
        self.open_the_rest()
        super().live_to_the_end()
