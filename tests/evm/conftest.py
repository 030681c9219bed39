"""Fixtures: a fresh deployment for each test, taken back by snapshot."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.evm.build import compiled
from tests.evm.evm import Contract
from tests.evm.world import World, deploy_world


@pytest.fixture(scope="session")
def deployed() -> World:
    return deploy_world()


@pytest.fixture
def world(deployed: World) -> Iterator[World]:
    with deployed.chain.rolled_back():
        yield deployed


@pytest.fixture
def receiver(world: World) -> Contract:
    return world.chain.deploy(compiled("Receiver"), sender=world.stranger)


@pytest.fixture(scope="session")
def curve(deployed: World) -> Contract:
    return deployed.curve
