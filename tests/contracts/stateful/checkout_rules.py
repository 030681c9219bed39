"""What people do besides paying, at random: alliances, rewards and custody; and with that the whole state machine."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from fec.core.durations import DAY
from fec.protocol import acts
from fec.protocol.acts import ActKind
from fec.protocol.members import REMOVAL_DELAY
from tests.contracts.custody.acts import acts_hash
from tests.contracts.stateful.checkout_machine import KEYS
from tests.contracts.stateful.node_machine import PICK, pick_from
from tests.contracts.stateful.order_rules import ORDER, RARE, WEI, OrderRules
from tests.contracts.stateful.settlement_machine import LEAVES
from tests.contracts.support.merkle import proof, root
from tests.contracts.support.settling import packed
from tests.contracts.support.shop_world import NEVER, Member
from tests.contracts.support.world import FEC

#: How signers change, by kind.
CHANGES = {
    ActKind.ADD_SIGNER: acts.add_signer,
    ActKind.ASK_REMOVAL: acts.ask_removal,
    ActKind.CANCEL_REMOVAL: acts.cancel_removal,
    ActKind.REMOVE_SIGNER: acts.remove_signer,
}
REASON = b"review".ljust(32, b"\0")


class CheckoutMachine(OrderRules):
    """See `tests.contracts.stateful.checkout_machine`."""

    @initialize()
    def fill_vaults(self) -> None:
        for member in range(len(self.members)):
            self.fill_vault(member, 10**4 * FEC)
        # Of the others none was ever added.
        self.change_signers(member=0, by=1, whom=4, kind=0)

    # ---------------------------------------------------------------- alliances

    @rule(program=PICK, who=PICK)
    def found_alliance(self, program: int, who: int) -> None:
        program_id = self.program_id(program)
        sender = self.operator(program_id, who)
        self.at_checkout(
            "foundAlliance",
            sender,
            "foundAlliance",
            [program_id],
            lambda: self.model.found_alliance(sender, program_id),
        )

    @rule(program=PICK, candidate=PICK, who=PICK, approved=st.booleans() | st.just(value=True))
    def approve_candidate(self, program: int, candidate: int, who: int, approved: bool) -> None:
        program_id, other = self.program_id(program), self.program_id(candidate)
        sender = self.operator(program_id, who)
        self.at_checkout(
            "approveCandidate",
            sender,
            "approveCandidate",
            [program_id, other, approved],
            lambda: self.model.approve_candidate(sender, program_id, other, approved),
        )

    def approve(self, member: int, candidate: int) -> None:
        operator = self.model.programs[member].operator
        self.at_checkout(
            "approveCandidate",
            operator,
            "approveCandidate",
            [member, candidate, True],
            lambda: self.model.approve_candidate(operator, member, candidate, approved=True),
        )

    @rule(program=PICK, alliance=PICK, who=PICK, welcome=st.booleans())
    def join_alliance(self, program: int, alliance: int, who: int, welcome: bool) -> None:
        program_id, alliance_id = (
            self.program_id(program),
            self.numbered(len(self.model.alliances), alliance),
        )
        for member in list(self.model.alliances.get(alliance_id, [])) if welcome else []:
            self.approve(member, program_id)
        sender = self.operator(program_id, who)
        self.at_checkout(
            "joinAlliance",
            sender,
            "joinAlliance",
            [program_id, alliance_id],
            lambda: self.model.join_alliance(sender, program_id, alliance_id),
        )

    @rule(program=PICK, who=PICK)
    def leave_alliance(self, program: int, who: int) -> None:
        program_id = self.program_id(program)
        sender = self.operator(program_id, who)
        self.at_checkout(
            "leaveAlliance",
            sender,
            "leaveAlliance",
            [program_id],
            lambda: self.model.leave_alliance(sender, program_id),
        )
        members = {name: self.world.checkout.membersOf(name) for name in self.model.alliances}
        assert members == self.model.alliances

    # ------------------------------------------------------------------ rewards

    @rule(program=PICK, who=PICK, shopper=PICK, amount=WEI, around=st.integers(-9, 1))
    def reward(self, program: int, who: int, shopper: int, amount: int, around: int) -> None:
        """Now and then all that is left of the quota, or a wei more or less."""
        program_id, receiver = self.shop_id(program), self.receiver(shopper)
        if around >= -1 and program_id in self.model.programs:
            amount = max(0, self.model.programs[program_id].quota - self.model.reserved(program_id) + around)
        sender = self.keeper(program_id, who)
        self.at_checkout(
            "reward",
            sender,
            "reward",
            [program_id, receiver, amount, REASON],
            lambda: self.model.reward(sender, program_id, receiver, amount),
        )

    @rule(program=PICK, who=PICK, leaves=LEAVES, ref=st.integers(0, 7), around=st.integers(-9, 1))
    def settle_sales(self, *, program: int, who: int, leaves: list[tuple[int, int]], ref: int, around: int) -> None:
        """Under one of few references, so that some were used. Now and then for the whole quota, or a wei off."""
        program_id, some, name = self.shop_id(program), self.leaves_of(leaves), ref.to_bytes(32, "big")
        if around >= -1 and program_id in self.model.programs:
            left = self.model.programs[program_id].quota - self.model.reserved(program_id) + around
            some = [(self.owner(who), max(0, left))]
        sender = self.keeper(program_id, who)
        found = self.at_checkout(
            "settle sales",
            sender,
            "settle",
            [program_id, packed(some), name],
            lambda: self.model.settle_sales(sender, program_id, some, name),
        )
        if found is not None:
            [event] = self.chain.events("Settled")
            assert event.values == {"programId": program_id, "ref": name, "settlementId": found, "payer": sender}
            self.check_settlement(self.model.settlements[found])
        kept = [self.world.checkout.settlementOfRef(program_id, number.to_bytes(32, "big")) for number in range(8)]
        known = self.model.references
        assert kept == [known.get((program_id, number.to_bytes(32, "big")), 0) for number in range(8)]

    @rule(
        program=PICK,
        who=PICK,
        rewards=st.lists(st.tuples(PICK, WEI), min_size=1, max_size=6),
        short=st.integers(0, 6),
        ahead=st.integers(-1, 3 * DAY) | st.integers(DAY, 400 * DAY),
        takers=st.lists(PICK, max_size=4),
    )
    def fund_rewards(
        self, *, program: int, who: int, rewards: list[tuple[int, int]], short: int, ahead: int, takers: list[int]
    ) -> None:
        """One in seven is funded with a wei too little. Some are taken at once."""
        program_id = self.shop_id(program)
        leaves = [(self.shopper(shopper), amount) for shopper, amount in rewards]
        amount = sum(amount for _, amount in leaves) - (short == 0)
        sender, deadline = self.keeper(program_id, who), self.model.now + ahead
        batch_id = self.at_checkout(
            "fundRewards",
            sender,
            "fundRewards",
            [program_id, root(leaves), amount, deadline, REASON],
            lambda: self.model.fund_rewards(sender, program_id, leaves, amount, deadline),
        )
        for taker in takers if batch_id else []:
            self.take_reward(batch_id - 1, taker, 0, taker)

    @rule(batch=PICK, index=PICK, fault=st.integers(0, 12), who=PICK)
    def take_reward(self, batch: int, index: int, fault: int, who: int) -> None:
        """Mostly one that is due; else as another shopper, amount or index."""
        batch_id = self.numbered(len(self.model.batches), batch)
        there = self.model.batches.get(batch_id)
        leaves = there.rewards if there else [(self.person(who), 1)]
        number = index % len(leaves)
        shopper, amount = leaves[number]
        claimed = {1: (self.world.stranger, amount), 2: (shopper, amount + 1)}.get(fault, (shopper, amount))
        told = number + 1 if fault == 3 else number
        # Leaves commit to their place: with another index it is another leaf.
        proven = claimed == leaves[number] and told == number
        self.at_checkout(
            "takeReward",
            self.person(who),
            "takeReward",
            [batch_id, told, *claimed, proof(leaves, number)],
            lambda: self.model.take_reward(batch_id, told, claimed, proven=proven),
        )

    @rule(batch=PICK, late=st.booleans())
    def reclaim_rewards(self, batch: int, late: bool) -> None:
        batch_id = self.numbered(len(self.model.batches), batch)
        there = self.model.batches.get(batch_id)
        if there and late:
            self.move_clock(max(self.model.now, there.deadline + 1))
        self.reclaim_batch(batch_id)

    # ------------------------------------------------------------------ custody

    @rule(member=PICK, amount=WEI)
    def fill_vault(self, member: int, amount: int) -> None:
        vault, donor = pick_from(self.vaults, member), self.world.genesis
        self.act("pay", donor, "transfer", [vault, amount], lambda: self.model.transfer(donor, vault, amount))

    @rule(order=ORDER, member=PICK, by=PICK, nodes=st.lists(PICK, max_size=3), affordable=st.integers(0, 4))
    def spend_from_vault(
        self, *, order: dict[str, Any], member: int, by: int, nodes: list[int], affordable: int
    ) -> None:
        who, vault = self.acting(pick_from(self.members, member), by // 8), pick_from(self.vaults, member)
        held = [node.id for node in self.model.nodes.values() if node.owner == vault]
        ids = [pick_from(held, node) if held and node % 8 != 7 else self.node_id(node // 8) for node in nodes]
        if affordable < 4 and self.model.coins[vault]:
            order = {**order, "amount": max(1, self.model.coins[vault] * (affordable + 1) // 4)}
        composed, signer = self.compose(order, customer=None if order["odd"] % 16 == 15 else vault)
        spender = KEYS[who.key] if by % 8 != 7 else self.signer(by // 8)
        signature = spender.sign(self.world.custodian.hashSpend(vault, composed.words))
        self.do(
            self.world.custodian,
            self.world.admin,
            "spend",
            [who.words, composed.words, ids, signature],
            lambda: self.model.spend_from_vault(
                vault, composed, ids, signer, member=who.signer, signed=spender.address == who.key
            ),
            action="spend",
        )

    @rule(
        member=PICK,
        by=PICK,
        nodes=st.lists(PICK, max_size=3, unique=True),
        part=st.integers(0, 5),
        to=PICK,
        ahead=st.integers(-1, RARE),
    )
    def withdraw(self, *, member: int, by: int, nodes: list[int], part: int, to: int, ahead: int) -> None:
        """Some nodes and some or all coins; now and then by another's key, for another nonce, or of others' nodes."""
        who, vault = self.acting(pick_from(self.members, member), by // 8), pick_from(self.vaults, member)
        held = [node.id for node in self.model.nodes.values() if node.owner == vault]
        ids = [pick_from(held, node) if held and node % 16 != 15 else self.node_id(node // 16) for node in nodes]
        amount = 2**256 - 1 if part == 5 else self.model.coins[vault] * part // 4 + (part == 4 and to % 4 == 0)
        signer = KEYS[who.key] if by % 8 != 7 else self.signer(by // 8)
        off = ahead if ahead in (-1, 1) and self.model.nonces[vault, who.signer] + ahead >= 0 else 0
        self.take_out(who, list(dict.fromkeys(ids)), amount, self.receiver(to), by=signer, ahead=off)

    @rule(member=PICK, by=PICK, whom=PICK, kind=PICK)
    def change_signers(self, *, member: int, by: int, whom: int, kind: int) -> None:
        """Adds one, asks to remove one, takes that back, or removes one; signed by who acts."""
        first = pick_from(self.members, member)
        change = pick_from(list(CHANGES), kind)
        signer = bytes.fromhex(self.signer(whom // 4).address[2:])
        stored = list(self.model.signers[first.vault])
        if change != ActKind.ADD_SIGNER and stored and whom % 4 != 3:
            signer = pick_from(stored, whom // 4)
        self.change(first, self.acting(first, by), change, signer)

    @rule(member=PICK, by=PICK, whom=PICK, waited=st.integers(-1, 3))
    def remove_another(self, *, member: int, by: int, whom: int, waited: int) -> None:
        """Asks, and waits until it may be removed, give or take a second; now and then it cancels meanwhile."""
        first = pick_from(self.members, member)
        who = self.acting(first, by)
        signer = pick_from(self.model.present(first.vault), whom)
        if not self.change(first, who, ActKind.ASK_REMOVAL, signer):
            return
        if waited > 1:
            self.change(first, self.as_signer(first, signer), ActKind.CANCEL_REMOVAL, signer)
        self.move_clock(self.model.now + REMOVAL_DELAY + min(waited, 1))
        self.change(first, who, ActKind.REMOVE_SIGNER, signer)

    def change(self, first: Member, who: Member, change: ActKind, signer: bytes) -> Any:
        """One change of a vault's signers, signed by `who`; None if it was refused."""
        wanted, vault = CHANGES[change]("0x" + signer.hex()), first.vault
        nonce = self.model.nonces[vault, who.signer]
        digest = acts_hash(self.world.custodian.address, who, [wanted], nonce=nonce)
        return self.do(
            self.world.custodian,
            self.world.admin,
            "act",
            [who.words, [wanted.fields], nonce, NEVER, KEYS[who.key].sign(digest)],
            lambda: self.model.change_signers(vault, change, signer, member=who.signer, nonce=nonce),
            action=change.name.lower().replace("_", " "),
        )

    # ------------------------------------------------------------------- strays

    @rule(who=PICK, amount=WEI)
    def bare_transfer(self, who: int, amount: int) -> None:
        """Coins sent to Checkout with no order pay for nothing."""
        sender, checkout = self.person(who), self.model.checkout
        moved = self.act(
            "pay", sender, "transfer", [checkout, amount], lambda: self.model.transfer(sender, checkout, amount)
        )
        if moved:
            self.model.strays += amount
