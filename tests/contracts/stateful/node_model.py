"""What the protocol promises, written again in plain Python: exact rationals, sets and dictionaries.

Each method does what the contract's function of that name does, or raises `Refused` with the error and values that the
contract must revert with. Amounts in wei, times in seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from eth_abi import encode
from eth_utils import keccak

from fec.core import curve
from fec.core.durations import DAY, HOUR
from tests.contracts.support.evm import ZERO

#: (1.05^k − 1)·20^100, so that w(k) = RISE[k] / RISE[100].
RISE = [21**k * 20 ** (100 - k) - 20**100 for k in range(101)]
#: The contract's fixed point is below the exact value by less than 2^-23 wei.
NEAR = RISE[100] >> 23
MIN_PERIOD, MAX_PERIOD = 12 * HOUR, 90 * DAY
MIN_SPLIT = 10**15


class Refused(Exception):
    """The contract must revert so."""

    def __init__(self, name: str, *values: Any) -> None:
        super().__init__(name, *values)
        self.name = name
        self.values = values


def curve_floor(principal: int, k: int) -> int:
    """floor(10·P·w(k)) in wei, exactly."""
    return 10 * principal * RISE[k] // RISE[100]


def released(principal: int, k: int) -> int:
    """What a node has released in wei: the exact floor, or 1 wei below if that is within the bound of 2^-23 wei."""
    whole, rest = divmod(10 * principal * RISE[k], RISE[100])
    if rest >= NEAR or k == 100:
        return whole
    twin = curve.released(principal, k)
    assert whole - 1 <= twin <= whole
    return twin


@dataclass
class Program:
    operator: str
    issuer: str
    length: int
    origin: int
    quota: int
    granted: int
    closed: bool = False
    minted: int = 0

    @property
    def burned(self) -> int:
        return self.granted - self.quota


@dataclass
class Family:
    """All that came out of one mint by splits; merges join families. `paid` is all that its nodes ever paid."""

    start: int
    length: int
    principal: int
    paid: int = 0

    def periods(self, now: int) -> int:
        return min(100, (now - self.start) // self.length)


@dataclass
class Node:
    id: int
    owner: str
    principal: int
    family: int
    program: int
    start: int
    length: int
    claimed: int = 0
    held: int = 0
    held_until: int = 0
    approved: str = ZERO
    claimer: str = ZERO

    @property
    def kind(self) -> int:
        """Equal for nodes that can be merged."""
        return self.id >> 136

    def periods(self, now: int) -> int:
        return min(100, (now - self.start) // self.length)

    def released(self, now: int) -> int:
        """By the curve, less what a merge holds back until the period ends."""
        return released(self.principal, self.periods(now)) - (self.held if now < self.held_until else 0)


@dataclass
class Model:
    """The state of everything. `refusing` are contracts that do not take nodes safely."""

    admin: str
    adn: str
    cap: int
    genesis: int
    budget: int
    now: int
    coins: dict[str, int]
    refusing: set[str]
    programs: dict[int, Program] = field(default_factory=dict)
    nodes: dict[int, Node] = field(default_factory=dict)
    #: Settled, but not opened yet: nodes that the chain does not know as tokens.
    unopened: dict[int, Node] = field(default_factory=dict)
    gone: dict[int, None] = field(default_factory=dict)
    families: dict[int, Family] = field(default_factory=dict)
    operators: set[tuple[str, str]] = field(default_factory=set)
    claimers: set[tuple[str, str]] = field(default_factory=set)
    burned: int = 0

    # ------------------------------------------------------------------- views

    @property
    def supply(self) -> int:
        return sum(self.coins.values())

    @property
    def outstanding(self) -> int:
        return sum(10 * node.principal - node.claimed for node in self.everything)

    @property
    def everything(self) -> list[Node]:
        """All nodes, those that are not opened yet included."""
        return [*self.nodes.values(), *self.unopened.values()]

    def claimable(self, node: Node) -> int:
        return max(0, node.released(self.now) - node.claimed)

    def fingerprint(self, node: Node) -> bytes:
        """ERC-5646, as of chain id 1, which is pyrevm's."""
        words = [1, self.adn, node.id, node.principal, node.claimed, node.held, node.held_until]
        return keccak(encode(["uint256", "address", *["uint256"] * 5], words))

    def members(self, family: int) -> list[Node]:
        return [node for node in self.nodes.values() if node.family == family]

    # ------------------------------------------------------------------- coins

    def transfer(self, sender: str, to: str, amount: int) -> None:
        if to == ZERO:
            raise Refused("ERC20InvalidReceiver", ZERO)
        self._spend(sender, amount)
        self.coins[to] += amount

    def _spend(self, sender: str, amount: int) -> None:
        if self.coins[sender] < amount:
            raise Refused("ERC20InsufficientBalance", sender, self.coins[sender], amount)
        self.coins[sender] -= amount

    # ------------------------------------------------------------------- nodes

    def mint(self, sender: str, program_id: int, amount: int, to: str) -> int:
        program = self._open(program_id)
        if program.issuer not in (ZERO, sender):
            raise Refused("ADN_NotIssuer", program_id, sender, program.issuer)
        if amount == 0:
            raise Refused("ADN_ZeroPrincipal")
        if amount > program.quota:
            raise Refused("ADN_QuotaExceeded", program_id, amount, program.quota)
        if self.coins[sender] < amount:
            raise Refused("ERC20InsufficientBalance", sender, self.coins[sender], amount)
        self._check_receiver(to, safe=True)
        self._spend(sender, amount)
        program.quota -= amount
        program.minted += 1
        self.burned += amount
        start = self.now - (self.now - program.origin) % program.length
        node_id = program_id << 200 | program.length << 176 | start << 136 | amount << 40 | program.minted
        self.families[node_id] = Family(start, program.length, amount)
        self.nodes[node_id] = Node(node_id, to, amount, node_id, program_id, start, program.length)
        return node_id

    def claim(self, sender: str, node_id: int) -> None:
        node = self._node(node_id)
        self._check_claimer(sender, node)
        if not self.claimable(node):
            raise Refused("ADN_NothingToClaim", node_id)
        self._pay(node, sender)

    def claim_to(self, sender: str, ids: list[int], to: str) -> int:
        if not ids:
            raise Refused("ADN_BatchTooShort", 0, 1)
        for node_id in ids:
            node = self._node(node_id)
            if (node.owner, sender) not in self.operators:
                self._check_claimer(sender, node)
        if not any(self.claimable(self.nodes[node_id]) for node_id in ids):
            raise Refused("ADN_NothingToClaim", ids[0])
        if to == ZERO:
            raise Refused("ERC20InvalidReceiver", ZERO)
        return sum(self._pay(self.nodes[node_id], to) for node_id in ids)

    def claim_for(self, ids: list[int]) -> int:
        if not ids:
            raise Refused("ADN_BatchTooShort", 0, 1)
        there = [self._node(node_id) for node_id in ids if node_id not in self.gone]
        return sum(self._pay(node, node.owner) for node in there)

    def split(self, sender: str, node_id: int, parts: list[int]) -> list[int]:
        """Moves principal. How what was claimed is shared out is the contract's to say: `settle_split` judges it."""
        node = self._node(node_id)
        self._check_owner_or_operator(sender, node)
        if not parts:
            raise Refused("ADN_BatchTooShort", 0, 1)
        rest = node.principal
        for part in parts:
            if part < MIN_SPLIT:
                raise Refused("ADN_PrincipalTooSmall", part, MIN_SPLIT)
            if part > rest:
                raise Refused("ADN_SplitExceedsPrincipal", node_id, part, rest)
            rest -= part
        if rest < MIN_SPLIT:
            raise Refused("ADN_PrincipalTooSmall", rest, MIN_SPLIT)
        program = self.programs[node.program]
        new_ids = []
        for part in parts:
            program.minted += 1
            new_id = node.kind << 136 | part << 40 | program.minted
            self.nodes[new_id] = Node(new_id, node.owner, part, node.family, node.program, node.start, node.length)
            new_ids.append(new_id)
        node.principal = rest
        return new_ids

    def settle_split(self, node_id: int, shares: dict[int, int]) -> None:
        """Takes over the shares of what was claimed, in wei by new id.

        They are in proportion to principal but for a wei or so a part, and none is above what its part has released.
        """
        node = self.nodes[node_id]
        parts = [self.nodes[new_id] for new_id in shares]
        whole = node.principal + sum(part.principal for part in parts)
        claimed = node.claimed
        ahead = max(0, claimed - released(whole, node.periods(self.now)))
        for part in parts:
            part.claimed = shares[part.id]
            node.claimed -= part.claimed
            assert 0 <= part.claimed <= released(part.principal, part.periods(self.now))
            assert abs(part.claimed * whole - claimed * part.principal) <= (len(parts) + 1 + node.held + ahead) * whole
        assert node.claimed >= 0

    def merge(self, sender: str, ids: list[int]) -> int:
        if len(ids) < 2:
            raise Refused("ADN_BatchTooShort", len(ids), 2)
        first = self._node(ids[0])
        self._check_owner_or_operator(sender, first)
        for index, other_id in enumerate(ids[1:], 1):
            if other_id == first.id:
                raise Refused("ADN_MergeWithItself", first.id)
            if other_id in ids[1:index]:
                raise Refused("ERC721NonexistentToken", other_id)
            other = self._node(other_id)
            if other.owner != first.owner:
                raise Refused("ERC721IncorrectOwner", first.owner, other_id, other.owner)
            if other.kind != first.kind:
                raise Refused("ADN_UnlikeNodes", first.id, other_id)
        one_by_one = sum(self.nodes[node_id].released(self.now) for node_id in ids)
        for other_id in ids[1:]:
            other = self.nodes.pop(other_id)
            self.gone[other_id] = None
            first.principal += other.principal
            first.claimed += other.claimed
            self._join(first.family, other.family)
        first.held = released(first.principal, first.periods(self.now)) - one_by_one
        period_end = self.now + first.length - (self.now - first.start) % first.length
        first.held_until = period_end if first.held else 0
        first.approved = first.claimer = ZERO
        return first.id

    def transfer_from(self, sender: str, source: str, to: str, node_id: int, *, safe: bool = False) -> None:
        if to == ZERO:
            raise Refused("ERC721InvalidReceiver", ZERO)
        node = self._node(node_id)
        if sender not in (node.owner, node.approved) and (node.owner, sender) not in self.operators:
            raise Refused("ERC721InsufficientApproval", sender, node_id)
        if node.owner != source:
            raise Refused("ERC721IncorrectOwner", source, node_id, node.owner)
        self._check_receiver(to, safe=safe)
        node.owner = to
        node.approved = node.claimer = ZERO

    def transfer_as_seen(self, sender: str, source: str, to: str, node_id: int, expected: bytes) -> None:
        actual = self.fingerprint(self._node(node_id))
        if actual != expected:
            raise Refused("ADN_StateChanged", node_id, expected, actual)
        self.transfer_from(sender, source, to, node_id, safe=True)

    # --------------------------------------------------------------- approvals

    def approve(self, sender: str, to: str, node_id: int) -> None:
        node = self._node(node_id)
        if sender != node.owner and (node.owner, sender) not in self.operators:
            raise Refused("ERC721InvalidApprover", sender)
        node.approved = to

    def set_approval_for_all(self, sender: str, operator: str, approved: bool) -> None:
        if operator == ZERO:
            raise Refused("ERC721InvalidOperator", ZERO)
        (self.operators.add if approved else self.operators.discard)((sender, operator))

    def set_claim_approval(self, sender: str, operator: str, approved: bool, node_id: int) -> None:
        node = self._node(node_id)
        if sender != node.owner:
            raise Refused("ERC721IncorrectOwner", sender, node_id, node.owner)
        if approved:
            node.claimer = operator
        elif node.claimer == operator:
            node.claimer = ZERO

    def set_claim_approval_for_all(self, sender: str, operator: str, approved: bool) -> None:
        (self.claimers.add if approved else self.claimers.discard)((sender, operator))

    # ---------------------------------------------------------------- programs

    def create_program(self, sender: str, operator: str, issuer: str, *, length: int, origin: int, quota: int) -> int:
        self._check_admin(sender)
        if operator == ZERO:
            raise Refused("ADN_ZeroOperator")
        if not MIN_PERIOD <= length <= MAX_PERIOD:
            raise Refused("ADN_PeriodOutOfRange", length, MIN_PERIOD, MAX_PERIOD)
        if origin > self.now:
            raise Refused("ADN_OriginInFuture", origin, self.now)
        self._take(quota)
        program_id = len(self.programs) + 1
        self.programs[program_id] = Program(operator, issuer, length, origin, quota, quota)
        return program_id

    def grant_quota(self, sender: str, program_id: int, amount: int) -> None:
        self._check_admin(sender)
        program = self._open(program_id)
        self._take(amount)
        program.quota += amount
        program.granted += amount

    def close_program(self, sender: str, program_id: int) -> None:
        program = self._open(program_id)
        if sender not in (program.operator, self.admin):
            raise Refused("ADN_NotProgramOperator", program_id, sender)
        self.budget += program.quota
        program.granted -= program.quota
        program.quota = 0
        program.closed = True

    def set_program_operator(self, sender: str, program_id: int, operator: str) -> None:
        program = self._known(program_id)
        if sender != program.operator:
            raise Refused("ADN_NotProgramOperator", program_id, sender)
        if operator == ZERO:
            raise Refused("ADN_ZeroOperator")
        program.operator = operator

    # --------------------------------------------------------------- internals

    def _pay(self, node: Node, to: str) -> int:
        paid = self.claimable(node)
        node.claimed += paid
        self.families[node.family].paid += paid
        self.coins[to] += paid
        return paid

    def _join(self, one: int, other: int) -> None:
        if one == other:
            return
        joined = self.families.pop(other)
        assert (joined.start, joined.length) == (self.families[one].start, self.families[one].length)
        self.families[one].principal += joined.principal
        self.families[one].paid += joined.paid
        for node in self.members(other):
            node.family = one

    def _node(self, node_id: int) -> Node:
        if node_id not in self.nodes:
            raise Refused("ERC721NonexistentToken", node_id)
        return self.nodes[node_id]

    def _known(self, program_id: int) -> Program:
        if program_id not in self.programs:
            raise Refused("ADN_UnknownProgram", program_id)
        return self.programs[program_id]

    def _open(self, program_id: int) -> Program:
        program = self._known(program_id)
        if program.closed:
            raise Refused("ADN_ProgramClosed", program_id)
        return program

    def _take(self, amount: int) -> None:
        if amount > self.budget:
            raise Refused("ADN_BudgetExceeded", amount, self.budget)
        self.budget -= amount

    def _check_admin(self, sender: str) -> None:
        if sender != self.admin:
            raise Refused("OwnableUnauthorizedAccount", sender)

    def _check_claimer(self, sender: str, node: Node) -> None:
        if sender not in (node.owner, node.claimer) and (node.owner, sender) not in self.claimers:
            raise Refused("ADN_NotClaimer", node.id, sender)

    def _check_owner_or_operator(self, sender: str, node: Node) -> None:
        if sender != node.owner and (node.owner, sender) not in self.operators:
            raise Refused("ADN_NotOwnerOrOperator", node.id, sender)

    def _check_receiver(self, to: str, *, safe: bool) -> None:
        if to == ZERO or (safe and to in self.refusing):
            raise Refused("ERC721InvalidReceiver", to)


def coins_of(balances: Iterable[tuple[str, int]]) -> defaultdict[str, int]:
    """Balances in wei by account, zero for all others."""
    return defaultdict(int, balances)
