"""One Anvil with one deployment for all tests of the client; each test leaves the chain as it found it."""

from collections.abc import Callable, Iterator

import pytest
from eth_account.signers.local import LocalAccount

from fec.chain import Anvil
from fec.client import Client
from fec.deploy import deploy
from fec.deployments import Deployment
from fec.types import Node
from fec.units import WEI_PER_FEC

WEEK = 7 * 24 * 3600
#: A Monday, as the public program's grid has them, so that a test stays within one period.
MONDAY = 2_922 * WEEK + 345_600


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


@pytest.fixture(scope="session")
def accounts(anvil: Anvil) -> list[LocalAccount]:
    return anvil.accounts


@pytest.fixture
def owner(chain: Anvil, deployment: Deployment, accounts: list[LocalAccount]) -> Client:
    """Deployed the contracts and holds the genesis supply."""
    return Client(chain.web3, deployment, accounts[0])


@pytest.fixture
def alice(owner: Client, accounts: list[LocalAccount]) -> Client:
    owner.transfer(accounts[1].address, 100_000 * WEI_PER_FEC)
    return owner.signed_by(accounts[1])


@pytest.fixture
def bob(owner: Client, accounts: list[LocalAccount]) -> Client:
    """Has no FEC."""
    return owner.signed_by(accounts[2])


@pytest.fixture
def node(alice: Client) -> Node:
    """One ADN of Alice's, just minted."""
    return alice.nodes.get(alice.nodes.mint(1, 1_000 * WEI_PER_FEC).token_id)


@pytest.fixture
def weeks_later(chain: Anvil) -> Callable[[int], int]:
    """Lets whole weeks pass; returns the time then."""

    def travel(weeks: int) -> int:
        chain.travel_to(chain.now + weeks * WEEK)
        return chain.now

    return travel
