"""What a deployment has set out to do, written down before it is done, so that an interrupted run can be resumed.

Each step is given one nonce of the deployer before its transaction is broadcast. However often it is sent again, with
that nonce the chain takes it once.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fec.chain.deploy import DeploySettings
from fec.i18n.errors import FECError


class JournalInvalid(FECError, ValueError):
    """A journal that cannot be read, or is of another deployment."""


class DeploymentRunning(FECError, RuntimeError):
    """Another run is at work in the same folder."""


@dataclass
class Reservation:
    """A step and the nonce that it was given."""

    nonce: int
    address: str
    """Where a contract created with that nonce is, by the CREATE rule."""
    arguments: list[Any]
    """Its constructor's."""
    transactions: list[str] = field(default_factory=list)
    """Hashes of all that was signed for it; one of them at most is ever in a block."""


@dataclass
class Journal:
    """One unfinished deployment."""

    path: Path
    chain_id: int
    genesis: str
    """Hash of the chain's first block: a local chain that was restarted is another one."""
    deployer: str
    terms: DeploySettings
    steps: dict[str, Reservation] = field(default_factory=dict)

    def save(self) -> None:
        """Writes it, whole or not at all; on return it is on the disk."""
        document = asdict(self)
        del document["path"]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        with draft.open("w") as file:
            file.write(json.dumps(document, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)
        sync_folder(self.path.parent)

    def remove(self) -> None:
        """Deletes it: the deployment is recorded."""
        self.path.unlink(missing_ok=True)


def path_for(chain_id: int, folder: Path) -> Path:
    """Where the journal of a chain is kept in a folder."""
    return folder / f"{chain_id}.journal"


def load(path: Path) -> Journal | None:
    """The journal of an unfinished deployment, if there is one. Raises JournalInvalid."""
    if not path.exists():
        return None
    try:
        document = json.loads(path.read_text())
        terms = DeploySettings(**document.pop("terms"))
        steps = {name: Reservation(**step) for name, step in document.pop("steps").items()}
        return Journal(path=path, terms=terms, steps=steps, **document)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise JournalInvalid(
            f"{path} is not the journal of a deployment ({error}). If nothing was broadcast by it, delete it; "
            "if in doubt, look the deployer's transactions up first."
        ) from error


def sync_folder(folder: Path) -> None:
    """Has the names of a folder's files written to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Keeps other runs out of the folder. Raises DeploymentRunning if one is in it; one that was killed is not."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise DeploymentRunning(f"Another deployment is running in {folder}. Wait until it has ended.") from error
    finally:
        os.close(handle)
