"""Settlements: many nodes under one root, their leaves as the logs have them, and opening these.

    settled = client.settlements.settle(program_id, [Leaf(shopper, principal), …])
    proven = client.settlements.proof(settled.settlement_id, 0)
    client.settlements.open([proven], claim=True)

All that is asked is an RPC endpoint that keeps logs; where it does not, a leaf that was kept as a file opens its node.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, TypeVar

from web3 import Web3
from web3.types import EventData, TxReceipt

from fec.chain.contracts import Handle, basics
from fec.chain.gas import MARGIN, MOST_GAS
from fec.chain.rpc import clear_errors
from fec.client.errors import LogsMissing, OwnerRefused
from fec.core.node_id import NodeId
from fec.core.settlement_id import SettlementId
from fec.i18n.errors import InvalidArgument, NotFound
from fec.protocol import calls, relays
from fec.protocol.addresses import ADDRESS_ZERO, checked_address
from fec.protocol.calls import ContractCall
from fec.protocol.refusals import sentences
from fec.protocol.relays import RelayedCall
from fec.protocol.settlements import Leaf, ProvenLeaf, SettlementTree, leaf_at, leaves_of
from fec.protocol.types import Node, Opened, Payout, Settled, SettledFigures, Settlement, UnopenedNode

#: Most gas of an opening, and of one that claims: when the owner never had a node or FEC, and 24 hashes in the proof.
OPEN_GAS = 70_000
OPEN_AND_CLAIM_GAS = 110_000
#: Public endpoints limit how many values one search of logs may name.
_VALUES_PER_SEARCH = 100
_UNKNOWN_NODE = "ERC721NonexistentToken"
_OPENED_BEFORE = "ADN_AlreadyOpened"
_NO_LEAF = "ADN_NoSuchLeaf"

T = TypeVar("T")


class Settlements:
    """Settlements of one deployment. Amounts in wei, times in seconds. What sends raises as `Sender.send` does."""

    def __init__(self, adn: Handle, checkout: Handle, relay: Handle, web3: Web3, own: Collection[str]) -> None:
        """Takes the contracts, the connection, and addresses of the protocol's own contracts."""
        self._adn = adn
        self._checkout = checkout
        self._relay = relay
        self._web3 = web3
        self._own = frozenset(own)
        self._has_logs = False

    # ---------------------------------------------------------------- settling

    def settle(self, program_id: int, leaves: Sequence[Leaf], ref: str | None = None) -> Settled:
        """Burns the sum of the leaves' principals of the signer's FEC into a node for each leaf.

        With a `ref`, text of at most 32 bytes or 0x and 64 hex digits, through Checkout and out of the allowance to it:
        the program can use each reference once. Without, the signer is the program's issuer, or it has none.
        Raises OwnerRefused for a leaf of one of the protocol's own contracts, InvalidArgument for one that is none,
        besides what `Sender.send` raises.
        """
        handle, call = self._settling(program_id, leaves, ref)
        receipt = handle.send(call)
        return Settled(basics(receipt), self._adn.emitted("NodesSettled", receipt)[0]["settlementId"])

    def simulate(self, program_id: int, leaves: Sequence[Leaf], ref: str | None = None) -> int:
        """Gas that a settlement would take. Raises what it would."""
        handle, call = self._settling(program_id, leaves, ref)
        return handle.simulate(call)

    def check_owners(self, owners: Iterable[str]) -> None:
        """Raises OwnerRefused for the protocol's own contracts, which could never use a node."""
        if refused := sorted({checked_address(owner) for owner in owners} & self._own):
            raise OwnerRefused(
                "{owners} is one of the protocol's own contracts, which can never use a node. Name the shopper's "
                "account.",
                owners=", ".join(refused),
            )

    # ----------------------------------------------------------------- reading

    def get(self, settlement_id: int) -> Settlement:
        """One settlement, as the contract knows it. Raises NotFound."""
        program_id, start, period_length, first_serial, count, total, root = self._adn.read(
            "settlementOf", settlement_id
        )
        return Settlement(settlement_id, program_id, start, period_length, first_serial, count, total, root)

    def figures(self, block: int | None = None) -> SettledFigures:
        """All settlements together, and what of them nobody has opened, by the logs up to a block, or the latest.

        Raises LogsMissing.
        """
        block = self._block() if block is None else block
        found = [SettlementId.decode(log["args"]["settlementId"]) for log in self._logs(block)]
        opened: list[int] = []
        if found:
            ranges: dict[int, list[SettlementId]] = {}
            for each in sorted(found, key=lambda each: each.first_serial):
                ranges.setdefault(each.program_id, []).append(each)
            minted = self._adn.logs("Transfer", block, **{"from": ADDRESS_ZERO})
            nodes = (NodeId.decode(log["args"]["tokenId"]) for log in minted)
            opened = [node.birth_principal for node in nodes if _is_among(node, ranges.get(node.program_id, []))]
        count, total = sum(each.count for each in found), sum(each.total for each in found)
        return SettledFigures(len(found), count, total, count - len(opened), total - sum(opened))

    def of_ref(self, program_id: int, ref: str) -> int | None:
        """The settlement that a program made through Checkout under a reference; None for none."""
        call = calls.settlement_of_ref(program_id, ref)
        found: int = self._checkout.read(call.function, *call.arguments)
        return found or None

    def refs(self, program_id: int) -> list[str]:
        """The references under which a program has made settlements through Checkout, as hex, the oldest first."""
        logs = self._checkout.logs("Settled", self._block(), programId=program_id)
        return ["0x" + log["args"]["ref"].hex() for log in logs]

    def of_leaves(self, program_id: int, leaves: bytes, since: int) -> int | None:
        """A program's settlement of just these leaves, as the contracts take them, in a block after `since`, if any."""
        for log in self._logs(self._block(), programId=program_id):
            if log["blockNumber"] > since and log["args"]["leaves"] == leaves:
                found: int = log["args"]["settlementId"]
                return found
        return None

    def tree(self, settlement_id: int) -> SettlementTree:
        """The tree over a settlement's leaves, from its log. Raises NotFound, LogsMissing."""
        found = self.get(settlement_id)
        for log in self._logs(self._block(), settlementId=settlement_id):
            tree = SettlementTree(settlement_id, log["args"]["leaves"])
            if tree.root == found.root:
                return tree
        raise _logs_missing()

    def leaves(self, settlement_id: int) -> list[UnopenedNode]:
        """All leaves of a settlement as nodes, opened or not. Raises NotFound, LogsMissing."""
        return [_unopened(settlement_id, index, leaf) for index, leaf in enumerate(self.tree(settlement_id).leaves)]

    def proof(self, settlement_id: int, index: int) -> ProvenLeaf:
        """A leaf with its proof. Raises NotFound, which says how many leaves there are, and LogsMissing."""
        tree = self.tree(settlement_id)
        if not 0 <= index < tree.id.count:
            values = {"settlementId": settlement_id, "index": index, "count": tree.id.count}
            raise NotFound(_NO_LEAF, values, sentences()[_NO_LEAF])
        return tree.proof(index)

    def proofs(self, nodes: Sequence[UnopenedNode]) -> list[ProvenLeaf]:
        """The leaves of nodes with their proofs, in order; each settlement's log is read once. Raises as `tree`."""
        proven: dict[tuple[int, int], ProvenLeaf] = {}
        for settlement_id, some in groupby(sorted(map(_place, nodes)), key=lambda place: place[0]):
            tree = self.tree(settlement_id)
            proven |= {place: tree.proof(place[1]) for place in some}
        return [proven[_place(node)] for node in nodes]

    def unopened_of(self, owner: str, program_id: int | None = None) -> list[UnopenedNode]:
        """An account's settled nodes that nobody has opened, of one program or of all, the oldest first.

        Anybody can settle dust for anybody in a program without an issuer. Raises LogsMissing.
        """
        account, block = checked_address(owner), self._block()
        topics = {} if program_id is None else {"programId": program_id}
        found = [
            _unopened(log["args"]["settlementId"], index, leaf)
            for log in self._logs(block, **topics)
            for index, leaf in leaves_of(log["args"]["leaves"], account)
        ]
        if not found:
            return []
        minted = self._adn.logs("Transfer", block, **{"from": ADDRESS_ZERO, "to": account})
        opened = {log["args"]["tokenId"] for log in minted}
        return [each for each in found if each.node.token_id not in opened]

    def unopened(self, token_ids: Iterable[int]) -> list[UnopenedNode]:
        """Those of some nodes that were settled and that nobody has opened, each once. Raises LogsMissing."""
        wanted = {name: token_id for token_id in token_ids if (name := _name(token_id)) is not None}
        found = self.unopened_named(wanted)
        return [each for each in found if wanted[each.node.name] == each.node.token_id]

    def unopened_named(self, names: Iterable[str]) -> list[UnopenedNode]:
        """Those of some nodes, by short names such as `3-42`, that were settled and that nobody has opened.

        Raises LogsMissing.
        """
        wanted: dict[int, set[int]] = {}
        for name in names:
            program_id, serial = map(int, name.split("-"))
            wanted.setdefault(program_id, set()).add(serial)
        block = self._block()
        found = [
            each
            for some in _pieces(sorted(wanted))
            for each in self._settled(wanted, self._logs(block, programId=some))
        ]
        opened = set()
        for some in _pieces([each.node.token_id for each in found]):
            logs = self._adn.logs("Transfer", block, **{"from": ADDRESS_ZERO, "tokenId": some})
            opened |= {log["args"]["tokenId"] for log in logs}
        return [each for each in found if each.node.token_id not in opened]

    # ----------------------------------------------------------------- opening

    def batches(self, leaves: Sequence[ProvenLeaf], *, claim: bool = False) -> list[list[ProvenLeaf]]:
        """Cuts a list of leaves into pieces for one transaction each, of half a block at most."""
        with clear_errors():
            limit = self._web3.eth.get_block("latest")["gasLimit"] // 2
        most = min(limit, MOST_GAS) * 100 // (100 + MARGIN)
        pieces, left = [], list(leaves)
        while left:
            size = max(relays.fitting(_relayed(left[: relays.MAX_CALLS], claim=claim), gas=most), 1)
            pieces.append(left[:size])
            left = left[size:]
        return pieces

    def open(self, leaves: Sequence[ProvenLeaf], *, claim: bool = False) -> Opened:
        """Mints settled nodes to their owners in one transaction, whoever sends it: one leaf, or a piece of `batches`.

        With `claim`, each owner is paid what the node has released. What somebody else opened just before stays as it
        is. Raises what the contract refuses.
        """
        if len(leaves) == 1:
            return self._opened(self._adn.send(calls.open_node(leaves[0], claim=claim)))
        receipt = self._relay.send(relays.relay(_relayed(leaves, claim=claim)))
        for error in relays.failures(receipt["logs"], self._relay.address).values():
            if error.name != _OPENED_BEFORE:
                raise error
        return self._opened(receipt)

    def opening_first(self, token_ids: Sequence[int], act: Callable[[], T]) -> T:
        """Does something with nodes; if one of them is not there yet, opens those that were settled, and does it then.

        Raises what `act` raises, and what opening does.
        """
        try:
            return act()
        except NotFound as error:
            if error.name != _UNKNOWN_NODE or not (nodes := self.unopened(token_ids)):
                raise
        for piece in self.batches(self.proofs(nodes)):
            self.open(piece)
        return act()

    # --------------------------------------------------------------- internals

    def _settling(self, program_id: int, leaves: Sequence[Leaf], ref: str | None) -> tuple[Handle, ContractCall]:
        self.check_owners({leaf.owner for leaf in leaves})
        try:
            if ref is None:
                return self._adn, calls.settle(program_id, leaves)
            return self._checkout, calls.settle_sales(program_id, leaves, ref)
        except ValueError as error:
            raise error if isinstance(error, InvalidArgument) else InvalidArgument(str(error)) from error

    def _settled(self, wanted: dict[int, set[int]], logs: Iterable[EventData]) -> Iterator[UnopenedNode]:
        for log in logs:
            found = SettlementId.decode(log["args"]["settlementId"])
            serials = range(found.first_serial, found.first_serial + found.count)
            for serial in sorted(wanted[found.program_id]):
                if serial in serials:
                    index = serial - found.first_serial
                    yield _unopened(found.settlement_id, index, leaf_at(log["args"]["leaves"], index))

    def _logs(self, block: int, **topics: Any) -> list[EventData]:
        """Settlements up to and with a block. Raises LogsMissing if the endpoint has pruned its logs."""
        logs = self._adn.logs("NodesSettled", block, **topics)
        if not self._has_logs:
            # Pruned logs are an empty answer, not an error; but the contract's first block has some.
            first = self._adn.first_block
            with clear_errors():
                found = self._web3.eth.get_logs({"address": self._adn.address, "fromBlock": first, "toBlock": first})
            if not found:
                raise _logs_missing()
            self._has_logs = True
        return logs

    def _opened(self, receipt: TxReceipt) -> Opened:
        transfers = self._adn.emitted("Transfer", receipt)
        payouts = tuple(
            Payout(event["tokenId"], event["recipient"], event["claimAmount"])
            for event in self._adn.emitted("PayoutClaimed", receipt)
        )
        return Opened(basics(receipt), tuple(event["tokenId"] for event in transfers), payouts)

    def _block(self) -> int:
        with clear_errors():
            return self._web3.eth.block_number


def _relayed(leaves: Sequence[ProvenLeaf], *, claim: bool) -> list[RelayedCall]:
    gas = OPEN_AND_CLAIM_GAS if claim else OPEN_GAS
    return [RelayedCall(calls.open_node(leaf, claim=claim), gas) for leaf in leaves]


def _unopened(settlement_id: int, index: int, leaf: Leaf) -> UnopenedNode:
    token_id = SettlementId.decode(settlement_id).node(index, leaf.principal).token_id
    return UnopenedNode(settlement_id, index, Node(token_id, leaf.owner, leaf.principal, claimed=0, opened=False))


def _is_among(node: NodeId, settlements: Sequence[SettlementId]) -> bool:
    """Whether a node is one of settlements of its program, which are in the order of their serials."""
    place = bisect_right(settlements, node.serial, key=lambda each: each.first_serial)
    return place > 0 and node.serial < settlements[place - 1].first_serial + settlements[place - 1].count


def _name(token_id: int) -> str | None:
    """A node's short name; None if the id is none of a node."""
    try:
        return NodeId.decode(token_id).name
    except ValueError:
        return None


def _place(node: UnopenedNode) -> tuple[int, int]:
    return node.settlement_id, node.index


def _logs_missing() -> LogsMissing:
    return LogsMissing(
        "The RPC endpoint no longer has the logs that settled nodes are read from. Use an endpoint that keeps all "
        "logs, or open a node with its file: `fec node open --file FILE`."
    )


def _pieces(values: Sequence[int]) -> Iterator[list[int]]:
    for first in range(0, len(values), _VALUES_PER_SEARCH):
        yield list(values[first : first + _VALUES_PER_SEARCH])
