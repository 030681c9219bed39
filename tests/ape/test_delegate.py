"""`ape run delegate`."""

import pytest
from ape.api import AccountAPI

from fec.client.client import Client
from fec.protocol.types import Node
from tests.ape.conftest import Run

ALICE = ("--account", "TEST::1")
BOB = ("--account", "TEST::2")


def test_delegate__one_node__may_claim_from_that_one(run: Run, node: Node, bob: AccountAPI, client: Client) -> None:
    assert run("mint", "5", *ALICE).exit_code == 0
    result = run("delegate", bob.address, node.name, *ALICE)
    assert (result.exit_code, f"{bob.address} may claim from ADN {node.name}.\n" in result.output) == (0, True)
    allowed = [client.nodes.may_claim(each.token_id, bob.address) for each in client.nodes.owned_by(node.owner)]
    assert allowed == [True, False]


def test_delegate__one_node_revoked__may_not_claim(run: Run, node: Node, bob: AccountAPI, client: Client) -> None:
    assert run("delegate", bob.address, node.name, *ALICE).exit_code == 0
    result = run("delegate", bob.address, node.name, "--revoke", *ALICE)
    assert f"{bob.address} may no longer claim from ADN {node.name}.\n" in result.output
    assert not client.nodes.may_claim(node.token_id, bob.address)


def test_delegate__all__may_claim_from_nodes_to_come(run: Run, node: Node, bob: AccountAPI, client: Client) -> None:
    result = run("delegate", bob.address, "--all", *ALICE)
    assert f"{bob.address} may claim from all nodes of {node.owner}.\n" in result.output
    assert run("mint", "5", *ALICE).exit_code == 0
    allowed = [client.nodes.may_claim(each.token_id, bob.address) for each in client.nodes.owned_by(node.owner)]
    assert allowed == [True, True]


def test_delegate__all_revoked__may_not_claim(run: Run, node: Node, bob: AccountAPI, client: Client) -> None:
    assert run("delegate", bob.address, "--all", *ALICE).exit_code == 0
    result = run("delegate", bob.address, "--all", "--revoke", *ALICE)
    assert f"{bob.address} has no right to all nodes of {node.owner} any more; it keeps rights to" in result.output
    assert not client.nodes.may_claim(node.token_id, bob.address)


def test_delegate__one_node_revoked_but_not_all__says_that_it_may_still(
    run: Run, node: Node, bob: AccountAPI, client: Client
) -> None:
    assert run("delegate", bob.address, "--all", *ALICE).exit_code == 0
    result = run("delegate", bob.address, node.name, "--revoke", *ALICE)
    assert f"{bob.address} may still claim from ADN {node.name}: it has the right to all nodes." in result.output
    assert client.nodes.may_claim(node.token_id, bob.address)


def test_delegate__not_the_owner__is_refused(run: Run, node: Node, bob: AccountAPI) -> None:
    result = run("delegate", bob.address, str(node.token_id), *BOB)
    values = f"sender={bob.address}, tokenId={node.token_id}, owner={node.owner}"
    assert (result.exit_code, f"[ERC721IncorrectOwner({values})]" in result.output) == (1, True)


@pytest.mark.parametrize("which", [(), ("1-1", "--all")])
def test_delegate__neither_or_both_of_node_and_all__is_refused(
    run: Run, bob: AccountAPI, which: tuple[str, ...]
) -> None:
    result = run("delegate", bob.address, *which, *ALICE)
    assert (result.exit_code, "Name one NODE, or give --all: either, not both." in result.output) == (2, True)
