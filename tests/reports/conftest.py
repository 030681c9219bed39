"""A chain on which much has happened, indexed and exported once; each test that changes it puts it back."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fec import store
from fec.chain.anvil import Anvil
from fec.chain.deploy import deploy
from fec.chain.deployments import Deployment
from fec.core.durations import WEEK
from fec.indexer import Indexer
from fec.reports.data import Data, opened
from fec.reports.export import export
from tests.fixtures.databases import backend, database, engine, migrated_file, postgresql
from tests.indexer.story import MONDAY, Story
from tests.reports.reference import Facts

__all__ = ["backend", "database", "engine", "migrated_file", "postgresql"]


@dataclass
class World:
    """A chain, its index, an export of that, and the same facts as Python has them."""

    story: Story
    index: str
    folder: Path
    facts: Facts

    @property
    def anvil(self) -> Anvil:
        return self.story.anvil

    @property
    def deployment(self) -> Deployment:
        return self.story.deployment


def index_of(story: Story, address: str) -> str:
    """Indexes a story's chain."""
    opened_ = store.open_database(address)
    indexer = Indexer(opened_, story.anvil.url, story.deployment)
    indexer.sync()
    indexer.close()
    opened_.dispose()
    return address


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with Anvil(timestamp=MONDAY) as anvil:
        story = Story(anvil, deploy(anvil.web3, anvil.accounts[0])).open()
        story.one_of_everything()
        alliance = story.shop.terms.found_alliance(story.at_once).alliance_id
        assert alliance
        for seed in range(6):
            story.play(12, seed)
            story.travel(5 * WEEK)
            mine = story.alice.nodes.owned_by(story.alice.address)
            story.bob.nodes.claim_for([node.token_id for node in mine])
        story.alice.nodes.mint(1, 10**18 + 7)
        story.pay(story.at_once, 12 * 10**18)
        folder = tmp_path_factory.mktemp("reports")
        address = index_of(story, f"sqlite:///{folder / 'fec.sqlite'}")
        database_ = store.open_database(address)
        export(database_, folder / "export")
        yield World(story, address, folder / "export", Facts.of(database_))


@pytest.fixture(scope="session")
def data(world: World) -> Iterator[Data]:
    with opened(world.folder) as found:
        yield found
