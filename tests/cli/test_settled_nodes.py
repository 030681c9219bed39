"""Settled nodes at the command line: shown, proven, opened, and used by commands that open them first."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fec.chain import deployments
from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC, exact_fec
from fec.core.curve import released
from fec.protocol.settlements import Leaf

from .conftest import Shell

ADN = 1_000 * WEI_PER_FEC
LEAF = "leaf.json"

WeeksLater = Callable[[int], None]


@pytest.fixture
def settlement(chain: Anvil, record: Path, alice: str, bob: str, program: str) -> int:
    """Settled by the operator of `program` there: two nodes of Alice's, 2-1 and 2-3, and one of Bob's, 2-2."""
    client = Client(chain.web3, deployments.read(record), chain.accounts[0])
    client.orders.approve(4 * ADN)
    leaves = [Leaf(alice, ADN), Leaf(bob, ADN), Leaf(alice, 2 * ADN)]
    return client.settlements.settle(int(program), leaves, "day 1").settlement_id


@pytest.fixture
def dust(chain: Anvil, record: Path, alice: str) -> None:
    """Settled for Alice by a stranger in the public program: node 1-1."""
    stranger = Client(chain.web3, deployments.read(record), chain.accounts[0])
    stranger.settlements.settle(1, [Leaf(alice, 10**15)])


def listed(shell: Shell, *words: str) -> list[tuple[str, bool]]:
    return [(node["name"], node["opened"]) for node in shell.json("node", "list", *words)["nodes"]]


# ----------------------------------------------------------------------- shown


@pytest.mark.usefixtures("settlement")
def test_status__settled_nodes__says_what_nobody_has_opened(shell: Shell) -> None:
    shell("node", "open", "2-3")
    shown = shell.json("status")
    counted = (shown["settlements"], shown["settledNodes"], shown["unopenedNodes"])
    assert (*counted, shown["settledPrincipal"], shown["unopenedPrincipal"]) == (1, 3, 2, "4000", "2000")
    printed = shell("status")
    assert "principal of 3 settled nodes in 1 settlement" in printed
    assert "principal of 2 of them, which nobody has opened" in printed


@pytest.mark.usefixtures("settlement")
def test_list__unopened__are_shown_and_marked(shell: Shell) -> None:
    assert listed(shell) == [("2-1", False), ("2-3", False)]
    printed = shell("node", "list")
    assert "2-1 ○" in printed
    assert "○ Settled, and not opened yet. Claiming or moving it opens it." in printed


@pytest.mark.usefixtures("dust")
def test_list__settled_by_anybody__is_folded_away_and_counted(shell: Shell) -> None:
    assert listed(shell) == []
    assert shell.json("node", "list")["folded"] == 1
    assert "Not shown: 1 settled node of program 1, in which anybody can settle." in shell("node", "list")


@pytest.mark.usefixtures("dust")
def test_list__all__shows_what_is_folded(shell: Shell) -> None:
    assert listed(shell, "--all") == [("1-1", False)]


def test_show__unopened__says_where_its_leaf_is(shell: Shell, settlement: int) -> None:
    shown = shell.json("node", "show", "2-3")
    assert (shown["settlementId"], shown["index"], shown["opened"]) == (str(settlement), 2, False)


# ---------------------------------------------------------------------- proven


def test_proof__of_a_leaf__prints_what_opens_it(shell: Shell, settlement: int, alice: str) -> None:
    proof = shell.as_(None).json("node", "proof", settlement, 2)
    assert (proof["owner"], proof["principal"]) == (alice, "2000")
    assert proof["tokenId"] == shell.json("node", "show", "2-3")["tokenId"]
    assert len(proof["proof"]) == 1


def test_proof__no_such_leaf__is_refused(shell: Shell, settlement: int) -> None:
    error = shell.refused("node", "proof", settlement, 3)
    assert (error["error"], error["values"]) == (
        "ADN_NoSuchLeaf",
        {"settlementId": str(settlement), "index": "3", "count": "3"},
    )


def test_proof__unknown_settlement__is_refused(shell: Shell) -> None:
    assert shell.refused("node", "proof", 5, 0)["error"] == "ADN_UnknownSettlement"


# ---------------------------------------------------------------------- opened


@pytest.mark.usefixtures("settlement")
def test_open__by_anybody__is_the_owners(shell: Shell, bob: str) -> None:
    shell("node", "open", "2-2")
    assert listed(shell, bob) == [("2-2", True)]


@pytest.mark.usefixtures("settlement")
def test_open__with_claim__pays_the_owner(shell: Shell, bob: str, weeks_later: WeeksLater) -> None:
    weeks_later(10)
    paid = exact_fec(released(ADN, 10))
    assert shell.json("node", "open", "2-2", "--claim")["paid"] == paid
    assert shell.json("balance", bob)["balance"] == paid


@pytest.mark.usefixtures("settlement")
def test_open__opened_before__is_refused(shell: Shell) -> None:
    shell("node", "open", "2-2")
    assert shell.refused("node", "open", "2-2")["message"].startswith("2-2 cannot be opened: it was opened before")


def test_open__nothing_named__is_wrong_usage(shell: Shell) -> None:
    assert shell.misused("node", "open").endswith("Name the nodes to open, or give their files with --file.")


def test_open__by_file__needs_no_logs(shell: Shell, settlement: int, bob: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shell("node", "proof", settlement, 1, "--out", LEAF)
    with monkeypatch.context() as patched:
        patched.setattr("fec.client.settlements.Settlements.tree", _no_logs)
        shell("node", "open", "--file", LEAF)
    assert listed(shell, bob) == [("2-2", True)]


def test_open__by_a_changed_file__is_refused(shell: Shell, settlement: int, bob: str) -> None:
    shell("node", "proof", settlement, 0, "--out", LEAF)
    record: dict[str, Any] = json.loads(Path(LEAF).read_text())
    Path(LEAF).write_text(json.dumps({**record, "owner": bob}))
    assert shell.refused("node", "open", "--file", LEAF)["error"] == "ADN_InvalidProof"


def test_open__by_another_kind_of_file__is_refused(shell: Shell) -> None:
    Path(LEAF).write_text("{}")
    assert shell.refused("node", "open", "--file", LEAF)["message"] == (
        "leaf.json is not the file of a settled node. Make it again with `fec node proof --out FILE`. (it has no "
        "'settlementId')"
    )


def _no_logs(*_: object) -> None:
    raise AssertionError("logs were read")


# ------------------------------------------------------------------------ used


@pytest.mark.usefixtures("settlement")
def test_claim__unopened__opens_and_pays(shell: Shell, weeks_later: WeeksLater) -> None:
    weeks_later(3)
    assert shell.json("node", "claim")["paid"] == exact_fec(released(ADN, 3) + released(2 * ADN, 3))
    assert listed(shell) == [("2-1", True), ("2-3", True)]


@pytest.mark.usefixtures("settlement")
def test_claim__to_another__opens_first(shell: Shell, bob: str, weeks_later: WeeksLater) -> None:
    weeks_later(3)
    claimed = shell.json("node", "claim", "2-3", "--to", bob)
    assert shell.json("balance", bob)["balance"] == claimed["paid"] == exact_fec(released(2 * ADN, 3))


@pytest.mark.usefixtures("settlement")
def test_claim__dry_run__opens_nothing(shell: Shell, weeks_later: WeeksLater) -> None:
    weeks_later(3)
    assert shell.json("node", "claim", "--dry-run")["dryRun"]
    assert listed(shell) == [("2-1", False), ("2-3", False)]


@pytest.mark.usefixtures("dust")
def test_claim__settled_by_anybody__is_not_opened_unasked(shell: Shell, weeks_later: WeeksLater) -> None:
    weeks_later(100)
    assert "has no nodes" in shell.refused("node", "claim")["message"]
    assert shell.json("node", "claim", "1-1")["paid"] == "0.01"


@pytest.mark.usefixtures("settlement")
def test_transfer__unopened__says_so_and_opens_first(shell: Shell, bob: str) -> None:
    printed = shell("node", "transfer", "2-3", bob, "--yes")
    assert "Opens ADN 2-3 first, in a transaction of its own." in printed
    assert listed(shell, bob) == [("2-3", True), ("2-2", False)]


@pytest.mark.usefixtures("settlement")
def test_merge__unopened__opens_first(shell: Shell) -> None:
    shell("node", "merge", "2-1", "2-3")
    assert shell.json("node", "show", "2-1")["principal"] == "3000"


@pytest.mark.usefixtures("settlement")
def test_split__unopened__opens_first(shell: Shell) -> None:
    shell("node", "split", "2-1", "400")
    assert listed(shell)[0] == ("2-1", True)
