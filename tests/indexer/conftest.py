"""One Anvil on which one of everything has happened. Each test leaves the chain as it found it; databases are fresh."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import Engine

from fec.chain.anvil import Anvil
from fec.chain.deployments import Deployment
from fec.indexer import Indexer, LogSettings, Patience
from tests.fixtures.databases import backend, database, engine, migrated_file, postgresql
from tests.fixtures.deployed import anvil, deployment

from .story import Story

__all__ = ["anvil", "backend", "database", "deployment", "engine", "migrated_file", "postgresql"]

#: For tests in which nothing fails for long.
SHORT = Patience(attempts=12, first=1, longest=200)


@pytest.fixture(scope="session")
def opened(anvil: Anvil, deployment: Deployment) -> Story:
    story = Story(anvil, deployment).open()
    story.one_of_everything()
    return story


@pytest.fixture
def story(anvil: Anvil, opened: Story) -> Iterator[Story]:
    snapshot = anvil.request("evm_snapshot")
    yield opened
    anvil.request("evm_revert", snapshot)
    opened.trees.clear()


@pytest.fixture
def indexing(story: Story) -> Iterator[Callable[..., Indexer]]:
    """Makes indexers of the story's chain."""
    with ExitStack() as stack:

        def make(engine: Engine, url: str | None = None, **settings: int) -> Indexer:
            made = Indexer(
                engine,
                url or story.anvil.url,
                story.deployment,
                settings=LogSettings(**settings),
                patience=SHORT,
            )
            stack.callback(made.close)
            return made

        yield make
