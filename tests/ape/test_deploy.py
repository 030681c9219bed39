"""`ape run deploy` and `ape run check_deployment` on a local chain."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ape.api import AccountAPI
from web3 import Web3

from fec.chain import deployments
from fec.chain.deploy import CONTRACTS, STEPS, DeploySettings, verify
from fec.chain.deployments import Deployment
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.protocol import abi
from scripts._journal import Journal, Reservation, only_run, path_for
from tests.ape.conftest import Run


@pytest.fixture
def web3(chain, folder: Path) -> Web3:
    return chain.provider.web3


def recorded(folder: Path) -> Deployment:
    (path,) = folder.glob("*.json")
    return deployments.read(path)


def begun(
    web3: Web3, deployer: str, folder: Path, *, steps: dict[str, Reservation] | None = None, genesis: str | None = None
) -> Path:
    """Leaves a journal as a run does that was killed before it sent anything."""
    journal = Journal(
        path=path_for(web3.eth.chain_id, folder),
        chain_id=web3.eth.chain_id,
        genesis=genesis or web3.eth.get_block(0)["hash"].to_0x_hex(),
        deployer=deployer,
        terms=DeploySettings(owner=deployer, genesis_holder=deployer, public_quota=7),
        steps=steps or {},
    )
    journal.save()
    return journal.path


def reservation(nonce: int) -> Reservation:
    return Reservation(nonce=nonce, address="0x" + "11" * 20, arguments=[])


def test_deploy__default_terms__records_all_contracts(web3: Web3, deployment: Deployment) -> None:
    assert set(deployment["contracts"]) == set(CONTRACTS)
    verify(web3, deployment)


def test_deploy__again__sends_nothing_and_leaves_the_record(run: Run, web3: Web3, folder: Path) -> None:
    (path,) = folder.glob("*.json")
    before, height = path.read_bytes(), web3.eth.block_number
    result = run("deploy")
    assert (result.exit_code, "Already deployed" in result.output) == (0, True)
    assert (path.read_bytes(), web3.eth.block_number) == (before, height)


def test_deploy__anew__keeps_the_record_before(script: Run, web3: Web3, tmp_path: Path) -> None:
    assert script("deploy", folder=tmp_path).exit_code == 0
    before = recorded(tmp_path)
    assert script("deploy", "--anew", folder=tmp_path).exit_code == 0
    (kept,) = tmp_path.glob("*.json.1")
    assert deployments.read(kept) == before
    assert not {record["txHash"] for record in before["contracts"].values()} & {
        record["txHash"] for record in recorded(tmp_path)["contracts"].values()
    }


def test_deploy__terms_on_the_command_line__are_taken(
    script: Run, web3: Web3, alice: AccountAPI, bob: AccountAPI, tmp_path: Path
) -> None:
    terms = ("--owner", alice.address, "--genesis-holder", bob.address, "--account", "TEST::3")
    amounts = ("--cap", "1,000", "--genesis-supply", "100", "--public-quota", "40")
    assert script("deploy", *terms, *amounts, folder=tmp_path).exit_code == 0
    client = Client(web3, recorded(tmp_path))
    figures = client.figures()
    assert (figures.cap, figures.genesis_supply, figures.budget) == tuple(n * WEI_PER_FEC for n in (1_000, 100, 60))
    assert client.balance(bob.address) == 100 * WEI_PER_FEC
    assert client.programs.get(1).operator == alice.address


def test_deploy__quota_above_budget__is_refused_and_leaves_nothing(script: Run, web3: Web3, tmp_path: Path) -> None:
    height = web3.eth.block_number
    result = script("deploy", "--cap", "1,000", "--genesis-supply", "100", "--public-quota", "101", folder=tmp_path)
    values = f"asked={101 * WEI_PER_FEC}, left={100 * WEI_PER_FEC}"
    assert (result.exit_code, f"[ADN_BudgetExceeded({values})]" in result.output) == (1, True)
    assert (web3.eth.block_number, list(tmp_path.iterdir())) == (height, [])


def test_deploy__record_of_a_chain_that_is_gone__is_replaced_and_kept(
    script: Run, web3: Web3, deployment: Deployment, tmp_path: Path
) -> None:
    gone = json.loads(json.dumps(deployment))
    for number, record in enumerate(gone["contracts"].values(), start=1):
        record["address"] = Web3.to_checksum_address(f"{number:#042x}"[:-4] + "dead")
    path = deployments.path_for(web3.eth.chain_id, tmp_path)
    deployments.write(gone, path)
    result = script("deploy", folder=tmp_path)
    assert f"{path} is of a local chain that is gone; it is kept as {path}.gone." in result.output
    assert deployments.read(Path(f"{path}.gone")) == gone
    verify(web3, recorded(tmp_path))


@pytest.mark.parametrize("options", [(), ("--anew",)])
def test_deploy__chain_that_ape_starts__leaves_the_folder_as_it_is(
    web3: Web3, owner: AccountAPI, deployment: Deployment, tmp_path: Path, options: tuple[str, ...]
) -> None:
    deployments.write(deployment, deployments.path_for(web3.eth.chain_id, tmp_path))
    begun(web3, owner.address, tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    done = subprocess.run(
        [Path(sys.executable).parent / "ape", "run", "deploy", "--deployments", str(tmp_path), *options],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    assert "✓ ADN: its code is what was compiled" in done.stdout
    assert "Ape started this chain for this command and now stops it. Nothing is recorded.\n" in done.stdout
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_deploy__reserved_nonce_unused__is_used(script: Run, web3: Web3, owner: AccountAPI, tmp_path: Path) -> None:
    nonce = web3.eth.get_transaction_count(owner.address)
    begun(web3, owner.address, tmp_path, steps={"ADN": reservation(nonce)})
    result = script("deploy", folder=tmp_path)
    assert (result.exit_code, "Resuming the deployment" in result.output) == (0, True)
    sent = web3.eth.get_transaction(recorded(tmp_path)["contracts"]["ADN"]["txHash"])
    assert sent["nonce"] == nonce


def test_deploy__resumed__keeps_the_terms_it_was_begun_with(
    script: Run, web3: Web3, owner: AccountAPI, tmp_path: Path
) -> None:
    begun(web3, owner.address, tmp_path)
    assert script("deploy", folder=tmp_path).exit_code == 0
    assert Client(web3, recorded(tmp_path)).programs.get(1).quota == 7


def test_deploy__reserved_nonce_used_otherwise__takes_the_next(
    script: Run, web3: Web3, owner: AccountAPI, bob: AccountAPI, tmp_path: Path
) -> None:
    nonce = web3.eth.get_transaction_count(owner.address)
    begun(web3, owner.address, tmp_path, steps={"ADN": reservation(nonce)})
    owner.transfer(bob, 1)
    result = script("deploy", folder=tmp_path)
    assert f"ADN: nonce {nonce} was used for something else; taking the next one." in result.output
    assert web3.eth.get_transaction_count(owner.address) == nonce + 1 + len(STEPS)
    verify(web3, recorded(tmp_path))


def test_deploy__contract_there_but_its_transaction_unknown__sends_nothing(
    script: Run, web3: Web3, owner: AccountAPI, deployment: Deployment, tmp_path: Path
) -> None:
    nonce = web3.eth.get_transaction_count(owner.address)
    there = Reservation(nonce=nonce, address=deployment["contracts"]["ADN"]["address"], arguments=[])
    begun(web3, owner.address, tmp_path, steps={"ADN": there})
    result = script("deploy", folder=tmp_path)
    assert (result.exit_code, "this endpoint does not find the transaction" in result.output) == (1, True)
    assert web3.eth.get_transaction_count(owner.address) == nonce


def test_deploy__journal_with_other_terms__is_refused(
    script: Run, web3: Web3, owner: AccountAPI, tmp_path: Path
) -> None:
    begun(web3, owner.address, tmp_path)
    height = web3.eth.block_number
    result = script("deploy", "--public-quota", "8", folder=tmp_path)
    assert (result.exit_code, web3.eth.block_number) == (1, height)
    assert "holds an unfinished deployment with public_quota 7." in result.output


def test_deploy__journal_of_another_account__is_refused(
    script: Run, web3: Web3, bob: AccountAPI, tmp_path: Path
) -> None:
    begun(web3, bob.address, tmp_path)
    height = web3.eth.block_number
    result = script("deploy", folder=tmp_path)
    assert (result.exit_code, web3.eth.block_number) == (1, height)
    assert f"holds an unfinished deployment with account {bob.address}." in result.output


def test_deploy__journal_of_a_chain_that_is_gone__is_set_aside(
    script: Run, web3: Web3, bob: AccountAPI, tmp_path: Path
) -> None:
    path = begun(web3, bob.address, tmp_path, genesis="0x" + "33" * 32)
    result = script("deploy", folder=tmp_path)
    assert f"{path} is of a local chain that is gone; it is kept as {path}.gone." in result.output
    verify(web3, recorded(tmp_path))


def test_deploy__journal_that_is_none__is_refused(script: Run, web3: Web3, tmp_path: Path) -> None:
    path_for(web3.eth.chain_id, tmp_path).write_text("{}")
    result = script("deploy", folder=tmp_path)
    assert (result.exit_code, "is not the journal of a deployment" in result.output) == (1, True)


def test_deploy__another_run_in_the_folder__is_refused(script: Run, web3: Web3, tmp_path: Path) -> None:
    height = web3.eth.block_number
    with only_run(tmp_path):
        result = script("deploy", folder=tmp_path)
    assert (result.exit_code, "Another deployment is running" in result.output) == (1, True)
    assert web3.eth.block_number == height


def test_deploy__transactions_waiting__is_refused(
    *, script: Run, web3: Web3, owner: AccountAPI, bob: AccountAPI, chain, tmp_path: Path
) -> None:
    chain.provider.make_request("evm_setAutomine", [False])
    try:
        web3.eth.send_transaction({"from": owner.address, "to": bob.address, "value": Web3.to_wei(1, "wei")})
        result = script("deploy", folder=tmp_path)
    finally:
        chain.provider.make_request("evm_setAutomine", [True])
        chain.mine()
    assert (result.exit_code, "has 1 transactions in no block yet" in result.output) == (1, True)


def test_deploy__not_confirmed_in_time__can_be_resumed(script: Run, web3: Web3, tmp_path: Path) -> None:
    # Without further transactions, this chain makes no further blocks.
    result = script("deploy", "--confirmations", "1", "--timeout", "1", folder=tmp_path)
    assert (result.exit_code, "was sent but is not in a block after 1 s" in result.output) == (1, True)
    assert script("deploy", "--confirmations", "0", folder=tmp_path).exit_code == 0
    assert recorded(tmp_path)["contracts"]["ADN"]["txHash"] in result.output


def test_check_deployment__as_deployed__says_what_was_checked(run: Run) -> None:
    result = run("check_deployment")
    assert (result.exit_code, "✓ FEC: its minter is ADN\n" in result.output) == (0, True)


def test_check_deployment__other_code__is_refused(run: Run, chain, deployment: Deployment) -> None:
    code = bytearray.fromhex(abi.load("ADN")["deployedBytecode"].removeprefix("0x"))
    code[0] ^= 1
    chain.provider.make_request("anvil_setCode", [deployment["contracts"]["ADN"]["address"], "0x" + code.hex()])
    result = run("check_deployment")
    assert (result.exit_code, "do not hold: ADN: its code is what was compiled." in result.output) == (1, True)


def test_check_deployment__no_deployment_for_the_chain__is_refused(script: Run, tmp_path: Path) -> None:
    result = script("check_deployment", folder=tmp_path)
    assert (result.exit_code, "There is no deployment on chain 31337" in result.output) == (1, True)
