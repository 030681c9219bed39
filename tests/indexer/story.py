"""What happens on the chain in these tests: one of everything, and as much more as a seed makes up."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from fec.chain.anvil import Anvil
from fec.chain.deployments import Deployment
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import HOUR, WEEK
from fec.i18n.errors import ContractError
from fec.protocol import acts
from fec.protocol.acts import Act as SignedAct
from fec.protocol.members import REMOVAL_DELAY, Member
from fec.protocol.merkle import Reward, RewardTree
from fec.protocol.orders import Invoice, Order
from fec.protocol.settlements import Leaf, SettlementTree, pack
from fec.protocol.terms import Terms, Tier
from tests.fixtures.deployed import MONDAY

Act = Callable[[random.Random], None]


@dataclass
class Story:
    """Some people on one chain."""

    anvil: Anvil
    deployment: Deployment
    seed: int = 0
    numbers: count[int] = field(default_factory=count)
    trees: list[SettlementTree] = field(default_factory=list)
    """Of settlements that were made up; some of them on branches that are gone."""

    def __post_init__(self) -> None:
        accounts = self.anvil.accounts
        self.signer, self.key = accounts[4], accounts[7]
        self.treasury, self.cause = accounts[6].address, accounts[5].address
        self.owner = Client(self.anvil.web3, self.deployment, accounts[0].address)
        self.alice, self.bob, self.shop, self.rival = (
            self.owner.signed_by(accounts[number].address) for number in (1, 2, 3, 8)
        )
        self.member = Member(self.shop.address, self.key.address, "0x" + "5a" * 32)

    # ------------------------------------------------------------- the opening

    def open(self) -> Story:
        """Two programs, one that captures at once and one with a return window, and shoppers with FEC."""
        for client in (self.alice, self.bob, self.shop):
            self.owner.transfer(client.address, 1_000_000 * FEC)
            client.orders.approve(10**30)
        self.at_once, self.escrow = (
            self.owner.programs.create(
                self.shop.address,
                issuer=self.owner.orders.address,
                period_length=WEEK,
                origin=MONDAY,
                quota=10**6 * FEC,
            ).program_id
            for _ in range(2)
        )
        self.shop.terms.set(self.at_once, self.terms())
        self.shop.terms.set(self.escrow, self.terms(return_window=HOUR))
        return self

    def program(self) -> int:
        """A new one of the shop's, with Checkout as its issuer."""
        quota = 100_000 * FEC
        created = self.owner.programs.create(
            self.shop.address, issuer=self.owner.orders.address, period_length=WEEK, origin=MONDAY, quota=quota
        )
        return created.program_id

    def terms(self, return_window: int = 0) -> Terms:
        return Terms(
            signer=self.signer.address,
            treasury=self.treasury,
            tiers=(Tier(0, 1_000), Tier(100, 2_000)),
            return_window=return_window,
            donation_bps=100,
            causes=(self.cause,),
            min_claim=7,
        )

    def order(
        self, program_id: int, amount: int = 100 * FEC, customer: str | None = None, cause: bool = False
    ) -> Order:
        expiry = self.owner.now() + 10 * WEEK
        invoice = Invoice(program_id, f"{self.seed}/{next(self.numbers)}", amount, "USD 1.00", expiry)
        return Order(
            invoice,
            self.owner.orders.sign(invoice, self.signer),
            customer or self.alice.address,
            cause=self.cause if cause else None,
        )

    def pay(self, program_id: int, amount: int = 100 * FEC, *, cause: bool = False) -> str:
        return self.alice.orders.pay(self.order(program_id, amount, cause=cause)).order_key

    def travel(self, seconds: int) -> None:
        self.anvil.travel_to(self.anvil.now + seconds)

    # ------------------------------------------------------- one of everything

    def one_of_everything(self) -> None:
        """At least once, every event that the contracts have, and every way through the orders and nodes."""
        self._programs()
        self._orders()
        self._nodes()
        self._rewards()
        self._custody()
        self._settlements()

    def _programs(self) -> None:
        third = self.owner.programs.create(self.shop.address, period_length=12 * HOUR, origin=MONDAY, quota=5 * FEC)
        self.owner.programs.grant(third.program_id, 7 * FEC)
        self.shop.programs.set_operator(third.program_id, self.rival.address)
        self.rival.programs.close(third.program_id)
        alliance_id = self.shop.terms.found_alliance(self.at_once).alliance_id
        self.shop.terms.approve_candidate(self.at_once, self.escrow)
        self.shop.terms.join_alliance(self.escrow, alliance_id)
        self.shop.terms.leave_alliance(self.at_once)

    def _orders(self) -> None:
        self.pay(self.at_once, cause=True)
        kept, partly, _, gone = (self.pay(self.escrow, cause=number == 0) for number in range(4))
        self.shop.orders.refund(partly, 30 * FEC)
        self.shop.orders.refund(gone, 60 * FEC)
        self.shop.orders.refund(gone)
        self.travel(HOUR)
        self.alice.orders.capture([kept, partly])
        # A program closed meanwhile: the burn share goes back to the payer.
        closing = self.program()
        self.shop.terms.set(closing, self.terms(return_window=HOUR))
        lost = self.pay(closing)
        self.shop.programs.close(closing)
        self.travel(HOUR)
        self.alice.orders.capture([lost])

    def _nodes(self) -> None:
        nodes = self.alice.nodes
        first, second, third = (nodes.mint(1, amount * FEC).token_id for amount in (1_000, 500, 3))
        self.travel(3 * WEEK)
        nodes.claim(first)
        nodes.claim_to([first, second, third], self.bob.address)
        parts = nodes.split(first, [100 * FEC, 1 * FEC]).new_ids
        nodes.transfer(parts[0], self.bob.address)
        nodes.transfer(parts[1], self.alice.address)
        nodes.merge([second, third, parts[1]])
        self.travel(WEEK)
        self.bob.nodes.claim_for([first, second, parts[0]])
        nodes.approve(first, self.bob.address)
        nodes.approve_claims(first, self.bob.address)
        nodes.approve_all_claims(self.bob.address)

    def _rewards(self) -> None:
        self.shop.rewards.reward(self.at_once, self.bob.address, 7 * FEC, "review")
        tree = RewardTree([Reward(index, self.bob.address, FEC + index) for index in range(4)])
        batch_id = self.shop.rewards.fund(self.at_once, tree, self.owner.now() + HOUR, "week 1").batch_id
        self.bob.rewards.take(batch_id, list(tree.proofs())[2])
        self.travel(2 * HOUR)
        self.bob.rewards.reclaim(batch_id)
        # A funder may choose numbers that no column of 64 bits holds.
        far = RewardTree([Reward(2**255, self.bob.address, FEC)])
        batch_id = self.shop.rewards.fund(self.at_once, far, 2**256 - 1).batch_id
        self.bob.rewards.take(batch_id, next(far.proofs()))

    def _custody(self) -> None:
        vault = self.shop.custody.enroll(self.member.id).vault
        self.shop.custody.enroll(self.member.id)
        own = self.owner.signed_by(self.key.address)
        self.shop.transfer(vault, 500 * FEC)
        token_id = self.alice.orders.pay(self.order(self.at_once, customer=vault)).token_id
        own.custody.spend(self.member, self.order(self.at_once, 50 * FEC, customer=vault))
        until = self.owner.now() + HOUR
        own.custody.withdraw(
            self.member,
            own.custody.withdrawal(self.member, self.bob.address, until, token_ids=[token_id or 0], amount=20 * FEC),
        )
        second = self.alice.address
        self._act(vault, acts.add_signer(second), acts.ask_removal(second), acts.cancel_removal(second))
        self._act(vault, acts.ask_removal(second), acts.name_successor(self.bob.address))
        self.travel(REMOVAL_DELAY)
        self._act(vault, acts.remove_signer(second))

    def _act(self, vault: str, *wanted: SignedAct) -> None:
        """By the member's own key."""
        own = self.owner.signed_by(self.key.address)
        own.custody.act(self.member, own.custody.instruction(self.member, vault, wanted, self.owner.now() + HOUR))

    def _settlements(self) -> None:
        """Two settlements: of one leaves are opened, claimed, merged, given and left; of the other none is opened."""
        mine, theirs = self.alice.address, self.bob.address
        leaves = [Leaf(owner, 50 * FEC + number) for number, owner in enumerate([mine, mine, theirs, mine, theirs])]
        tree = self.settle(leaves)
        first = self.open_leaf(tree, 0)
        self.travel(2 * WEEK)
        second = self.open_leaf(tree, 1, claim=True)
        self.alice.nodes.claim(first)
        self.alice.nodes.merge([first, second])
        self.alice.nodes.transfer(self.open_leaf(tree, 3), theirs)
        self.bob.nodes.split(self.open_leaf(tree, 2), [3 * FEC])
        # Settled just now, so nothing is due.
        self.settle([Leaf(theirs, FEC), Leaf(self.cause, 2 * FEC)], self.at_once, "day 1")
        self.open_leaf(self.settle([Leaf(mine, FEC)]), 0, claim=True)

    def settle(self, leaves: Sequence[Leaf], program_id: int = 1, ref: str | None = None) -> SettlementTree:
        """In the public program out of Alice's FEC; in others through Checkout, out of the shop's."""
        client = self.alice if ref is None else self.shop
        settled = client.settlements.settle(program_id, leaves, ref)
        return SettlementTree(settled.settlement_id, pack(leaves))

    def open_leaf(self, tree: SettlementTree, index: int, *, claim: bool = False) -> int:
        """Opens a leaf, by somebody without any rights; gives the node."""
        leaf = tree.proof(index)
        self.rival.settlements.open([leaf], claim=claim)
        return leaf.token_id

    # ------------------------------------------------------------ made up ones

    def branch(self, blocks: int, seed: int) -> None:
        """So many blocks: things happen in the first few; the others are empty."""
        end = self.anvil.web3.eth.block_number + blocks
        for step in range(4):
            if self.anvil.web3.eth.block_number + 3 < end:
                self.play(1, seed + step)
        while self.anvil.web3.eth.block_number < end:
            self.anvil.mine()

    @property
    def acts(self) -> list[Act]:
        """What is done at random."""
        return [self._buy, self._buy, self._mint, self._claim, self._give, self._split, self._merge, *self.settling]

    @property
    def settling(self) -> list[Act]:
        """Of that, what is about settlements."""
        return [self._settle, self._open]

    def play(self, steps: int, seed: int, acts: Sequence[Act] = ()) -> None:
        """So many blocks of shopping, settling, opening, claiming, giving, splitting and merging; `seed` says which."""
        rng = random.Random(seed)
        self.seed = seed
        for _ in range(steps):
            act = rng.choice(acts or self.acts)
            try:
                act(rng)
            except ContractError:
                # Nothing to claim, say, or nothing to merge: then nothing happens in this block.
                self.anvil.mine()

    def _buy(self, rng: random.Random) -> None:
        key = self.pay(rng.choice([self.at_once, self.escrow]), rng.randint(1, 10**21))
        if rng.random() < 0.3:
            self.shop.orders.refund(key, 1)

    def _mint(self, rng: random.Random) -> None:
        self.alice.nodes.mint(1, rng.randint(2 * 10**15, 10**21))

    def _claim(self, rng: random.Random) -> None:
        self.travel(rng.randint(1, WEEK))
        self.bob.nodes.claim_for(self._some(rng, 3))

    def _give(self, rng: random.Random) -> None:
        self.alice.nodes.transfer(self._some(rng, 1)[0], rng.choice([self.alice.address, self.bob.address]))

    def _split(self, rng: random.Random) -> None:
        self.alice.nodes.split(self._some(rng, 1)[0], [10**15 + rng.randint(0, 10**15)] * rng.randint(1, 3))

    def _merge(self, rng: random.Random) -> None:
        self.alice.nodes.merge(self._some(rng, 3))

    def _settle(self, rng: random.Random) -> None:
        people = [self.alice.address, self.alice.address, self.bob.address]
        leaves = [Leaf(rng.choice(people), rng.randint(10**15, 10**20)) for _ in range(rng.randint(1, 9))]
        program_id = rng.choice([1, self.at_once, self.escrow])
        ref = None if program_id == 1 else f"{self.seed}/{next(self.numbers)}"
        self.trees.append(self.settle(leaves, program_id, ref))

    def _open(self, rng: random.Random) -> None:
        tree = rng.choice(self.trees) if self.trees else self.settle([Leaf(self.alice.address, FEC)])
        self.open_leaf(tree, rng.randrange(tree.id.count), claim=rng.random() < 0.5)

    def _some(self, rng: random.Random, most: int) -> list[int]:
        """Some of Alice's nodes of one class, if she has any."""
        nodes = self.alice.nodes.owned_by(self.alice.address)
        if not nodes:
            return [self.alice.nodes.mint(1, FEC).token_id]
        chosen = rng.choice(nodes)
        alike = [node for node in nodes if (node.program_id, node.start) == (chosen.program_id, chosen.start)]
        return [node.token_id for node in rng.sample(alike, min(most, len(alike)))]
