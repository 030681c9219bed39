"""From sale to proven index through endpoints that answer as there are; each test leaves the chain as it found it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fec.chain.anvil import Anvil
from fec.chain.deployments import Deployment
from tests.fixtures.databases import migrated_file
from tests.fixtures.endpoints import PROFILES

from .conftest import Through
from .journey import STEPS, Journey

__all__ = ["migrated_file"]


@dataclass(frozen=True)
class Opened:
    """A shop that has opened, and a database without anything in it."""

    deployment: Deployment
    program_id: int
    tables: Path

    def database(self, folder: Path) -> Path:
        return Path(shutil.copy(self.tables, folder / "index.sqlite"))


@pytest.fixture(scope="module")
def opened(anvil: Anvil, deployment: Deployment, migrated_file: Path) -> Iterator[Opened]:
    snapshot = anvil.request("evm_snapshot")
    journey = Journey(anvil.url, anvil.url, migrated_file)
    journey.deployment = deployment
    journey.open()
    journey.close()
    yield Opened(deployment, journey.program_id, migrated_file)
    anvil.request("evm_revert", snapshot)


@pytest.mark.parametrize("name", PROFILES)
def test_journey__through_an_endpoint__ends_in_a_proven_index(
    opened: Opened, chain: Anvil, through: Through, tmp_path: Path, name: str
) -> None:
    journey = Journey(through(PROFILES[name]).url, chain.url, opened.database(tmp_path))
    journey.deployment, journey.program_id = opened.deployment, opened.program_id
    for _, step in STEPS:
        step(journey)
    journey.close()
