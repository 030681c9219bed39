"""Common options: which chain, which deployment, who signs; and what goes wrong there."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from eth_account import Account

from fec.chain.anvil import Anvil
from fec.chain.deployments import path_for
from fec.cli import main

from .conftest import Shell

#: Nothing listens there.
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def keystore(anvil: Anvil, tmp_path: Path) -> Path:
    """Alice's, behind the passphrase `latte`."""
    path = tmp_path / "alice.json"
    path.write_text(json.dumps(Account.encrypt(anvil.accounts[1].key, "latte", iterations=2)))
    return path


def test_keystore__passphrase_asked__signs(shell: Shell, keystore: Path) -> None:
    printed = shell.as_(None)("node", "mint", "1", "--yes", "--keystore", keystore, answer="latte\n")
    assert "Minted ADN 1-1." in printed


def test_keystore__passphrase_in_environment__signs(
    shell: Shell, keystore: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEC_PASSPHRASE", "latte")
    monkeypatch.setenv("FEC_KEYSTORE", str(keystore))
    assert shell.as_(None).json("node", "mint", "1", "--yes")["name"] == "1-1"


def test_keystore__wrong_passphrase__is_refused(shell: Shell, keystore: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEC_PASSPHRASE", "mocha")
    error = shell.as_(None).refused("node", "mint", "1", "--yes", "--keystore", keystore)
    assert error["message"] == f"{keystore} cannot be opened: MAC mismatch. Check the file and its passphrase."


def test_keystore__other_file__is_refused(shell: Shell, record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEC_PASSPHRASE", "latte")
    error = shell.as_(None).refused("node", "mint", "1", "--yes", "--keystore", record)
    assert error["message"].startswith(f"{record} cannot be opened: ")


def test_keystore__with_account__is_misuse(shell: Shell, keystore: Path) -> None:
    assert shell.misused("node", "list", "--keystore", keystore) == ("Error: Give --account or --keystore, not both.")


def test_private_key__in_environment__signs(
    shell: Shell, anvil: Anvil, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEC_PRIVATE_KEY", "0x" + bytes(anvil.accounts[1].key).hex())
    nobody = shell.as_(None)
    nobody("node", "mint", "1", "--yes")
    assert nobody.json("node", "list")["owner"] == alice


def test_private_key__malformed__is_not_repeated(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEC_PRIVATE_KEY", "0xhunter2")
    result = shell.as_(None).run("node", "list")
    assert result.exit_code == 1
    assert result.stderr == "Error: FEC_PRIVATE_KEY is not a private key. Set it to 32 bytes in hex.\n"


def test_account__typed__goes_before_the_environment(
    shell: Shell, anvil: Anvil, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEC_PRIVATE_KEY", "0x" + bytes(anvil.accounts[2].key).hex())
    assert shell.json("node", "list")["owner"] == alice


def test_account__missing__is_refused(shell: Shell) -> None:
    error = shell.as_(None).refused("node", "mint", "1", "--yes", "--to", "0x" + "11" * 20)
    assert error["error"] == "SignerMissing"
    assert error["message"].startswith("No signing account. Give --keystore FILE")


def test_account__not_unlocked__is_refused(shell: Shell) -> None:
    stranger = "0x" + "11" * 20
    error = shell.as_(stranger).refused("node", "mint", "1", "--yes")
    assert error["error"] == "SignerMissing"
    assert f"does not sign for {stranger}. Give --keystore FILE" in error["message"]


def test_account__malformed__is_misuse(shell: Shell) -> None:
    assert "'alice' is not an address" in shell.as_(None).misused("node", "list", "--account", "alice")


def test_rpc__nothing_there__is_refused(record: Path) -> None:
    words = ["--rpc", NOWHERE, "--deployments", str(record), "status"]
    result = CliRunner(mix_stderr=False).invoke(main, words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: Nothing answers at {NOWHERE}. Start the node, or check the address.\n"


def test_rpc__after_the_command__counts(shell: Shell) -> None:
    assert shell.refused("status", "--rpc", NOWHERE)["error"] == "RPCUnreachable"


def test_rpc__no_address__is_refused(shell: Shell) -> None:
    assert shell.refused("status", "--rpc", "localhost")["message"] == "'localhost' is not an http or https address."


def test_network__other_than_deployed__is_refused(shell: Shell, record: Path, tmp_path: Path) -> None:
    other = tmp_path / "5.json"
    other.write_text(json.dumps({**json.loads(record.read_text()), "chainId": 5}))
    error = shell.refused("node", "mint", "1", "--yes", "--deployments", other)
    assert error["error"] == "WrongNetwork"
    assert error["message"].startswith("This chain has id 31337, but the deployment is on chain 5.")


def test_deployments__folder__has_one_file_a_chain(shell: Shell, record: Path) -> None:
    assert shell.json("program", "list", "--deployments", record.parent)[0]["programId"] == 1


def test_deployments__none_in_the_folder__is_refused(shell: Shell, tmp_path: Path) -> None:
    error = shell.refused("status", "--deployments", tmp_path)
    assert error["message"] == (
        f"There is no deployments file {path_for(31_337, tmp_path)}. Deploy first, or name the right file."
    )


def test_deployments__of_a_chain_that_was_restarted__is_refused(record: Path) -> None:
    with Anvil() as fresh:
        error = Shell(fresh, record, None).refused("status")
    assert error["error"] == "DeploymentMissing"
    assert "A local chain that was restarted has forgotten its contracts: deploy them again." in error["message"]


def test_environment__names_chain_and_deployment(
    shell: Shell, record: Path, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEC_RPC", shell.anvil.url)
    monkeypatch.setenv("FEC_DEPLOYMENTS", str(record))
    monkeypatch.setenv("FEC_ACCOUNT", alice)
    result = CliRunner(mix_stderr=False).invoke(main, ["node", "list", "--json"])
    assert json.loads(result.stdout)["owner"] == alice


def test_error__for_people__is_one_sentence_and_what_to_do(shell: Shell) -> None:
    result = shell.run("node", "mint", "0", "--yes")
    assert result.exit_code == 1
    assert result.stderr == ("Error: A node needs principal. Burn an amount above 0. [ADN_ZeroPrincipal()]\n")


def test_help__lists_the_commands_own_options_first(shell: Shell) -> None:
    printed = shell("node", "claim", "--help")
    assert printed.index("--for-owners") < printed.index("Common options:") < printed.index("--rpc URL")
