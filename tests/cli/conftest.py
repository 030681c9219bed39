"""The command line against one Anvil with one deployment; each test leaves the chain as it found it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fec.chain import deployments
from fec.chain.anvil import Anvil
from fec.chain.deploy import deploy
from fec.cli import main
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import WEEK

#: A Monday, as the public program's grid has them, in the machine's future: so a test stays within one period.
MONDAY = 4_000 * WEEK + 345_600
#: Nobody has a file of this name.
INVOICE = "invoice.json"

WeeksLater = Callable[[int], None]


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def anvil() -> Iterator[Anvil]:
    with Anvil(timestamp=MONDAY) as anvil:
        yield anvil


@pytest.fixture(scope="session")
def record(anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a deployment on which Alice has 100,000 FEC."""
    path = tmp_path_factory.mktemp("deployments") / "31337.json"
    owner, alice, *_ = anvil.accounts
    deployment = deploy(anvil.web3, owner)
    deployments.write(deployment, path)
    Client(anvil.web3, deployment, owner).transfer(alice.address, 100_000 * WEI_PER_FEC)
    return path


@pytest.fixture(scope="session")
def addresses(anvil: Anvil) -> list[str]:
    return [account.address for account in anvil.accounts]


@pytest.fixture
def owner(addresses: list[str]) -> str:
    """Deployed the contracts and holds the genesis supply."""
    return addresses[0]


@pytest.fixture
def alice(addresses: list[str]) -> str:
    return addresses[1]


@pytest.fixture
def bob(addresses: list[str]) -> str:
    """Has no FEC."""
    return addresses[2]


@pytest.fixture
def chain(anvil: Anvil, record: Path) -> Iterator[Anvil]:
    snapshot = anvil.request("evm_snapshot")
    yield anvil
    anvil.request("evm_revert", snapshot)


class Shell:
    """Types commands for one account."""

    def __init__(self, anvil: Anvil, record: Path, account: str | None) -> None:
        self.anvil = anvil
        self._options = ["--rpc", anvil.url, "--deployments", str(record)]
        self.options = [*self._options, "--account", account] if account else self._options
        self._record = record

    def as_(self, account: str | None) -> "Shell":
        return Shell(self.anvil, self._record, account)

    def run(self, *words: object, answer: str = "") -> Result:
        """Whatever comes of it, but a traceback."""
        result = CliRunner(mix_stderr=False).invoke(main, [*self.options, *map(str, words)], input=answer)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def __call__(self, *words: object, answer: str = "") -> str:
        """What a command that goes well prints for people."""
        result = self.run(*words, answer=answer)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def json(self, *words: object) -> Any:
        """What a command that goes well prints for machines."""
        return json.loads(self(*words, "--json"))

    def refused(self, *words: object) -> dict[str, Any]:
        """The error of a command that fails with exit code 1, for machines, and has changed nothing."""
        before = self.anvil.web3.eth.block_number
        result = self.run(*words, "--json")
        assert result.exit_code == 1
        assert result.stdout == ""
        assert self.anvil.web3.eth.block_number == before
        error: dict[str, Any] = json.loads(result.stderr)
        return error

    def misused(self, *words: object) -> str:
        """What a command says that is wrongly used (exit code 2), on its last line."""
        result = self.run(*words)
        assert result.exit_code == 2
        assert result.stdout == ""
        return result.stderr.strip().splitlines()[-1]


@pytest.fixture
def shell(chain: Anvil, record: Path, alice: str) -> Shell:
    """Alice's, who has 100,000 FEC."""
    return Shell(chain, record, alice)


@pytest.fixture
def operator(shell: Shell, owner: str) -> Shell:
    """Of the account that deployed the contracts."""
    return shell.as_(owner)


@pytest.fixture
def node(shell: Shell) -> str:
    """Name of one ADN of Alice's, just minted."""
    return str(shell.json("node", "mint", "1000", "--yes")["name"])


@pytest.fixture
def weeks_later(chain: Anvil) -> Callable[[int], None]:
    def travel(weeks: int) -> None:
        chain.travel_to(chain.now + weeks * WEEK)

    return travel


@pytest.fixture
def idle_weeks(chain: Anvil) -> Callable[[int], None]:
    """Lets weeks pass without a block."""

    def wait(weeks: int) -> None:
        chain.request("evm_increaseTime", weeks * WEEK)

    return wait


@pytest.fixture
def program(operator: Shell) -> str:
    """Of the operator's: immediate, 10 % burned."""
    created = operator.json("program", "create", "--quota", "5000")["programId"]
    operator("program", "set-terms", created)
    return str(created)


@pytest.fixture
def invoice(operator: Shell, program: str) -> str:
    """Over 120 FEC, signed by the merchant, in a file."""
    operator("order", "sign", "120", "--program", program, "--id", "A-1", "--reference", "USD 1.20", "--out", INVOICE)
    return INVOICE


@pytest.fixture
def patient(operator: Shell, program: str) -> str:
    """The program with two days to return things."""
    operator("program", "set-terms", program, "--returns", "2d")
    return program
