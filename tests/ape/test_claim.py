"""`ape run claim`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from ape.api import AccountAPI
from ape.contracts import ContractInstance

from fec.client.client import Client
from fec.core import curve
from fec.core.amounts import WEI_PER_FEC, format_fec
from fec.core.durations import WEEK
from fec.protocol.settlements import Leaf
from fec.protocol.terms import Terms
from fec.protocol.types import Node
from tests.ape.conftest import Run

ALICE = ("--account", "TEST::1")
BOB = ("--account", "TEST::2")


@pytest.fixture
def second(node: Node, adn: ContractInstance, alice: AccountAPI, client: Client) -> Node:
    """Another node of Alice's."""
    adn.mint(1, 70 * WEI_PER_FEC, alice, sender=alice)
    return client.nodes.owned_by(alice.address)[1]


@pytest.fixture
def smallest_claim(client: Client, owner: AccountAPI) -> Callable[[int], None]:
    """Has the merchant of program 1 say what the smallest claim worth paying out is, in wei."""
    merchant = client.signed_by(owner.address)

    def set_terms(amount: int) -> None:
        merchant.terms.set(1, Terms(signer=owner.address, treasury=owner.address, min_claim=amount))

    return set_terms


def claimable(node: Node, period: int) -> int:
    return curve.claimable(node.principal, node.claimed, period)


def test_claim__no_nodes_named__claims_all(
    run: Run, node: Node, second: Node, client: Client, weeks_later: Callable[[int], int]
) -> None:
    weeks_later(3)
    before = client.balance(node.owner)
    result = run("claim", *ALICE)
    total = claimable(node, 3) + claimable(second, 3)
    assert f"In all {format_fec(total)} FEC from 2 nodes." in result.output
    assert client.balance(node.owner) - before == total


def test_claim__short_name__claims_that_one_only(
    run: Run, node: Node, second: Node, client: Client, weeks_later: Callable[[int], int]
) -> None:
    weeks_later(1)
    assert run("claim", second.name, *ALICE).exit_code == 0
    assert [client.nodes.get(each.token_id).claimed for each in (node, second)] == [0, claimable(second, 1)]


def test_claim__full_token_id__claims_that_one_only(
    run: Run, node: Node, second: Node, client: Client, weeks_later: Callable[[int], int]
) -> None:
    weeks_later(1)
    assert run("claim", str(node.token_id), *ALICE).exit_code == 0
    assert [client.nodes.get(each.token_id).claimed for each in (node, second)] == [claimable(node, 1), 0]


def test_claim__settled_and_not_opened__opens_and_claims(
    run: Run, client: Client, owner: AccountAPI, alice: AccountAPI, weeks_later: Callable[[int], int]
) -> None:
    merchant = client.signed_by(owner.address)
    program = merchant.programs.create(
        owner.address, issuer=owner.address, period_length=WEEK, origin=0, quota=WEI_PER_FEC
    )
    merchant.settlements.settle(program.program_id, [Leaf(alice.address, WEI_PER_FEC)])
    weeks_later(3)
    result = run("claim", *ALICE)
    assert f"paid {format_fec(curve.released(WEI_PER_FEC, 3))} FEC to {alice.address}" in result.output
    assert [node.claimed for node in client.nodes.owned_by(alice.address)] == [curve.released(WEI_PER_FEC, 3)]


def test_claim__to_another__pays_that_account(
    run: Run, node: Node, bob: AccountAPI, client: Client, weeks_later: Callable[[int], int]
) -> None:
    weeks_later(2)
    assert run("claim", "--to", bob.address, *ALICE).exit_code == 0
    assert client.balance(bob.address) == claimable(node, 2)


def test_claim__for_an_owner__pays_the_owner(
    run: Run, node: Node, client: Client, weeks_later: Callable[[int], int]
) -> None:
    weeks_later(2)
    before = client.balance(node.owner)
    assert run("claim", "--for", node.owner, *BOB).exit_code == 0
    assert client.balance(node.owner) - before == claimable(node, 2)


def test_claim__for_two_owners__pays_each(
    *,
    run: Run,
    node: Node,
    adn: ContractInstance,
    owner: AccountAPI,
    bob: AccountAPI,
    client: Client,
    weeks_later: Callable[[int], int],
) -> None:
    adn.mint(1, WEI_PER_FEC, bob, sender=owner)
    (bobs,) = client.nodes.owned_by(bob.address)
    weeks_later(5)
    before = client.balance(node.owner)
    assert run("claim", "--for", node.owner, "--for", bob.address).exit_code == 0
    assert client.balance(node.owner) - before == claimable(node, 5)
    assert client.balance(bob.address) == claimable(bobs, 5)


def test_claim__for_an_owner_below_the_smallest_claim__skips_and_counts(
    *,
    run: Run,
    node: Node,
    second: Node,
    client: Client,
    smallest_claim: Callable[[int], None],
    weeks_later: Callable[[int], int],
) -> None:
    smallest_claim(claimable(second, 2) + 1)
    weeks_later(2)
    result = run("claim", "--for", node.owner, *BOB)
    assert "Skipped: 1 of 2 nodes have less to pay than their program's smallest claim" in result.output
    assert [client.nodes.get(each.token_id).claimed for each in (node, second)] == [claimable(node, 2), 0]


def test_claim__for_an_owner_exactly_the_smallest_claim__pays(
    *,
    run: Run,
    node: Node,
    client: Client,
    smallest_claim: Callable[[int], None],
    weeks_later: Callable[[int], int],
) -> None:
    smallest_claim(claimable(node, 2))
    weeks_later(2)
    result = run("claim", "--for", node.owner, *BOB)
    assert (result.exit_code, "Skipped" in result.output) == (0, False)
    assert client.nodes.get(node.token_id).claimed == claimable(node, 2)


def test_claim__for_an_owner_all_below_the_smallest_claim__sends_nothing(
    *,
    run: Run,
    node: Node,
    client: Client,
    smallest_claim: Callable[[int], None],
    weeks_later: Callable[[int], int],
) -> None:
    smallest_claim(claimable(node, 2) + 1)
    weeks_later(2)
    height = client.web3.eth.block_number
    result = run("claim", "--for", node.owner, *BOB)
    assert (result.exit_code, client.web3.eth.block_number) == (1, height)
    assert "Error: Nothing worth claiming: 1 of 1 nodes have less to pay" in result.output


def test_claim__for_an_owner_all__takes_what_is_below_the_smallest_claim(
    *,
    run: Run,
    node: Node,
    client: Client,
    smallest_claim: Callable[[int], None],
    weeks_later: Callable[[int], int],
) -> None:
    smallest_claim(claimable(node, 2) + 1)
    weeks_later(2)
    assert run("claim", "--for", node.owner, "--all", *BOB).exit_code == 0
    assert client.nodes.get(node.token_id).claimed == claimable(node, 2)


def test_claim__by_the_owner__takes_what_is_below_the_smallest_claim(
    *,
    run: Run,
    node: Node,
    client: Client,
    smallest_claim: Callable[[int], None],
    weeks_later: Callable[[int], int],
) -> None:
    smallest_claim(claimable(node, 2) + 1)
    weeks_later(2)
    assert run("claim", *ALICE).exit_code == 0
    assert client.nodes.get(node.token_id).claimed == claimable(node, 2)


def test_claim__named_twice__is_claimed_once(
    run: Run, node: Node, client: Client, weeks_later: Callable[[int], int]
) -> None:
    weeks_later(1)
    assert run("claim", node.name, str(node.token_id), *ALICE).exit_code == 0
    assert client.nodes.get(node.token_id).claimed == claimable(node, 1)


def test_claim__dry_run__shows_what_a_claim_then_pays(
    run: Run, node: Node, second: Node, client: Client, weeks_later: Callable[[int], int]
) -> None:
    weeks_later(7)
    height = client.web3.eth.block_number
    shown = run("claim", "--dry-run", *ALICE)
    assert client.web3.eth.block_number == height
    assert run("claim", *ALICE).exit_code == 0
    for each in (node, second):
        paid = client.nodes.get(each.token_id).claimed
        assert f"ADN {each.name} would pay {format_fec(paid)} FEC to {each.owner}\n" in shown.output


def test_claim__more_nodes_than_fit_a_transaction__takes_several(
    *,
    run: Run,
    node: Node,
    second: Node,
    client: Client,
    weeks_later: Callable[[int], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fec.client.nodes.MOST_GAS", 130_000)
    weeks_later(1)
    result = run("claim", *ALICE)
    assert result.output.count("Transaction 0x") == 2
    assert all(client.nodes.get(each.token_id).claimed for each in (node, second))


def test_claim__before_the_first_period_ends__says_when_to_come_back(run: Run, node: Node, client: Client) -> None:
    height = client.web3.eth.block_number
    result = run("claim", *ALICE)
    assert result.exit_code == 1
    assert "Error: Nothing to claim. The next release is on " in result.output
    assert client.web3.eth.block_number == height


def test_claim__all_paid__says_so(run: Run, node: Node, weeks_later: Callable[[int], int]) -> None:
    weeks_later(100)
    assert run("claim", *ALICE).exit_code == 0
    result = run("claim", *ALICE)
    assert (result.exit_code, "Nothing to claim. All that the nodes promised is paid." in result.output) == (1, True)


def test_claim__account_without_nodes__says_so(run: Run) -> None:
    result = run("claim", *BOB)
    assert (result.exit_code, "Nothing to claim. There are no nodes" in result.output) == (1, True)


def test_claim__not_the_owner__is_refused(
    run: Run, node: Node, bob: AccountAPI, client: Client, weeks_later: Callable[[int], int]
) -> None:
    weeks_later(1)
    result = run("claim", str(node.token_id), *BOB)
    assert result.exit_code == 1
    assert f"[ADN_NotClaimer(tokenId={node.token_id}, caller={bob.address})]" in result.output
    assert client.nodes.get(node.token_id).claimed == 0


def test_claim__unknown_node__is_refused(run: Run) -> None:
    result = run("claim", "12345", *ALICE)
    assert (result.exit_code, "[ERC721NonexistentToken(tokenId=12345)]" in result.output) == (1, True)


def test_claim__short_name_of_nobody__lists_what_there_is(run: Run, node: Node) -> None:
    result = run("claim", "9-9", *ALICE)
    assert result.exit_code == 2
    assert f"{node.owner} has no node '9-9', but {node.name}." in result.output


def test_claim__to_and_for__exclude_each_other(run: Run, bob: AccountAPI) -> None:
    result = run("claim", "--to", bob.address, "--for", bob.address)
    assert (result.exit_code, "--to and --for exclude each other" in result.output) == (2, True)


def test_claim__no_deployment_for_the_chain__names_the_chains_there_are(script: Run, tmp_path: Path) -> None:
    (tmp_path / "5.json").write_text("{}")
    result = script("claim", folder=tmp_path)
    assert result.exit_code == 1
    assert "There is no deployment on chain 31337" in result.output
    assert f"in {tmp_path}; the chains there are: 5. Choose the right --network, or deploy first" in result.output
