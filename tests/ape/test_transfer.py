"""`ape run transfer`, and the options that all scripts share which send."""

from collections.abc import Callable
from pathlib import Path

import pytest
from ape.api import AccountAPI

from fec.client.client import Client
from fec.protocol.types import Node
from tests.ape.conftest import Run

ALICE = ("--account", "TEST::1")
BOB = ("--account", "TEST::2")


def test_transfer__account_that_is_not_there__is_refused(run: Run, node: Node, bob: AccountAPI) -> None:
    result = run("transfer", node.name, bob.address, "--account", "nobody")
    assert (result.exit_code, "Account with alias 'nobody' not found." in result.output) == (2, True)


def test_transfer__fees__are_those_of_the_transaction(run: Run, node: Node, bob: AccountAPI, client: Client) -> None:
    fees = ("--max-fee", "7.5", "--priority-fee", "1.25")
    assert run("transfer", node.name, bob.address, *fees, *ALICE).exit_code == 0
    (sent,) = client.web3.eth.get_block("latest", full_transactions=True)["transactions"]
    assert (sent["type"], sent["maxFeePerGas"], sent["maxPriorityFeePerGas"]) == (2, 7_500_000_000, 1_250_000_000)


@pytest.mark.parametrize("fee", ["much", "-1", "0.0000000001", "NaN"])
def test_transfer__not_a_fee__is_refused(run: Run, node: Node, bob: AccountAPI, fee: str) -> None:
    result = run("transfer", node.name, bob.address, f"--max-fee={fee}", *ALICE)
    assert (result.exit_code, f"{fee!r} is not a number of gwei." in result.output) == (2, True)


def test_transfer__short_name__changes_the_owner(run: Run, node: Node, bob: AccountAPI, client: Client) -> None:
    assert run("transfer", node.name, bob.address, *ALICE).exit_code == 0
    assert client.nodes.get(node.token_id).owner == bob.address


def test_transfer__fingerprint_as_shown__changes_the_owner(
    run: Run, node: Node, bob: AccountAPI, client: Client
) -> None:
    seen = run("transfer", node.name, bob.address, "--show", *ALICE).output.split()[-1]
    assert seen == client.nodes.fingerprint(node.token_id)
    assert run("transfer", node.name, bob.address, "--fingerprint", seen, *ALICE).exit_code == 0
    assert client.nodes.get(node.token_id).owner == bob.address


def test_transfer__claimed_since_it_was_seen__is_refused(
    run: Run, node: Node, bob: AccountAPI, client: Client, weeks_later: Callable[[int], int]
) -> None:
    seen = client.nodes.fingerprint(node.token_id)
    weeks_later(1)
    assert run("claim", *ALICE).exit_code == 0
    result = run("transfer", node.name, bob.address, "--fingerprint", seen, *ALICE)
    found = client.nodes.fingerprint(node.token_id)
    assert result.exit_code == 1
    assert f"[ADN_StateChanged(tokenId={node.token_id}, expected={seen}, actual={found})]" in result.output
    assert client.nodes.get(node.token_id).owner == node.owner


def test_transfer__not_a_fingerprint__is_refused(run: Run, node: Node, bob: AccountAPI) -> None:
    result = run("transfer", node.name, bob.address, "--fingerprint", "0x12", *ALICE)
    assert (result.exit_code, "'0x12' is not 32 bytes in hex" in result.output) == (2, True)


def test_transfer__not_the_owner__is_refused(run: Run, node: Node, bob: AccountAPI) -> None:
    result = run("transfer", str(node.token_id), bob.address, *BOB)
    values = f"operator={bob.address}, tokenId={node.token_id}"
    assert (result.exit_code, f"[ERC721InsufficientApproval({values})]" in result.output) == (1, True)


def test_transfer__not_an_address__is_refused(run: Run, node: Node) -> None:
    result = run("transfer", node.name, "0x1234", *ALICE)
    assert (result.exit_code, "'0x1234' is not an address, or its checksum is wrong. Check it." in result.output) == (
        2,
        True,
    )


def test_transfer__deployments_folder_without_the_chain__is_refused(
    script: Run, bob: AccountAPI, tmp_path: Path
) -> None:
    result = script("transfer", "1-1", bob.address, folder=tmp_path)
    assert (result.exit_code, "There is no deployment on chain 31337" in result.output) == (1, True)
