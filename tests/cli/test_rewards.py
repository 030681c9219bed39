"""`fec reward` on a real chain."""

import json
from pathlib import Path

import pytest

from fec.core.durations import WEEK

from .conftest import MONDAY, Shell, WeeksLater


@pytest.fixture
def proofs(shell: Shell, alice: str, bob: str) -> str:
    """Of 1 FEC for Alice and 2 for Bob."""
    Path("rewards.csv").write_text(f"address,amount\n{alice},1\n{bob},2\n")
    shell("reward", "tree", "rewards.csv", "--out", "proofs.json")
    return "proofs.json"


@pytest.fixture
def batch(operator: Shell, program: str, proofs: str) -> int:
    operator("order", "allow", "3")
    until = MONDAY + WEEK * 2
    stamp = operator.json("curve", "--start", "1970-01-01T00:00+00:00", "--period", f"{until}s")["periods"][0]["time"]
    number: int = operator.json("reward", "fund", program, proofs, "--until", stamp, "--yes")["batchId"]
    return number


def test_give__mints_the_shoppers_node(operator: Shell, program: str, bob: str) -> None:
    operator("order", "allow", "7")
    given = operator.json("reward", "give", program, bob, "7", "--reason", "review", "--yes")
    assert operator.json("node", "show", given["node"])["owner"] == bob


def test_give__stranger__is_refused(shell: Shell, program: str, alice: str, bob: str) -> None:
    shell("order", "allow", "7")
    error = shell.refused("reward", "give", program, bob, "7", "--yes")
    assert (error["error"], error["values"]) == (
        "Checkout_NotSignerOrOperator",
        {"programId": program, "caller": alice},
    )


def test_tree__adds_up(shell: Shell, proofs: str) -> None:
    assert len(json.loads(Path(proofs).read_text())["rewards"]) == 2


def test_tree__file_exists__is_left_alone(shell: Shell, proofs: str) -> None:
    before = Path(proofs).read_text()
    error = shell.refused("reward", "tree", "rewards.csv", "--out", proofs)
    assert error["message"].startswith("The file proofs.json already exists.")
    assert Path(proofs).read_text() == before


def test_tree__wrong_line__is_named(shell: Shell) -> None:
    Path("rewards.csv").write_text("address,amount\n0x12,1\n")
    error = shell.refused("reward", "tree", "rewards.csv", "--out", "proofs.json")
    assert error["message"].startswith("rewards.csv, line 2: '0x12' is not an address")


def test_take__one_shopper_then_all__each_once(shell: Shell, batch: int, proofs: str, alice: str, bob: str) -> None:
    [first] = shell.json("reward", "take", batch, proofs, "--shopper", bob)
    [second] = shell.json("reward", "take", batch, proofs)
    assert [(taken["shopper"], taken["principal"]) for taken in (first, second)] == [(bob, "2"), (alice, "1")]
    assert shell.refused("reward", "take", batch, proofs)["message"].startswith("There is nothing to take: ")


def test_reclaim__after_the_deadline__returns_the_rest(
    shell: Shell, batch: int, proofs: str, bob: str, weeks_later: WeeksLater
) -> None:
    shell("reward", "take", batch, proofs, "--shopper", bob)
    weeks_later(3)
    assert shell.json("reward", "reclaim", batch)["amount"] == "1"
    assert shell.json("reward", "show", batch)["left"] == "0"


def test_reclaim__too_early__is_refused(shell: Shell, batch: int) -> None:
    error = shell.refused("reward", "reclaim", batch)
    assert error["error"] == "Checkout_BatchOpen"
    assert error["values"] == {"batchId": str(batch), "deadline": str(MONDAY + WEEK * 2)}


def test_show__unknown_batch__is_refused(shell: Shell) -> None:
    error = shell.refused("reward", "show", "5")
    assert (error["error"], error["values"]) == ("Checkout_UnknownBatch", {"batchId": "5"})
