"""The chain with purchases by `fec.replay`, its index, everybody's keys, and what the script was told."""

from __future__ import annotations

import json
import random
from base64 import b64decode
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from sqlalchemy import Engine, select

from demo.data import Year, returns
from fec import store
from fec.chain.anvil import Anvil
from fec.chain.deploy import DeploySettings, deploy
from fec.client.client import Client
from fec.core import curve
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import DAY, HOUR, WEEK
from fec.i18n.errors import ContractError
from fec.indexer import Indexer
from fec.indexer.views import view
from fec.protocol.terms import Tier
from fec.protocol.types import Claimed, Figures, Node
from fec.replay import History, Replay, ReplayReport, ReplaySettings, Row, StoreTerms, Wallets
from fec.replay.preparation import GAS_COIN

MILLION = 1_000_000 * WEI_PER_FEC
PUBLIC_QUOTA = 10_000 * WEI_PER_FEC
#: Short ones, so that coins flow back, and are spent, while the year goes on.
PERIOD_LENGTHS = (12 * HOUR, DAY, 3 * DAY, WEEK)
TIERS = (Tier(0, 1_000), Tier(10_000, 1_200), Tier(50_000, 1_500))
RETURN_WINDOW = 14 * DAY
DONATION_BPS = 100
CAUSES = 3
#: Two cafés that count together what a shopper spends, and what each order there costs: the third reaches a tier.
ALLIANCE = ("café 1", "café 2")
CAFE_TERMS = StoreTerms(tiers=(Tier(0, 1_000), Tier(100, 2_000)), period_length=12 * HOUR)
CAFE_ORDER = 60 * WEI_PER_FEC
#: One store in so many takes goods back, or donates.
WINDOWS_EVERY = 3
DONORS_EVERY = 2


@dataclass(frozen=True)
class Checkpoint:
    """The protocol's books as the chain gave them at a moment, in seconds since the epoch."""

    time: int
    figures: Figures


@dataclass(frozen=True)
class Attempt:
    """Something that must not work, and what the chain said to it."""

    what: str
    refusal: str | None
    """Name of the error; None if it would have worked."""


def terms_by_store(year: Year, wallets: Wallets, seed: str) -> dict[str, StoreTerms]:
    """Every store's terms, by the seed."""
    causes = [to_checksum_address(wallets.shopper(f"cause {number}").address) for number in range(CAUSES)]
    terms = dict.fromkeys(ALLIANCE, CAFE_TERMS)
    for name in year.stores:
        rng = random.Random(f"{seed}/{name}")
        donates = rng.randrange(DONORS_EVERY) == 0
        terms[name] = StoreTerms(
            tiers=TIERS,
            return_window=RETURN_WINDOW if rng.randrange(WINDOWS_EVERY) == 0 else 0,
            period_length=rng.choice(PERIOD_LENGTHS),
            donation_bps=DONATION_BPS if donates else 0,
            cause=rng.choice(causes) if donates else None,
        )
    return terms


class Story:
    """A chain, and what happens on it."""

    def __init__(self, anvil: Anvil, engine: Engine, year: Year, seed: str) -> None:
        """Deploys; `engine` is that of an empty database."""
        self.anvil, self.engine, self.year = anvil, engine, year
        self.rng = random.Random(f"{seed}/story")
        self.wallets = Wallets(seed)
        self.settings = ReplaySettings(exceptions=terms_by_store(year, self.wallets, seed), seed=seed, workers=0)
        returnable = [row for row in year.rows if self.settings.terms_of(row.store).return_window]
        self.rows = tuple(sorted((*year.rows, *returns(returnable, RETURN_WINDOW, seed)), key=lambda row: row.time))
        """Purchases and returns, by time."""
        self.sold: list[Row] = []
        """Orders at the cafés."""
        self.repeated: ReplayReport | None = None
        """What replaying the whole history once more did."""
        self.deployment = deploy(anvil.web3, anvil.accounts[0], self._deployment_terms())
        self.client = Client(anvil.web3, self.deployment, anvil.accounts[0])
        self.indexer = Indexer(engine, anvil.url, self.deployment)
        self.checkpoints: list[Checkpoint] = []
        self.attempts: list[Attempt] = []
        self.flowed_back: Counter[str] = Counter()
        """What nodes paid, by who got it, as their transactions said."""
        self.rewarded: Counter[str] = Counter()
        """What merchants burned into rewards."""
        self.settled: Counter[str] = Counter()
        """What merchants burned for sales that were paid elsewhere."""
        self.portrait = ""
        """SVG that a node drew of itself, half-way through its life."""

    def _deployment_terms(self) -> DeploySettings:
        """Just large enough for the year, so that its picture shows something: all that is burned can flow back."""
        owner = self.anvil.accounts[0].address
        spend = sum(row.amount for row in self.year.rows)
        genesis = -(-spend // MILLION) * MILLION
        headroom = -(-(curve.FACE_MULTIPLE - 1) * (PUBLIC_QUOTA + spend // 5) // MILLION) * MILLION
        return DeploySettings(owner, owner, genesis + headroom, genesis, PUBLIC_QUOTA)

    # --------------------------------------------------------------------- who

    @cached_property
    def shoppers(self) -> dict[str, LocalAccount]:
        """Accounts of all households, by address."""
        return {address: self.account(name) for address, name in self.households.items()}

    @cached_property
    def households(self) -> dict[str, str]:
        """Names of all households, by address."""
        names = dict.fromkeys(row.shopper for row in self.year.rows)
        return {self.account(name).address: name for name in names}

    @property
    def merchants(self) -> dict[str, LocalAccount]:
        """Keys of all stores and cafés, by address."""
        keys = [self.merchant(name) for name in (*self.year.stores, *ALLIANCE)]
        return {key.address: key for key in keys}

    def account(self, name: str) -> LocalAccount:
        """Anybody's key by name, the same for the same seed."""
        account: LocalAccount = Account.from_key(self.wallets.shopper(name).key)
        return account

    def merchant(self, name: str) -> LocalAccount:
        """A store's key."""
        account: LocalAccount = Account.from_key(self.wallets.store(name).key)
        return account

    def signed_by(self, account: LocalAccount | str) -> Client:
        """The deployment seen by an account, which has gas coin from here on."""
        address = account if isinstance(account, str) else account.address
        self.anvil.request("anvil_setBalance", address, hex(GAS_COIN))
        return self.client.signed_by(account)

    # -------------------------------------------------------------------- what

    def nodes(self) -> list[Node]:
        """All nodes as they stand, by the index."""
        self.indexer.sync()
        found = view("nodes_latest")
        with store.reading(self.engine) as connection:
            rows = connection.execute(select(found).where(found.c.owner.is_not(None)).order_by(found.c.token_id))
            return [Node(row.token_id, row.owner, row.principal, row.claimed) for row in rows]

    def nodes_by_owner(self) -> Mapping[str, list[Node]]:
        """The same, by owner."""
        held: defaultdict[str, list[Node]] = defaultdict(list)
        for node in self.nodes():
            held[node.owner].append(node)
        return held

    def programs(self) -> dict[str, int]:
        """Programs by their operator's address, by the index."""
        self.indexer.sync()
        with store.reading(self.engine) as connection:
            return {row.operator: row.program_id for row in connection.execute(select(view("programs_latest")))}

    # --------------------------------------------------------------------- acts

    def replay(self, until: int, *, leave_open: bool) -> ReplayReport:
        """Puts all purchases and returns before a moment on the chain."""
        rows = tuple(row for row in self.rows if row.time < until)
        settings = replace(self.settings, leave_open=leave_open)
        return Replay(self.client, self.anvil.accounts[0], settings).run(History(rows, ()))

    def checkpoint(self) -> None:
        """Notes what the chain's books say now, at a block of their own."""
        self.anvil.travel_to(self.anvil.now + 1)
        self.checkpoints.append(Checkpoint(self.anvil.now, self.client.figures()))

    def told(self, claimed: Claimed) -> None:
        """Notes what a claim paid."""
        for payout in claimed.payouts:
            self.flowed_back[payout.recipient] += payout.amount

    def ready(self, store: str, amount: int) -> Client | None:
        """A merchant who can burn so much: it has the coins, Checkout may take them, its program has quota for them."""
        key = self.merchant(store)
        program = self.programs().get(key.address)
        if program is None or self.client.balance(key.address) < amount:
            return None
        self.client.programs.grant(program, amount)
        merchant = self.signed_by(key)
        merchant.orders.approve(amount)
        return merchant

    def attempt(self, what: str, act: Callable[[], object]) -> None:
        """Tries something, and notes the refusal: what a contract refuses is not sent."""
        try:
            act()
        except ContractError as error:
            self.attempts.append(Attempt(what, error.name))
        else:
            self.attempts.append(Attempt(what, None))

    def claim_for_owners(self, most: int | None = None) -> None:
        """A stranger claims for the owners of the nodes that have most to pay."""
        now = self.client.now()
        ready = sorted((node for node in self.nodes() if node.claimable(now)), key=lambda node: -node.claimable(now))
        stranger = self.signed_by(self.account("stranger"))
        for batch in stranger.nodes.batches([node.token_id for node in ready[:most]]):
            self.told(stranger.nodes.claim_for(batch))

    def take_portrait(self) -> None:
        """Keeps the picture of the largest node that is between half and three quarters of its way."""
        now, half, most = self.client.now(), curve.PERIODS // 2, curve.PERIODS * 3 // 4
        nodes = [node for node in self.nodes() if node.claimable(now) and half < node.period(now) < most]
        if nodes:
            uri = self.client.nodes.token_uri(max(nodes, key=lambda node: node.principal).token_id)
            image = json.loads(b64decode(uri.partition(",")[2]))["image"]
            self.portrait = b64decode(image.partition(",")[2]).decode()
