"""Who takes part: stores with their terms, households with or without a wallet, a brand, causes, a keeper, a relayer.

Everything follows from the seed: keys, terms, who has a wallet.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from enum import Enum

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from demo.data import DAY, Basket, Year
from fec.core.amounts import WEI_PER_FEC
from fec.protocol.members import Member
from fec.protocol.terms import Terms, Tier

#: 100 FEC per dollar.
WEI_PER_CENT: int = WEI_PER_FEC
HOUR = 3_600
#: Short ones, so that coins flow back, and are spent, while the year goes on.
PERIOD_LENGTHS = (12 * HOUR, DAY, 3 * DAY, 7 * DAY)
TIERS = (Tier(0, 1_000), Tier(10_000, 1_200), Tier(50_000, 1_500))
RETURN_WINDOW = 14 * DAY
DONATION_BPS = 100
CAUSES = 3
ALLIANCE_SIZE = 8
#: A grid for all programs: Monday, 5 January 1970.
ORIGIN = 4 * DAY
#: One store in so many takes goods back, or donates.
WINDOWS_EVERY = 3
DONORS_EVERY = 2


class Habit(Enum):
    """How a household pays."""

    CUSTODY = "the brand pays and keeps the nodes; the member spends what flows back"
    ALLOWANCE = "out of an allowance to the till, or of nodes once enough has flowed back"
    AUTHORIZATION = "by a signature that others send (ERC-3009): coins, but no gas coin"
    PERMIT = "with a permit (ERC-2612)"
    ONE_CALL = "by sending the coins along with the order (ERC-1363)"


#: Dealt out to the households in turn.
HABITS = (
    Habit.CUSTODY,
    Habit.ALLOWANCE,
    Habit.AUTHORIZATION,
    Habit.ALLOWANCE,
    Habit.CUSTODY,
    Habit.PERMIT,
    Habit.ALLOWANCE,
    Habit.ONE_CALL,
)


@dataclass(frozen=True)
class Store:
    """A merchant: its program is known once it was admitted."""

    number: int
    merchant: str
    """Operates the program and receives the merchant's part."""
    till: LocalAccount
    """Signs invoices, takes goods back, gives rewards."""
    period_length: int
    terms: Terms
    quota: int
    """Principal that it may burn, in wei."""


@dataclass(frozen=True)
class Household:
    """A shopper: with a wallet, or a member of the brand, who has a key but no wallet yet."""

    number: int
    key: LocalAccount
    member: Member | None
    habit: Habit
    budget: int
    """FEC that the year will take, in wei."""


@dataclass(frozen=True)
class Cast:
    """Everybody."""

    stores: dict[int, Store]
    households: dict[int, Household]
    alliance: tuple[int, ...]
    """Stores that share tier credit."""
    brand: LocalAccount
    keeper: str
    """Claims for others and captures orders."""
    relayer: str
    """Sends what shoppers without gas coin have signed."""
    stranger: str
    """Sends members' withdrawals: anybody can."""
    causes: tuple[str, ...]

    @property
    def members(self) -> list[tuple[Household, Member]]:
        """Households without a wallet, and how the brand's custodian knows them."""
        return [(each, each.member) for each in self.households.values() if each.member is not None]


def account(seed: str, role: str, number: int = 0) -> LocalAccount:
    """Somebody's key, always the same for the same seed."""
    key: LocalAccount = Account.from_key(keccak(text=f"{seed}/{role}/{number}"))
    return key


def address(seed: str, role: str, number: int = 0) -> str:
    """Address of somebody who signs no messages, always the same for the same seed."""
    return to_checksum_address(keccak(text=f"{seed}/{role}/{number}")[-20:])


def spend_of(baskets: tuple[Basket, ...]) -> int:
    """What baskets cost together, in wei."""
    return sum(basket.cents for basket in baskets) * WEI_PER_CENT


def gather(year: Year, seed: str) -> Cast:
    """Everybody needed for a year's baskets. The stores with most baskets form the alliance."""
    brand = account(seed, "brand")
    causes = tuple(address(seed, "cause", number) for number in range(CAUSES))
    spend: Counter[int] = Counter()
    budgets: Counter[int] = Counter()
    visits = Counter(basket.store for basket in year.baskets)
    for basket in year.baskets:
        spend[basket.store] += basket.cents * WEI_PER_CENT
        budgets[basket.household] += basket.cents * WEI_PER_CENT
    busiest = [store for store, _ in sorted(visits.items(), key=lambda item: (-item[1], item[0]))]
    return Cast(
        stores={number: _store(number, spend[number], causes, seed) for number in year.stores},
        households={
            number: _household(number, position, budgets[number], brand.address, seed)
            for position, number in enumerate(sorted(budgets))
        },
        alliance=tuple(busiest[:ALLIANCE_SIZE]),
        brand=brand,
        keeper=address(seed, "keeper"),
        relayer=address(seed, "relayer"),
        stranger=address(seed, "stranger"),
        causes=causes,
    )


def _store(number: int, spend: int, causes: tuple[str, ...], seed: str) -> Store:
    rng = random.Random(f"{seed}/store/{number}")
    merchant, till = address(seed, "merchant", number), account(seed, "till", number)
    donates = rng.randrange(DONORS_EVERY) == 0
    terms = Terms(
        signer=till.address,
        treasury=merchant,
        tiers=TIERS,
        return_window=RETURN_WINDOW if rng.randrange(WINDOWS_EVERY) == 0 else 0,
        donation_bps=DONATION_BPS if donates else 0,
        causes=causes if donates else (),
        min_claim=WEI_PER_FEC,
    )
    # A quarter of what will be spent is more than the highest tier burns, rewards included.
    quota = 100 * WEI_PER_FEC + spend // 4
    return Store(number, merchant, till, rng.choice(PERIOD_LENGTHS), terms, quota)


def _household(number: int, position: int, budget: int, brand: str, seed: str) -> Household:
    key = account(seed, "household", number)
    salt = "0x" + keccak(text=f"{seed}/salt/{number}").hex()
    habit = HABITS[position % len(HABITS)]
    member = Member(brand, key.address, salt) if habit is Habit.CUSTODY else None
    return Household(number, key, member, habit, budget)
