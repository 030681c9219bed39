"""Rewards for many shoppers under one Merkle root: a tree from a CSV, proofs, and a JSON file of all proofs.

The CSV has a header, `address,amount` or `address,amount,index`. Amounts are in FEC, in exact decimals (12.5), or
whole numbers of wei in a column `amount_wei` instead. Without an index, rows are counted from 0. The JSON file has the
root, the total, and each reward with its proof, in wei; numbers are text in it, since JavaScript rounds large ones.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_hash.auto import keccak

from fec.i18n.errors import InvalidAmount, InvalidArgument
from fec.i18n.parsing import parse_fec
from fec.protocol.addresses import checked_address
from fec.protocol.files import RECORD_ERRORS, read_record, reason_of, write_new

_WHOLE = re.compile(r"[0-9]{1,78}")
#: What may follow in the header: nothing, or the reward's number.
_INDEX: tuple[list[str], ...] = ([], ["index"])


@dataclass(frozen=True)
class Reward:
    """A shopper's node to be: `amount` is its principal in wei."""

    index: int
    """Number within the batch."""
    shopper: str
    amount: int

    @property
    def leaf(self) -> bytes:
        """keccak256(keccak256(abi.encode(index, shopper, amount))); hashed twice, so that no inner node is a leaf."""
        return keccak(keccak(encode(["uint256", "address", "uint256"], [self.index, self.shopper, self.amount])))


@dataclass(frozen=True)
class ProvenReward:
    """A reward, and what shows that it is in the batch."""

    reward: Reward
    proof: tuple[str, ...]
    """Hashes in hex, from the leaf's neighbour up."""

    @property
    def root(self) -> str:
        """The root that the proof leads to, as hex."""
        node = self.reward.leaf
        for neighbour in self.proof:
            node = _parent(node, bytes.fromhex(neighbour.removeprefix("0x")))
        return "0x" + node.hex()


class RewardTree:
    """A Merkle tree over rewards, as OpenZeppelin's MerkleProof reads it: each pair is sorted before it is hashed."""

    def __init__(self, rewards: Sequence[Reward]) -> None:
        """Takes the rewards.

        Raises InvalidArgument if there are none, an index occurs twice, or an amount is not positive.
        """
        if not rewards:
            raise InvalidArgument("There are no rewards. Give at least one.")
        indices: set[int] = set()
        for reward in rewards:
            if reward.index in indices:
                raise InvalidArgument(
                    "Reward {index} occurs twice. Give each reward its own number.", index=reward.index
                )
            if reward.amount <= 0:
                raise InvalidArgument(
                    "Reward {index} has {amount} wei. Give an amount above 0.",
                    index=reward.index,
                    amount=reward.amount,
                )
            indices.add(reward.index)
        self.rewards = tuple(rewards)

    @property
    def root(self) -> str:
        """The root, as hex."""
        return "0x" + self._levels[-1][0].hex()

    @property
    def total(self) -> int:
        """Sum of all rewards, in wei: what to fund."""
        return sum(reward.amount for reward in self.rewards)

    def proofs(self) -> Iterator[ProvenReward]:
        """Each reward with its proof, in order."""
        for place, reward in enumerate(self.rewards):
            yield ProvenReward(reward, tuple("0x" + node.hex() for node in self._neighbours(place)))

    @cached_property
    def _levels(self) -> list[list[bytes]]:
        """Leaves first, the root last; the odd one out at the end of a level goes up as it is."""
        levels = [[reward.leaf for reward in self.rewards]]
        while len(level := levels[-1]) > 1:
            pairs = [level[left : left + 2] for left in range(0, len(level), 2)]
            levels.append([pair[0] if len(pair) == 1 else _parent(*pair) for pair in pairs])
        return levels

    def _neighbours(self, place: int) -> Iterator[bytes]:
        for level in self._levels[:-1]:
            neighbour = place ^ 1
            if neighbour < len(level):
                yield level[neighbour]
            place //= 2


def read_csv(path: Path) -> list[Reward]:
    """Reads rewards from a CSV file. Raises InvalidArgument that names the line that is wrong."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file, skipinitialspace=True)
        columns = rows.fieldnames or []
        if columns[:1] != ["address"] or columns[1:2] not in (["amount"], ["amount_wei"]) or columns[2:] not in _INDEX:
            raise InvalidArgument(
                "The first line of {path} must be address,amount or address,amount,index. For wei, name the column "
                "amount_wei.",
                path=path,
            )
        rewards = []
        for place, row in enumerate(rows):
            try:
                rewards.append(_reward(row, place))
            except (InvalidArgument, InvalidAmount) as error:
                raise InvalidArgument(
                    "{path}, line {line}: {reason}", path=path, line=rows.line_num, reason=error
                ) from error
    return rewards


def write_proofs(tree: RewardTree, path: Path) -> None:
    """Writes root, total, and each reward with its proof, to a new file. Raises FileExistsError if it is not new."""
    document = {
        "root": tree.root,
        "total": str(tree.total),
        "rewards": [
            {
                "index": str(proven.reward.index),
                "shopper": proven.reward.shopper,
                "amount": str(proven.reward.amount),
                "proof": list(proven.proof),
            }
            for proven in tree.proofs()
        ],
    }
    write_new(json.dumps(document, indent=1) + "\n", path)


def read_proofs(path: Path, shopper: str | None = None) -> list[ProvenReward]:
    """Reads rewards with their proofs, all or those of one shopper.

    Raises InvalidArgument if the file is none of `write_proofs`, or one of its proofs does not lead to its root.
    """
    wanted = None if shopper is None else checked_address(shopper)
    try:
        document = read_record(path)
        root = document["root"]
        proven = [_proven(entry) for entry in document["rewards"]]
        wrong = [each.reward.index for each in proven if each.root != root]
    except RECORD_ERRORS as error:
        raise InvalidArgument(
            "{path} is not a file of proofs. Give the file that `fec reward tree` wrote. ({reason})",
            path=path,
            reason=reason_of(error),
        ) from error
    if wrong:
        raise InvalidArgument(
            "{path}: the proof of reward {index} does not match the root in the file. Make the file again.",
            path=path,
            index=wrong[0],
        )
    return [each for each in proven if wanted in (None, each.reward.shopper)]


def _proven(entry: dict[str, Any]) -> ProvenReward:
    reward = Reward(_whole(entry["index"]), checked_address(entry["shopper"]), _whole(entry["amount"]))
    return ProvenReward(reward, tuple(map(str, entry["proof"])))


def _reward(row: dict[str, Any], place: int) -> Reward:
    if None in row or None in row.values():
        raise InvalidArgument("a row must have as many entries as the first line.")
    index = _whole(row["index"]) if "index" in row else place
    amount = _whole(row["amount_wei"].strip()) if "amount_wei" in row else parse_fec(row["amount"])
    if amount >= 1 << 256:
        raise InvalidArgument("{amount} FEC is more than can exist. Give a smaller amount.", amount=row["amount"])
    return Reward(index, checked_address(row["address"].strip()), amount)


def _whole(text: Any) -> int:
    if not isinstance(text, str) or not _WHOLE.fullmatch(text) or int(text) >= 1 << 256:
        raise InvalidArgument("{text!r} is not a whole number below 2^256. Give such a number.", text=text)
    return int(text)


def _parent(one: bytes, other: bytes) -> bytes:
    return keccak(min(one, other) + max(one, other))
