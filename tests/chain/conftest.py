"""One Anvil with one deployment; each test leaves the chain as it found it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from fec.chain.anvil import Anvil
from fec.chain.deploy import deploy
from fec.chain.deployments import Deployment
from fec.client.client import Client
from tests.fixtures.endpoints import Profile, ReshapingProxy

WEEK = 7 * 24 * 3_600
#: A Monday, as the public program's grid has them.
MONDAY = 2_922 * WEEK + 345_600

Through = Callable[[Profile], ReshapingProxy]


@pytest.fixture(scope="session")
def anvil() -> Iterator[Anvil]:
    with Anvil(timestamp=MONDAY) as anvil:
        yield anvil


@pytest.fixture(scope="session")
def deployment(anvil: Anvil) -> Deployment:
    return deploy(anvil.web3, anvil.accounts[0])


@pytest.fixture
def chain(anvil: Anvil, deployment: Deployment) -> Iterator[Anvil]:
    snapshot = anvil.request("evm_snapshot")
    yield anvil
    anvil.request("evm_revert", snapshot)


@pytest.fixture
def owner(chain: Anvil, deployment: Deployment) -> Client:
    """Holds the genesis supply."""
    return Client(chain.web3, deployment, chain.accounts[0])


@pytest.fixture
def through(chain: Anvil) -> Iterator[Through]:
    """Puts an endpoint of a profile before the chain."""
    with ExitStack() as stack:
        yield lambda profile: stack.enter_context(ReshapingProxy(chain.url, profile))
