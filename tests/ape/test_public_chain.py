"""`ape run deploy` on a chain that behaves like a public testnet, killed in the middle and resumed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from eth_account import Account
from eth_account.signers.local import LocalAccount

from fec.chain import deployments
from fec.chain.anvil import Anvil
from fec.chain.deploy import STEPS, verify
from tests.ape.conftest import SCRIPTS
from tests.ape.wire import Moment, Relay

ROOT = Path(__file__).parents[2]
SEPOLIA = 11_155_111
ETHER = 10**18
ALIAS = "deployer"
PASSPHRASE = "correct horse battery staple"  # noqa: S105 - of an account made for the test

BROADCAST = "eth_sendRawTransaction"
RECEIPT = "eth_getTransactionReceipt"

#: Each ends one run; the next run goes on from there.
MOMENTS = (
    Moment(BROADCAST, answered=False),  # the journal is written, nothing is sent
    Moment(BROADCAST, answered=True),  # sent, but the script does not know
    Moment(RECEIPT, answered=True),  # in a block, but not confirmed
    Moment(BROADCAST, answered=False),  # between the first step and the second
    Moment(BROADCAST, answered=True, nth=2),  # the last step is sent
)


@pytest.fixture(scope="module")
def sepolia() -> Iterator[Anvil]:
    """Two-second blocks, Sepolia's chain id, and no account that the node would sign for."""
    with Anvil(chain_id=SEPOLIA, block_time=2, accounts=0) as anvil:
        assert anvil.web3.eth.accounts == []
        yield anvil


@pytest.fixture(scope="module")
def relay(sepolia: Anvil) -> Iterator[Relay]:
    relay = Relay(sepolia.url)
    yield relay
    relay.stop()


@pytest.fixture(scope="module")
def keystore(sepolia: Anvil, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, LocalAccount]:
    """A data folder of Ape's with one account, which has some of the chain's coin."""
    folder = tmp_path_factory.mktemp("ape")
    account = Account.create()
    (folder / "accounts").mkdir()
    (folder / "accounts" / f"{ALIAS}.json").write_text(
        json.dumps(Account.encrypt(account.key, PASSPHRASE, iterations=2))
    )
    sepolia.request("anvil_setBalance", account.address, hex(ETHER))
    return folder, account


@pytest.fixture(scope="module")
def start(
    relay: Relay, keystore: tuple[Path, LocalAccount], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., tuple[int, str]]:
    """Runs `ape run …` in a process of its own, until it ends or its moment comes; gives exit code and output."""
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "APE_DATA_FOLDER": str(keystore[0]),
        f"APE_ACCOUNTS_{ALIAS}_PASSPHRASE": PASSPHRASE,
    }

    def run(*arguments: str, moment: Moment | None = None) -> tuple[int, str]:
        process = subprocess.Popen(
            [Path(sys.executable).parent / "ape", "run", *arguments, "--network", f"ethereum:sepolia:{relay.url}"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        relay.arm(process, moment)
        output, _ = process.communicate(timeout=600)
        return process.returncode, output

    return run


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deployments")


def invoke(name: str, *arguments: str, network: str) -> Result:
    """Runs a script's command in this process."""
    command = import_module(f"scripts.{name}").cli
    return CliRunner().invoke(command, [*arguments, "--network", network], prog_name=name)


def creations(chain: Anvil) -> list[str]:
    """Hashes of all transactions on the chain that create a contract."""
    blocks = (
        chain.web3.eth.get_block(number, full_transactions=True) for number in range(chain.web3.eth.block_number + 1)
    )
    return [each["hash"].to_0x_hex() for block in blocks for each in block["transactions"] if each.get("to") is None]


def test_deploy__killed_at_every_stage__ends_with_one_set_of_contracts(
    sepolia: Anvil, start: Callable[..., tuple[int, str]], records: Path
) -> None:
    command = ("deploy", "--account", ALIAS, "--required-confirmations", "3", "--deployments", str(records))
    for moment in MOMENTS:
        code, output = start(*command, moment=moment)
        assert code == -9, output
        assert list(records.glob("*.json")) == []
    code, output = start(*command)
    assert code == 0, output
    deployment = deployments.read(records / f"{SEPOLIA}.json")
    verify(sepolia.web3, deployment)
    assert creations(sepolia) == [deployment["contracts"][step.name]["txHash"] for step in STEPS]
    assert [file.name for file in records.iterdir()] == [f"{SEPOLIA}.json"]
    for tx_hash in creations(sepolia):
        assert sepolia.web3.eth.get_transaction(tx_hash)["type"] == 2

    code, output = start(*command)
    assert (code, "Already deployed" in output) == (0, True), output
    assert len(creations(sepolia)) == len(STEPS)

    code, output = start("check_deployment", "--deployments", str(records))
    assert (code, "✓ ADN: its code is what was compiled" in output) == (0, True), output


def test_deploy__no_account_on_a_public_chain__is_refused(sepolia: Anvil, tmp_path: Path) -> None:
    result = invoke("deploy", "--deployments", str(tmp_path), network=f"ethereum:sepolia:{sepolia.url}")
    assert (result.exit_code, "On sepolia, say who signs: --account ALIAS." in result.output) == (2, True)


def test_deploy__account_without_the_coin__is_refused(sepolia: Anvil, tmp_path: Path) -> None:
    sender = ("--account", "TEST::9", "--deployments", str(tmp_path))
    result = invoke("deploy", *sender, network=f"ethereum:sepolia:{sepolia.url}")
    assert (result.exit_code, "The sender cannot pay for gas." in result.output) == (1, True)
    assert len(list(tmp_path.glob("*.json"))) == 0


def test_deploy__chain_id_of_another_network__is_refused(sepolia: Anvil, tmp_path: Path) -> None:
    result = invoke("deploy", "--deployments", str(tmp_path), network=f"ethereum:holesky:{sepolia.url}")
    assert result.exit_code == 1
    assert "Provider connected to chain ID '11155111', which does not match network chain ID '17000'" in result.output


def test_ape_run__help__lists_every_script() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "ape", "run", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    commands = done.stdout.partition("Commands:")[2].split("\n")
    assert {line.split()[0] for line in commands if line.strip()} == set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_help__every_script__has_examples(name: str) -> None:
    command = import_module(f"scripts.{name}").cli
    result = CliRunner().invoke(command, ["--help"], prog_name=name)
    assert (result.exit_code, f"Examples:\n    ape run {name}" in result.output) == (0, True)
