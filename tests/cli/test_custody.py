"""`fec custody` on a real chain."""

from pathlib import Path
from typing import Any

import pytest

from .conftest import Shell, WeeksLater


@pytest.fixture
def member(operator: Shell, owner: str, bob: str) -> dict[str, Any]:
    """Of the operator's brand; Bob's is the key."""
    made: dict[str, Any] = operator.json("custody", "member", owner, bob, "--out", "member.json")
    return made


@pytest.fixture
def vault(operator: Shell, member: dict[str, Any], invoice: str) -> str:
    """Of the member, with a node of 12 FEC that the brand bought for them."""
    operator("order", "pay", invoice, "--customer", member["vault"], "--yes")
    return str(member["vault"])


def test_enroll__lists_the_member(operator: Shell, member: dict[str, Any], vault: str) -> None:
    operator("custody", "enroll", member["memberId"])
    [listed] = operator.json("custody", "list")
    assert (listed["vault"], listed["nodes"], listed["outstanding"]) == (vault, 1, "120")


def test_withdraw__signed_by_the_key__anybody_sends(
    operator: Shell, shell: Shell, member: dict[str, Any], vault: str, bob: str
) -> None:
    operator.as_(bob)("custody", "withdraw", member["file"], bob, "--sign", "leave.json")
    taken = shell.json("custody", "relay", "leave.json")
    assert [node["name"] for node in shell.json("node", "list", bob)["nodes"]] == taken["nodes"]


def test_withdraw__by_the_key_itself__needs_no_signature(
    operator: Shell, member: dict[str, Any], vault: str, bob: str, alice: str
) -> None:
    operator.as_(bob)("custody", "withdraw", member["file"], alice, "--yes")
    assert operator.json("custody", "show", member["file"])["nodes"] == []


def test_withdraw__brand__is_refused(operator: Shell, member: dict[str, Any], vault: str, owner: str, bob: str) -> None:
    error = operator.refused("custody", "withdraw", member["file"], owner, "--yes")
    assert (error["error"], error["values"]) == ("Custodian_InvalidSignature", {"signer": bob.lower()})


def test_withdraw__brand_signs__is_refused(operator: Shell, member: dict[str, Any], owner: str, bob: str) -> None:
    error = operator.refused("custody", "withdraw", member["file"], owner, "--sign", "theft.json")
    assert error["message"] == f"The member's signer is {bob}, not {owner}. Sign with the member's key."


@pytest.fixture
def node(operator: Shell, program: str, member: dict[str, Any], weeks_later: WeeksLater) -> str:
    """Name of the member's node, from which next.json, an order, can be paid."""
    weeks_later(60)
    operator("order", "sign", "10", "--program", program, "--id", "A-9", "--out", "next.json")
    [found] = operator.json("custody", "show", member["file"])["nodes"]
    return str(found["name"])


def test_spend__what_flowed_back__pays_the_next_order(
    operator: Shell, program: str, member: dict[str, Any], vault: str, node: str
) -> None:
    key = operator.as_(member["signer"])
    key("custody", "spend", member["file"], "next.json", "--node", node, "--sign", "spend.json")
    spent = operator.json("custody", "relay", "spend.json")
    assert (spent["customer"], spent["amount"]) == (vault, "10")


def test_spend__by_the_key_itself__needs_no_signature(
    operator: Shell, program: str, member: dict[str, Any], vault: str, node: str
) -> None:
    key = operator.as_(member["signer"])
    key("custody", "spend", member["file"], "next.json", "--node", node, "--yes")
    paid = operator.json("order", "show", f"{program}/A-9")
    assert (paid["payer"], paid["customer"]) == (vault, vault)


def test_relay__of_unknown_kind__is_refused(operator: Shell, member: dict[str, Any], vault: str, bob: str) -> None:
    operator.as_(bob)("custody", "withdraw", member["file"], bob, "--sign", "leave.json")
    Path("leave.json").write_text(Path("leave.json").read_text().replace('"withdrawal",', '"gift",'))
    error = operator.refused("custody", "relay", "leave.json")
    assert (
        error["message"]
        == "leave.json is not a signed instruction. Ask the member for the file again. (its kind is 'gift')"
    )


def test_relay__other_file__is_refused(operator: Shell, member: dict[str, Any]) -> None:
    error = operator.refused("custody", "relay", member["file"])
    assert (
        error["message"]
        == "member.json is not a signed instruction. Ask the member for the file again. (it has no 'member')"
    )
