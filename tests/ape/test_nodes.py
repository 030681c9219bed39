"""`ape run mint`, `transfer`, `split` and `merge`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from ape.api import AccountAPI

from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.protocol.types import Node
from tests.ape.conftest import Run

ALICE = ("--account", "TEST::1")
BOB = ("--account", "TEST::2")


def test_mint__default_program__burns_into_a_node(run: Run, alice: AccountAPI, client: Client) -> None:
    before = client.balance(alice.address)
    assert run("mint", "1,250.5", *ALICE).exit_code == 0
    (node,) = client.nodes.owned_by(alice.address)
    assert (node.program_id, node.principal) == (1, before - client.balance(alice.address))
    assert node.principal * 2 == 2_501 * WEI_PER_FEC


def test_mint__to_another__is_theirs(run: Run, alice: AccountAPI, bob: AccountAPI, client: Client) -> None:
    assert run("mint", "3", "--to", bob.address, *ALICE).exit_code == 0
    assert [node.principal for node in client.nodes.owned_by(bob.address)] == [3 * WEI_PER_FEC]


def test_mint__short_name__is_shown(run: Run, alice: AccountAPI, client: Client) -> None:
    result = run("mint", "3", *ALICE)
    (node,) = client.nodes.owned_by(alice.address)
    assert f"ADN {node.name}: principal 3 FEC, face 30 FEC, claimed 0 FEC\n  token id {node.token_id}" in result.output


def test_mint__over_quota__is_refused(run: Run, client: Client) -> None:
    left = client.programs.get(1).quota
    result = run("mint", "200,000,000", "--account", "TEST::0")
    assert result.exit_code == 1
    asked = 200_000_000 * WEI_PER_FEC
    assert f"[ADN_QuotaExceeded(programId=1, asked={asked}, left={left})]" in result.output


def test_mint__nothing__is_refused(run: Run, alice: AccountAPI) -> None:
    result = run("mint", "0", *ALICE)
    assert (result.exit_code, "[ADN_ZeroPrincipal()]" in result.output) == (1, True)


def test_mint__unknown_program__is_refused(run: Run, alice: AccountAPI) -> None:
    result = run("mint", "1", "--program", "7", *ALICE)
    assert (result.exit_code, "[ADN_UnknownProgram(programId=7)]" in result.output) == (1, True)


def test_mint__more_than_the_account_has__is_refused(run: Run, bob: AccountAPI) -> None:
    result = run("mint", "1", *BOB)
    values = f"sender={bob.address}, balance=0, needed={WEI_PER_FEC}"
    assert (result.exit_code, f"[ERC20InsufficientBalance({values})]" in result.output) == (1, True)


@pytest.mark.parametrize("amount", ["1e3", "1.0000000000000000001", "ten", "1,00"])
def test_mint__not_an_amount__is_refused(run: Run, amount: str) -> None:
    result = run("mint", amount, *ALICE)
    assert (result.exit_code, "Invalid value for 'AMOUNT'" in result.output) == (2, True)


def test_mint__account_that_is_not_there__is_refused(run: Run) -> None:
    result = run("mint", "1", "--account", "nobody")
    assert (result.exit_code, "Account with alias 'nobody' not found." in result.output) == (2, True)


def test_mint__fees__are_those_of_the_transaction(run: Run, alice: AccountAPI, client: Client) -> None:
    assert run("mint", "1", "--max-fee", "7.5", "--priority-fee", "1.25", *ALICE).exit_code == 0
    (sent,) = client.web3.eth.get_block("latest", full_transactions=True)["transactions"]
    assert (sent["type"], sent["maxFeePerGas"], sent["maxPriorityFeePerGas"]) == (2, 7_500_000_000, 1_250_000_000)


@pytest.mark.parametrize("fee", ["much", "-1", "0.0000000001", "NaN"])
def test_mint__not_a_fee__is_refused(run: Run, fee: str) -> None:
    result = run("mint", "1", f"--max-fee={fee}", *ALICE)
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
    assert (result.exit_code, "'0x1234' is not an address, or its checksum is wrong." in result.output) == (2, True)


def test_split__two_parts__leaves_the_rest(run: Run, node: Node, client: Client) -> None:
    assert run("split", node.name, "100", "12.5", *ALICE).exit_code == 0
    tenths = [part.principal * 10 // WEI_PER_FEC for part in client.nodes.owned_by(node.owner)]
    assert tenths == [8_875, 1_000, 125]


def test_split__part_above_principal__is_refused(run: Run, node: Node) -> None:
    result = run("split", node.name, "1,001", *ALICE)
    values = f"tokenId={node.token_id}, asked={1_001 * WEI_PER_FEC}, left={node.principal}"
    assert (result.exit_code, f"[ADN_SplitExceedsPrincipal({values})]" in result.output) == (1, True)


def test_split__no_parts__is_refused(run: Run, node: Node) -> None:
    result = run("split", node.name, *ALICE)
    assert (result.exit_code, "Missing argument 'PRINCIPALS...'" in result.output) == (2, True)


def test_merge__parts_of_a_split__give_the_whole(run: Run, node: Node, client: Client) -> None:
    assert run("split", node.name, "100", "12.5", *ALICE).exit_code == 0
    names = [part.name for part in client.nodes.owned_by(node.owner)]
    assert run("merge", *names, *ALICE).exit_code == 0
    assert client.nodes.owned_by(node.owner) == [node]


def test_merge__with_itself__is_refused(run: Run, node: Node) -> None:
    result = run("merge", node.name, node.name, *ALICE)
    assert (result.exit_code, f"[ADN_MergeWithItself(tokenId={node.token_id})]" in result.output) == (1, True)


def test_merge__one_node__is_refused(run: Run, node: Node) -> None:
    result = run("merge", node.name, *ALICE)
    assert (result.exit_code, "[ADN_BatchTooShort(length=1, least=2)]" in result.output) == (1, True)


def test_merge__other_start__is_refused(
    run: Run, node: Node, client: Client, weeks_later: Callable[[int], int]
) -> None:
    weeks_later(1)
    assert run("mint", "5", *ALICE).exit_code == 0
    later = client.nodes.owned_by(node.owner)[1]
    result = run("merge", node.name, later.name, *ALICE)
    values = f"tokenId={node.token_id}, otherTokenId={later.token_id}"
    assert (result.exit_code, f"[ADN_UnlikeNodes({values})]" in result.output) == (1, True)


def test_mint__deployments_folder_without_the_chain__is_refused(script: Run, tmp_path: Path) -> None:
    result = script("mint", "1", folder=tmp_path)
    assert (result.exit_code, "There is no deployment on chain 31337" in result.output) == (1, True)
