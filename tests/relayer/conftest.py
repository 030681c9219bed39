"""An Anvil with a deployment, whose genesis holder's key relays; each test leaves the chain as it found it."""

from collections.abc import Callable, Iterator

import pytest
from eth_account.signers.local import LocalAccount
from sqlalchemy import Engine
from web3 import Web3
from web3.contract.contract import ContractFunction

from fec.chain.anvil import Anvil
from fec.chain.deployments import Deployment
from fec.client.client import Client
from fec.relayer import FeePolicy, LocalSigner, Relayer
from tests.fixtures.databases import backend, database, engine, migrated_file, postgresql
from tests.fixtures.deployed import chain, deployment

__all__ = ["backend", "chain", "database", "deployment", "engine", "migrated_file", "postgresql"]

#: For tests in which what is pending is stuck at once.
IMPATIENT = FeePolicy(stuck_after=0)


@pytest.fixture(scope="session")
def anvil() -> Iterator[Anvil]:
    with Anvil() as anvil:
        yield anvil


@pytest.fixture
def key(chain: Anvil) -> LocalAccount:
    """Holds the genesis supply, and relays."""
    return chain.accounts[0]


@pytest.fixture
def client(chain: Anvil, deployment: Deployment) -> Client:
    return Client(chain.web3, deployment, chain.accounts[0])


@pytest.fixture
def relaying(chain: Anvil, engine: Engine, key: LocalAccount) -> Callable[..., Relayer]:
    """Makes relayers that share the database, as processes would."""

    def make(web3: Web3 = chain.web3, **settings: int | FeePolicy) -> Relayer:
        return Relayer(engine, web3, LocalSigner(key), timeout=20, **settings)  # type: ignore[arg-type]

    return make


@pytest.fixture
def relayer(relaying: Callable[..., Relayer]) -> Relayer:
    return relaying()


@pytest.fixture
def transfer(chain: Anvil, deployment: Deployment) -> Callable[[int], ContractFunction]:
    """A call that sends so many wei of FEC to the second account."""
    record = deployment["contracts"]["FEC"]
    coupon = chain.web3.eth.contract(address=record["address"], abi=record["abi"])  # type: ignore[call-overload]
    receiver = chain.accounts[1].address
    return lambda amount: coupon.functions.transfer(receiver, amount)
