"""Which of a file's sales are settled, in a file beside it, written before and after each batch is sent.

A batch is written down whole before it is sent, and sent again as it was after a crash: its reference, which the chain
takes once, is the same. Once it is settled, what its sales were is kept, so that a file that was corrected or has
grown settles the others alone.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from fec.replay.errors import JournalInvalid, SettlingAlready

#: Bytes of what tells a sale from all others of a program, and of what is kept of it: its id, and a hash of its shopper
#: and amount.
ID_LENGTH = 8
ENTRY_LENGTH = 16


@dataclass(frozen=True)
class Batch:
    """Sales that are settled together."""

    ref: str
    """0x and 64 hex digits."""
    leaves: bytes
    """As the contracts take them."""
    sales: bytes
    """What is kept of each sale, `ENTRY_LENGTH` bytes. With grouping there are more than leaves."""
    block: int = 0
    """Latest block when it was sent first."""

    def entries(self) -> list[bytes]:
        """What is kept of its sales, one by one."""
        return list(_pieces(self.sales))


class Journal:
    """Of one file, for one program of one deployment."""

    def __init__(self, path: Path, deployment: str, program_id: int) -> None:
        """Takes where it is, and what tells the deployment from others: chain id and address of ADN."""
        self.path = path
        self._key = {"deployment": deployment, "programId": program_id}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps other runs away. Raises SettlingAlready."""
        with self.path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise SettlingAlready(
                    "Another run is settling this file: {path} is in use. Wait until it has ended.", path=self.path
                ) from error
            yield

    def settled(self, is_settled: Callable[[Sequence[tuple[str, int]]], Sequence[bool]]) -> set[bytes]:
        """What is kept of sales that were settled.

        References and settlements are shown to `is_settled`, which asks the chain. Raises JournalInvalid.
        """
        records = [record for record in self._records() if self._is_ours(record)]
        found = is_settled([(record["ref"], int(record["settlementId"])) for record in records])
        return {
            sale
            for record, there in zip(records, found, strict=True)
            if there
            for sale in _pieces(bytes.fromhex(record["sales"]))
        }

    def pending(self) -> Batch | None:
        """The batch that was sent last, if it is not known what became of it. Raises JournalInvalid."""
        if not self._draft.exists():
            return None
        record = self._record(self._draft.read_text())
        if not self._is_ours(record):
            return None
        return Batch(
            record["ref"],
            bytes.fromhex(record["leaves"]),
            bytes.fromhex(record["sales"]),
            record["block"],
        )

    def begin(self, batch: Batch) -> None:
        """Writes a batch down before it is sent; on return it is on the disk."""
        record = {**self._key, "ref": batch.ref, "block": batch.block}
        record |= {"leaves": batch.leaves.hex(), "sales": batch.sales.hex()}
        draft = self._draft.with_suffix(".new")
        with draft.open("w") as file:
            file.write(json.dumps(record))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._draft)

    def drop(self) -> None:
        """Forgets a batch that was not sent."""
        self._draft.unlink(missing_ok=True)

    def end(self, batch: Batch, settlement_id: int) -> None:
        """Notes that a batch is settled."""
        record = {**self._key, "ref": batch.ref, "settlementId": str(settlement_id)}
        record |= {"sales": batch.sales.hex()}
        with self.path.open("a") as file:
            file.write(json.dumps(record) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.drop()

    @property
    def _draft(self) -> Path:
        # One for each program of each deployment: none is to be lost because of another.
        name = sha256(json.dumps(self._key).encode()).hexdigest()[:8]
        return self.path.with_name(f"{self.path.name}.{name}.pending")

    def _is_ours(self, record: dict[str, Any]) -> bool:
        return all(record.get(name) == value for name, value in self._key.items())

    def _records(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        with self.path.open() as file:
            for line in file:
                # What a crash left of a line ends without a line break; its batch is pending still.
                if line.endswith("\n"):
                    yield self._record(line)

    def _record(self, text: str) -> dict[str, Any]:
        try:
            record = json.loads(text)
            bytes.fromhex(record["sales"] + record["ref"].removeprefix("0x") + record.get("leaves", ""))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise JournalInvalid(
                "{path} is not what `fec settle` wrote. It says which sales are settled: restore it, or name another "
                "with --journal if nothing of the file was ever settled.",
                path=self.path,
            ) from error
        found: dict[str, Any] = record
        return found


def _pieces(entries: bytes) -> Iterator[bytes]:
    for first in range(0, len(entries), ENTRY_LENGTH):
        yield entries[first : first + ENTRY_LENGTH]
