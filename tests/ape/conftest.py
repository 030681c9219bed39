"""The scripts and the contracts as an Ape user sees them, on the Anvil that `ape test` starts."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from ape.api import AccountAPI
from ape.contracts import ContractContainer, ContractInstance
from click.testing import CliRunner, Result
from ethpm_types import ContractType

from fec.chain import deployments
from fec.chain.deployments import Deployment
from fec.chain.rpc import connect
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import WEEK
from fec.protocol import abi
from fec.protocol.types import Node

#: A Monday, as the public program's grid has them, so that a test stays within one period; later than now.
MONDAY = 4_000 * WEEK + 345_600

Run = Callable[..., Result]

#: Each is one `ape run` command.
SCRIPTS = sorted(path.stem for path in (Path(__file__).parents[2] / "scripts").glob("[!_]*.py"))


@pytest.fixture(scope="session")
def url(chain) -> str:
    """Where the chain of `ape test` answers, its clock set."""
    chain.mine(timestamp=MONDAY)
    return str(chain.provider.http_uri)


@pytest.fixture(scope="session")
def script(url: str) -> Run:
    """Runs a script's command in this process, as `ape run` would."""

    def invoke(name: str, *arguments: str, folder: Path) -> Result:
        command = import_module(f"scripts.{name}").cli
        network = ("--network", f"ethereum:local:{url}", "--deployments", str(folder))
        return CliRunner().invoke(command, [*arguments, *network], prog_name=name)

    return invoke


@pytest.fixture(scope="session")
def folder(script: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds the deployments file that the script wrote."""
    folder = tmp_path_factory.mktemp("deployments")
    result = script("deploy", folder=folder)
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="session")
def deployment(folder: Path) -> Deployment:
    (path,) = folder.glob("*.json")
    return deployments.read(path)


def deployed(deployment: Deployment, name: str) -> ContractInstance:
    """A contract by what the package ships of it: Ape would take half a minute to compile the same."""
    contract_type = ContractType(contractName=name, abi=abi.load(name)["abi"])
    return ContractContainer(contract_type).at(deployment["contracts"][name]["address"])


@pytest.fixture(scope="session")
def adn(deployment: Deployment) -> ContractInstance:
    return deployed(deployment, "ADN")


@pytest.fixture(scope="session")
def fec(deployment: Deployment) -> ContractInstance:
    return deployed(deployment, "FEC")


@pytest.fixture(scope="session", autouse=True)
def everything(adn: ContractInstance, fec: ContractInstance, owner: AccountAPI, bob: AccountAPI) -> None:
    """Deploys before the first test: Ape takes the state of the chain that each test starts from after that."""


@pytest.fixture
def run(script: Run, folder: Path) -> Run:
    """Runs a script on the deployment."""

    def invoke(name: str, *arguments: str) -> Result:
        return script(name, *arguments, folder=folder)

    return invoke


@pytest.fixture(scope="session")
def owner(accounts) -> AccountAPI:
    """Deployed the contracts and holds the genesis supply."""
    return accounts[0]


@pytest.fixture
def alice(accounts, owner: AccountAPI, fec: ContractInstance) -> AccountAPI:
    fec.transfer(accounts[1], 100_000 * WEI_PER_FEC, sender=owner)
    return accounts[1]


@pytest.fixture(scope="session")
def bob(accounts) -> AccountAPI:
    """Has no FEC."""
    return accounts[2]


@pytest.fixture
def client(url: str, deployment: Deployment) -> Client:
    """Reads the deployment, on a connection of our own: Ape's adds a gas price to whatever is sent."""
    return Client(connect(url), deployment)


@pytest.fixture
def node(adn: ContractInstance, alice: AccountAPI, client: Client) -> Node:
    """One ADN of Alice's, just minted."""
    adn.mint(1, 1_000 * WEI_PER_FEC, alice, sender=alice)
    return client.nodes.owned_by(alice.address)[0]


@pytest.fixture
def weeks_later(chain) -> Callable[[int], int]:
    """Lets whole weeks pass; returns the time then."""

    def travel(weeks: int) -> int:
        chain.mine(timestamp=chain.blocks.head.timestamp + weeks * WEEK)
        return int(chain.blocks.head.timestamp)

    return travel
