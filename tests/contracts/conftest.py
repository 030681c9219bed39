"""Fixtures: a fresh deployment for each test, taken back by snapshot."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contracts.support.build import compiled
from tests.contracts.support.evm import Contract
from tests.contracts.support.shop_world import Market, deploy_market
from tests.contracts.support.world import World, deploy_world


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


@pytest.fixture(scope="session")
def opened() -> Market:
    return deploy_market()


@pytest.fixture
def market(opened: Market) -> Iterator[Market]:
    with opened.chain.rolled_back():
        yield opened


@pytest.fixture
def guest(market: Market) -> Contract:
    """A contract among the people: its hooks and signatures are a test's to say."""
    return market.chain.deploy(compiled("Receiver"), sender=market.stranger)
