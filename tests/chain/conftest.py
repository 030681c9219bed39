"""One Anvil with one deployment; each test leaves the chain as it found it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from fec.chain.anvil import Anvil
from fec.chain.deployments import Deployment
from fec.client.client import Client
from tests.fixtures.deployed import anvil, chain, deployment
from tests.fixtures.endpoints import Profile, ReshapingProxy

__all__ = ["anvil", "chain", "deployment"]

Through = Callable[[Profile], ReshapingProxy]


@pytest.fixture
def owner(chain: Anvil, deployment: Deployment) -> Client:
    """Holds the genesis supply."""
    return Client(chain.web3, deployment, chain.accounts[0])


@pytest.fixture
def through(chain: Anvil) -> Iterator[Through]:
    """Puts an endpoint of a profile before the chain."""
    with ExitStack() as stack:
        yield lambda profile: stack.enter_context(ReshapingProxy(chain.url, profile))
