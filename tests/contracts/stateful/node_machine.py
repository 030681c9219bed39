"""State machine: random people do random things to the contracts; the model says what must come of each.

After every step all that can be seen on the chain is compared with the model, and G1 to G4 of the design are checked:

- G1  supply + outstanding ≤ cap; supply + outstanding = S₀ + 9·B; outstanding = Σ (10·principal − claimed)
- G2  principal never changes within a family, and at the end of its life each has paid exactly ten times that
- G3  what a family has paid and could claim is never above its curve
- G4  a caller without the right gets the named error, and nothing changes
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fec.core.durations import DAY, WEEK
from tests.contracts.stateful.node_model import (
    MAX_PERIOD,
    MIN_PERIOD,
    Model,
    Node,
    Program,
    Refused,
    coins_of,
    curve_floor,
)
from tests.contracts.support.evm import ZERO, expect
from tests.contracts.support.world import BUDGET, CAP, GENESIS, ORIGIN, PUBLIC, PUBLIC_QUOTA, World, deploy_world

#: Picks something out of a list that is only known when the machine runs.
PICK = st.integers(0, 10_000)
#: Wei: dust, everyday sums, and anything up to more than everything.
AMOUNT = st.one_of(
    st.integers(0, 10**4), st.integers(10**15, 10**22), st.integers(10**15, 10**22), st.integers(0, 2**91)
)
#: Thousandths of a principal; the last ones add up to more than there is.
PARTS = st.lists(st.integers(0, 250), max_size=6) | st.lists(st.integers(1, 900), min_size=1, max_size=2)
LENGTH = st.sampled_from([MIN_PERIOD - 1, MIN_PERIOD, DAY, DAY, WEEK, WEEK, MAX_PERIOD, MAX_PERIOD + 1])


@cache
def machine_world() -> World:
    """One deployment for all runs; each takes back what it did."""
    world = deploy_world()
    for person in world.people[:-1]:
        world.fund(person, GENESIS // 10)
    return world


def pick_from(items: list[Any], pick: int) -> Any:
    return items[pick % len(items)]


class NodeMachine(RuleBasedStateMachine):
    """See the module."""

    steps: ClassVar[int] = 0
    #: How often each action succeeded, and how often each error was met, over all runs.
    done: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.world = machine_world()
        self.chain = self.world.chain
        self.scope = self.chain.rolled_back()
        self.scope.__enter__()
        self.sound = True
        world = self.world
        # The node contract itself is one that does not take nodes safely, and that claims can be paid to.
        self.accounts = [*world.people, world.genesis, world.adn.address]
        self.model = Model(
            admin=world.admin,
            adn=world.adn.address,
            cap=CAP,
            genesis=GENESIS,
            budget=BUDGET - PUBLIC_QUOTA,
            now=self.chain.now,
            coins=coins_of((account, world.fec.balanceOf(account)) for account in self.accounts),
            refusing={world.adn.address},
            programs={PUBLIC: Program(world.admin, ZERO, WEEK, ORIGIN, PUBLIC_QUOTA, PUBLIC_QUOTA)},
        )

    # ------------------------------------------------------------------ picking

    def person(self, pick: int) -> str:
        return str(pick_from(self.world.people, pick))

    def receiver(self, pick: int) -> str:
        """Mostly a person; now and then the zero address, or a contract that takes no nodes."""
        return str(pick_from(self.world.people * 4 + [ZERO, self.world.adn.address], pick))

    def party(self, pick: int) -> str:
        """Mostly a person; now and then the zero address."""
        return str(pick_from(self.world.people * 2 + [ZERO], pick))

    def node_id(self, pick: int) -> int:
        """Mostly a node; now and then one that was merged away, is not opened yet, or never was."""
        live = list(self.model.nodes)
        if not live or pick % 16 == 15:
            return int(pick_from([*self.model.gone, *self.model.unopened, 12345, (1 << 200) + pick], pick // 32))
        return int(pick_from(live, pick // 32))

    def actor(self, node_id: int, pick: int) -> str:
        """Mostly the owner of a node, else anybody."""
        node = self.model.nodes.get(node_id)
        if node is None or pick % 3 == 0 or node.owner in self.model.refusing:
            return self.person(pick // 3)
        return node.owner

    def program_id(self, pick: int) -> int:
        """Mostly a program; now and then one that there is not."""
        known = len(self.model.programs)
        return known + 1 if pick % 16 == 15 else pick % known + 1

    def batch(self, node_id: int, picks: list[int]) -> list[int]:
        """Nodes of the same owner as a node's, mostly; possibly none at all."""
        node = self.model.nodes.get(node_id)
        same = [other.id for other in self.model.nodes.values() if node and other.owner == node.owner]
        return [self.node_id(pick) if pick % 8 == 0 or not same else pick_from(same, pick // 8) for pick in picks]

    # ------------------------------------------------------------------- acting

    def act(self, action: str, sender: str, call: str, arguments: list[Any], expected: Any) -> Any:
        """Does on the chain what `expected` did in the model, or is refused as that was; None if it was refused."""
        self.sound = False
        contract = self.world.fec if action == "pay" else self.world.adn
        try:
            wanted = expected()
        except Refused as refusal:
            before = self.seen()
            with expect(refusal.name, *refusal.values):
                contract[call](*arguments, sender=sender)
            assert self.seen() == before
            self.refused[f"{action}: {refusal.name}"] += 1
            return None
        found = contract[call](*arguments, sender=sender)
        assert found in (wanted, True)
        self.done[action] += 1
        return wanted if wanted is not None else True

    # -------------------------------------------------------------------- nodes

    @initialize(amounts=st.lists(st.integers(10**18, 10**24), min_size=3, max_size=3))
    def begin(self, amounts: list[int]) -> None:
        """Three nodes of one owner and start, so that there is something to act on."""
        for amount in amounts:
            self.mint(0, 0, amount, 0)

    @rule(who=PICK, program=PICK, amount=AMOUNT, to=PICK)
    def mint(self, who: int, program: int, amount: int, to: int) -> None:
        program_id, receiver = self.program_id(program), self.receiver(to)
        terms = self.model.programs.get(program_id)
        sender = terms.issuer if terms and terms.issuer != ZERO and who % 4 else self.person(who // 4)
        self.act(
            "mint",
            sender,
            "mint",
            [program_id, amount, receiver],
            lambda: self.model.mint(sender, program_id, amount, receiver),
        )

    @rule(who=PICK, program=PICK, over=st.integers(-1, 1), to=PICK)
    def mint_around_quota(self, who: int, program: int, over: int, to: int) -> None:
        terms = self.model.programs.get(self.program_id(program))
        if terms is not None:
            self.mint(who, program, max(0, terms.quota + over), to)

    @rule(node=PICK, who=PICK)
    def claim(self, node: int, who: int) -> None:
        node_id = self.node_id(node)
        sender = self.actor(node_id, who)
        self.act("claim", sender, "claim", [node_id], lambda: self.model.claim(sender, node_id))

    @rule(node=PICK, who=PICK, others=st.lists(PICK, max_size=6), to=PICK)
    def claim_to(self, node: int, who: int, others: list[int], to: int) -> None:
        node_id = self.node_id(node)
        sender, receiver, ids = self.actor(node_id, who), self.receiver(to), self.batch(node_id, others)
        self.act("claimTo", sender, "claimTo", [ids, receiver], lambda: self.model.claim_to(sender, ids, receiver))

    @rule(who=PICK, nodes=st.lists(PICK, max_size=8))
    def claim_for(self, who: int, nodes: list[int]) -> None:
        ids = [self.node_id(node) for node in nodes]
        self.act("claimFor", self.person(who), "claimFor", [ids], lambda: self.model.claim_for(ids))

    @rule(node=PICK, who=PICK, parts=PARTS, odd=st.integers(0, 10**6))
    def split(self, node: int, who: int, parts: list[int], odd: int) -> None:
        node_id = self.node_id(node)
        there = self.model.nodes.get(node_id)
        principals = [there.principal * part // 1000 + odd * (part % 2) if there else part for part in parts]
        sender = self.actor(node_id, who)
        new_ids = self.act(
            "split", sender, "split", [node_id, principals], lambda: self.model.split(sender, node_id, principals)
        )
        if new_ids:
            told = [event.values for event in self.chain.events("NodeSplit")]
            assert [(values["newTokenId"], values["principal"]) for values in told] == list(
                zip(new_ids, principals, strict=True)
            )
            self.model.settle_split(node_id, {values["newTokenId"]: values["claimed"] for values in told})

    @rule(node=PICK, parts=PARTS, odd=st.integers(0, 10**6))
    def split_after_claim(self, node: int, parts: list[int], odd: int) -> None:
        """Where rounding matters most: all that was released is claimed, and the parts have to share it."""
        self.claim_for(0, [node])
        self.split(node, 1, parts, odd)

    @rule(node=PICK, who=PICK, others=st.lists(PICK, max_size=4), alike=st.booleans() | st.just(value=True))
    def merge(self, node: int, who: int, others: list[int], alike: bool) -> None:
        node_id = self.node_id(node)
        sender = self.actor(node_id, who)
        like = self.like(node_id)
        if alike and like:
            # Distinct ones, so that most merges go through.
            ids = [node_id, *dict.fromkeys(pick_from(like, other) for other in others)]
        else:
            ids = [node_id, *self.batch(node_id, others)]
        self.act("merge", sender, "merge", [ids], lambda: self.model.merge(sender, ids))

    @rule(node=PICK, others=st.integers(1, 4))
    def merge_alike(self, node: int, others: int) -> None:
        """The owner merges what can be merged."""
        node_id = self.node_id(node)
        like = self.like(node_id)[:others]
        if like:
            sender = self.model.nodes[node_id].owner
            if sender not in self.model.refusing:
                ids = [node_id, *like]
                self.act("merge", sender, "merge", [ids], lambda: self.model.merge(sender, ids))

    def like(self, node_id: int) -> list[int]:
        """Other nodes that can be merged into a node."""
        node = self.model.nodes.get(node_id)
        if node is None:
            return []
        others = self.model.nodes.values()
        return [other.id for other in others if other.id != node_id and self.alike(node, other)]

    @staticmethod
    def alike(node: Node, other: Node) -> bool:
        return (node.kind, node.owner) == (other.kind, other.owner)

    @rule(node=PICK, who=PICK, whose=PICK, to=PICK, safe=st.booleans())
    def transfer_node(self, node: int, who: int, whose: int, to: int, safe: bool) -> None:
        node_id, receiver = self.node_id(node), self.receiver(to)
        sender, source = self.actor(node_id, who), self.actor(node_id, whose)
        self.act(
            "safeTransferFrom" if safe else "transferFrom",
            sender,
            "safeTransferFrom(address,address,uint256)" if safe else "transferFrom",
            [source, receiver, node_id],
            lambda: self.model.transfer_from(sender, source, receiver, node_id, safe=safe),
        )

    @rule(node=PICK, who=PICK, to=PICK, since=PICK)
    def transfer_as_seen(self, node: int, who: int, to: int, since: int) -> None:
        """The buyer saw the node before the seller did something to it, now and then."""
        node_id, receiver = self.node_id(node), self.receiver(to)
        sender = self.actor(node_id, who)
        there = self.model.nodes.get(node_id)
        source = there.owner if there else self.person(who)
        seen = self.model.fingerprint(there) if there else bytes(32)
        if since % 3 == 0:
            self.claim_for(0, [since])
        self.act(
            "safeTransferFrom as seen",
            sender,
            "safeTransferFrom(address,address,uint256,bytes,bytes32)",
            [source, receiver, node_id, b"", seen],
            lambda: self.model.transfer_as_seen(sender, source, receiver, node_id, seen),
        )

    # ---------------------------------------------------------------- approvals

    @rule(node=PICK, who=PICK, to=PICK)
    def approve(self, node: int, who: int, to: int) -> None:
        node_id, receiver = self.node_id(node), self.receiver(to)
        sender = self.actor(node_id, who)
        self.act(
            "approve", sender, "approve", [receiver, node_id], lambda: self.model.approve(sender, receiver, node_id)
        )

    @rule(who=PICK, operator=PICK, approved=st.booleans())
    def set_approval_for_all(self, who: int, operator: int, approved: bool) -> None:
        sender, other = self.person(who), self.party(operator)
        self.act(
            "setApprovalForAll",
            sender,
            "setApprovalForAll",
            [other, approved],
            lambda: self.model.set_approval_for_all(sender, other, approved),
        )
        assert self.world.adn.isApprovedForAll(sender, other) == ((sender, other) in self.model.operators)

    @rule(node=PICK, who=PICK, operator=PICK, approved=st.booleans() | st.just(value=True))
    def set_claim_approval(self, node: int, who: int, operator: int, approved: bool) -> None:
        node_id, other = self.node_id(node), self.party(operator)
        sender = self.actor(node_id, who)
        self.act(
            "setClaimApproval",
            sender,
            "setClaimApproval",
            [other, approved, node_id],
            lambda: self.model.set_claim_approval(sender, other, approved, node_id),
        )

    @rule(who=PICK, operator=PICK, approved=st.booleans())
    def set_claim_approval_for_all(self, who: int, operator: int, approved: bool) -> None:
        sender, other = self.person(who), self.party(operator)
        self.act(
            "setClaimApprovalForAll",
            sender,
            "setClaimApprovalForAll",
            [other, approved],
            lambda: self.model.set_claim_approval_for_all(sender, other, approved),
        )
        assert self.world.adn.isClaimApprovedForAll(sender, other) == ((sender, other) in self.model.claimers)

    @rule(node=PICK, who=PICK, how=st.integers(0, 2))
    def use_approval(self, node: int, who: int, how: int) -> None:
        """An account with any approval of a node uses it, in each of the ways."""
        there = self.model.nodes.get(self.node_id(node))
        if there is None:
            return
        entitled = {other for owner, other in self.model.operators | self.model.claimers if owner == there.owner}
        entitled = (entitled | {there.approved, there.claimer}) & set(self.world.people)
        if not entitled:
            return
        sender, receiver = str(pick_from(sorted(entitled), who)), self.receiver(who)
        if how == 0:
            self.act("claim by approval", sender, "claim", [there.id], lambda: self.model.claim(sender, there.id))
        elif how == 1:
            self.act(
                "claimTo by approval",
                sender,
                "claimTo",
                [[there.id], receiver],
                lambda: self.model.claim_to(sender, [there.id], receiver),
            )
        else:
            owner = there.owner
            self.act(
                "transferFrom by approval",
                sender,
                "transferFrom",
                [owner, receiver, there.id],
                lambda: self.model.transfer_from(sender, owner, receiver, there.id),
            )

    # ----------------------------------------------------------------- programs

    @rule(who=PICK, operator=PICK, issuer=PICK, length=LENGTH, age=st.integers(-1, 10**8), quota=AMOUNT)
    def create_program(self, *, who: int, operator: int, issuer: int, length: int, age: int, quota: int) -> None:
        sender = self.world.admin if who % 4 else self.person(who // 4)
        handler = self.party(operator)
        only = ZERO if issuer % 2 else self.person(issuer // 2)
        origin = self.model.now - age
        self.act(
            "createProgram",
            sender,
            "createProgram",
            [handler, only, length, origin, quota],
            lambda: self.model.create_program(sender, handler, only, length=length, origin=origin, quota=quota),
        )

    @rule(who=PICK, program=PICK, amount=AMOUNT)
    def grant_quota(self, who: int, program: int, amount: int) -> None:
        sender, program_id = self.world.admin if who % 4 else self.person(who // 4), self.program_id(program)
        self.act(
            "grantQuota",
            sender,
            "grantQuota",
            [program_id, amount],
            lambda: self.model.grant_quota(sender, program_id, amount),
        )

    @rule(who=PICK, program=PICK, really=st.integers(0, 3))
    def close_program(self, who: int, program: int, really: int) -> None:
        program_id = self.program_id(program)
        terms = self.model.programs.get(program_id)
        # Rarely the public one, lest most runs end without anywhere to mint.
        if program_id == PUBLIC and really:
            return
        sender = terms.operator if terms and who % 4 == 0 else self.person(who // 4)
        self.act(
            "closeProgram", sender, "closeProgram", [program_id], lambda: self.model.close_program(sender, program_id)
        )

    @rule(who=PICK, program=PICK, operator=PICK)
    def set_program_operator(self, who: int, program: int, operator: int) -> None:
        program_id, other = self.program_id(program), self.party(operator)
        terms = self.model.programs.get(program_id)
        sender = terms.operator if terms and who % 2 else self.person(who // 2)
        self.act(
            "setProgramOperator",
            sender,
            "setProgramOperator",
            [program_id, other],
            lambda: self.model.set_program_operator(sender, program_id, other),
        )

    # ----------------------------------------------------------- coins and time

    @rule(who=PICK, to=PICK, amount=AMOUNT)
    def pay(self, who: int, to: int, amount: int) -> None:
        sender, receiver = self.person(who), self.receiver(to)
        self.act("pay", sender, "transfer", [receiver, amount], lambda: self.model.transfer(sender, receiver, amount))

    def move_clock(self, timestamp: int) -> None:
        self.chain.now = self.model.now = timestamp
        self.done["time"] += 1

    @rule(seconds=st.integers(1, 2 * DAY))
    def wait(self, seconds: int) -> None:
        self.move_clock(self.model.now + seconds)

    @rule(node=PICK, ahead=st.integers(1, 3), off=st.integers(-1, 1))
    def wait_for_boundary(self, node: int, ahead: int, off: int) -> None:
        """To a second before, at or after the end of one of a node's periods."""
        there = self.model.nodes.get(self.node_id(node))
        if there is not None:
            periods = (self.model.now - there.start) // there.length + ahead
            self.move_clock(max(self.model.now, there.start + periods * there.length + off))

    @rule(periods=st.integers(1, 20))
    def wait_long(self, periods: int) -> None:
        self.move_clock(self.model.now + periods * WEEK)

    # --------------------------------------------------------------- invariants

    def seen(self) -> bytes:
        """All that can be seen on the chain."""
        adn = self.world.adn.address
        lens = self.world.lens
        data = lens.encode("look", adn, list(self.model.nodes), self.accounts)
        return self.chain.send(ZERO, lens.address, data, static=True)

    def foreseen(self) -> list[int]:
        """The same, from the model."""
        model = self.model
        words = [model.supply, model.burned, model.outstanding, model.budget, len(model.programs)]
        for program in model.programs.values():
            parties = [int(program.operator, 16), int(program.issuer, 16)]
            words += [*parties, program.quota, program.burned, program.closed]
        held = Counter(node.owner for node in model.nodes.values())
        for account in self.accounts:
            words += [model.coins[account], held[account]]
        for node in model.nodes.values():
            words += [int(node.owner, 16), node.principal, node.claimed, model.claimable(node)]
            words += [int(node.approved, 16), int(node.claimer, 16)]
        return words

    @invariant()
    def chain_is_as_foreseen(self) -> None:
        raw = self.seen()[64:]
        assert [int.from_bytes(raw[at : at + 32], "big") for at in range(0, len(raw), 32)] == self.foreseen()

    @invariant()
    def g1_solvency(self) -> None:
        # The model's totals are the chain's: that was just compared.
        model = self.model
        assert model.supply + model.outstanding <= CAP
        assert model.supply + model.outstanding == GENESIS + 9 * model.burned
        quotas = sum(program.quota for program in model.programs.values())
        assert model.budget + quotas + model.burned == BUDGET

    @invariant()
    def g2_conservation_and_g3_never_early(self) -> None:
        model = self.model
        principals: Counter[int] = Counter()
        remaining: Counter[int] = Counter()
        claimable: Counter[int] = Counter()
        for node in model.everything:
            principals[node.family] += node.principal
            remaining[node.family] += 10 * node.principal - node.claimed
            claimable[node.family] += model.claimable(node)
        for name, family in model.families.items():
            assert principals[name] == family.principal
            assert family.paid + remaining[name] == 10 * family.principal
            most = curve_floor(family.principal, family.periods(model.now))
            assert family.paid + claimable[name] <= most
        self.sound = True
        type(self).steps += 1

    def teardown(self) -> None:
        try:
            if self.sound:
                self.live_to_the_end()
        finally:
            self.scope.__exit__(None, None, None)

    def live_to_the_end(self) -> None:
        """Runs the clock to the end of every node and claims all: G2 in full."""
        ends = [family.start + 100 * family.length for family in self.model.families.values()]
        self.move_clock(max([self.model.now, *ends]))
        ids = list(self.model.nodes)
        if ids:
            self.act("claimFor at the end", self.world.stranger, "claimFor", [ids], lambda: self.model.claim_for(ids))
        self.chain_is_as_foreseen()
        assert all(family.paid == 10 * family.principal for family in self.model.families.values())
        assert self.world.adn.outstanding() == 0
