"""`fec node` on a real chain."""

from collections.abc import Callable

import pytest

from fec.cli.display import SHAPE
from fec.core.amounts import WEI_PER_FEC, format_fec
from fec.core.curve import released
from fec.core.durations import WEEK
from fec.core.node_id import NodeId

from .conftest import MONDAY, Shell

WeeksLater = Callable[[int], None]
UNKNOWN = NodeId(program_id=1, period_length=WEEK, start=MONDAY, birth_principal=1, serial=77).token_id


def names(shell: Shell, *owner: str) -> list[str]:
    return [node["name"] for node in shell.json("node", "list", *owner)["nodes"]]


# ----------------------------------------------------------------------- mint


def test_mint__prints_name_and_shape(shell: Shell) -> None:
    printed = shell("node", "mint", "1000", "--yes")
    assert "Minted ADN 1-1." in printed
    assert "3.8313 in period 1, 479.8394 in period 100. The burned amount is back in period 55, half" in printed


def test_mint__answered_yes__mints(shell: Shell) -> None:
    shell("node", "mint", "12.5", answer="y\n")
    assert shell.json("node", "show", "1-1")["principal"] == "12.5"


def test_mint__answered_no__mints_nothing(shell: Shell) -> None:
    result = shell.run("node", "mint", "12.5", answer="n\n")
    assert result.exit_code == 1
    assert result.stderr.endswith("Error: Nothing was done. Add --yes to confirm without a question.\n")
    assert names(shell) == []


def test_mint__machine_without_yes__mints_nothing(shell: Shell) -> None:
    assert shell.refused("node", "mint", "12.5")["message"] == (
        "Nothing was done. Add --yes to confirm without a question."
    )


def test_mint__for_another__is_theirs(shell: Shell, bob: str) -> None:
    shell("node", "mint", "1", "--to", bob, "--yes")
    assert names(shell, bob) == ["1-1"]


def test_mint__dry_run__sends_nothing(shell: Shell) -> None:
    before = shell.anvil.web3.eth.block_number
    outcome = shell.json("node", "mint", "1000", "--dry-run")
    assert (outcome["dryRun"], outcome["transactions"]) == (True, 1)
    assert shell.anvil.web3.eth.block_number == before


def test_mint__dry_run_of_what_fails__fails(shell: Shell) -> None:
    assert shell.refused("node", "mint", "0", "--dry-run")["error"] == "ADN_ZeroPrincipal"


def test_mint__zero__is_refused(shell: Shell) -> None:
    error = shell.refused("node", "mint", "0", "--yes")
    assert (error["error"], error["values"]) == ("ADN_ZeroPrincipal", {})


def test_mint__over_quota__says_what_is_left(operator: Shell) -> None:
    left = 100_000_000
    error = operator.refused("node", "mint", left + 1, "--yes")
    assert error["error"] == "ADN_QuotaExceeded"
    assert error["values"] == {
        "programId": "1",
        "asked": str((left + 1) * WEI_PER_FEC),
        "left": str(left * WEI_PER_FEC),
    }
    assert error["message"].startswith(
        "Program 1 has 100,000,000 FEC of quota left, less than 100,000,001 FEC. Burn less"
    )


def test_mint__closed_program__is_refused(operator: Shell) -> None:
    program = operator.json("program", "create", "--quota", "10", "--issuer", "anybody")["programId"]
    operator("program", "close", program, "--yes")
    error = operator.refused("node", "mint", "1", "--program", program, "--yes")
    assert (error["error"], error["values"]) == ("ADN_ProgramClosed", {"programId": str(program)})


def test_mint__unknown_program__is_refused(shell: Shell) -> None:
    error = shell.refused("node", "mint", "1", "--program", "99", "--yes")
    assert (error["error"], error["values"]) == ("ADN_UnknownProgram", {"programId": "99"})


def test_mint__more_than_one_has__is_refused(shell: Shell, bob: str) -> None:
    error = shell.as_(bob).refused("node", "mint", "1", "--yes")
    assert error["error"] == "ERC20InsufficientBalance"
    assert error["values"] == {"sender": bob, "balance": "0", "needed": str(WEI_PER_FEC)}


def test_mint__no_amount__is_misuse(shell: Shell) -> None:
    assert "'1e3' is not an amount of FEC. Write it in digits" in shell.misused("node", "mint", "1e3", "--yes")


# ----------------------------------------------------------------------- look


def test_list__no_nodes__says_so(shell: Shell, bob: str) -> None:
    assert f"{bob} has 0 nodes: 0 FEC claimable" in shell("node", "list", bob)


def test_list__several__shows_each_the_sums_and_the_shape(shell: Shell, node: str) -> None:
    shell("node", "mint", "500", "--yes")
    printed = shell("node", "list")
    assert "1,000.0000" in printed
    assert "has 2 nodes" in printed
    assert "15,000 FEC outstanding" in printed
    assert SHAPE in printed


def test_list__nobody_named__asks_whose(shell: Shell) -> None:
    error = shell.as_(None).refused("node", "list")
    assert error["error"] == "SignerMissing"
    assert error["message"].startswith("An account is missing. Name an address, or sign with --keystore FILE")


def test_list__nothing_mined_for_weeks__shows_what_is_claimable_now(
    shell: Shell, node: str, idle_weeks: WeeksLater
) -> None:
    idle_weeks(3)
    assert shell.json("node", "list")["claimable"] == format_fec(released(1_000 * WEI_PER_FEC, 3))


def test_show__by_full_id__is_the_same_node(shell: Shell, node: str) -> None:
    by_name = shell.json("node", "show", node)
    assert shell.json("node", "show", by_name["tokenId"]) == by_name


def test_show__of_another__is_found_by_name(shell: Shell, node: str, bob: str) -> None:
    assert shell.as_(bob).json("node", "show", f"ADN {node}")["name"] == node


def test_show__for_people__has_shape_and_next_release(shell: Shell, node: str) -> None:
    printed = shell("node", "show", node)
    assert "1,000 FEC burned pay back 10,000 FEC over 100 periods of 7 days" in printed
    assert f"{format_fec(released(1_000 * WEI_PER_FEC, 1))} FEC on " in printed


def test_show__unknown_name__is_refused(shell: Shell) -> None:
    assert shell.refused("node", "show", "1-77")["message"].startswith("There is no node 1-77.")


def test_show__unknown_id__is_refused(shell: Shell) -> None:
    error = shell.refused("node", "show", UNKNOWN)
    assert (error["error"], error["values"]) == ("ERC721NonexistentToken", {"tokenId": str(UNKNOWN)})


def test_show__neither_name_nor_id__is_misuse(shell: Shell) -> None:
    assert shell.misused("node", "show", "latte").endswith(
        "'latte' is not a node. Write its name, such as 3-42, or its full id."
    )


# ---------------------------------------------------------------------- claim


def test_claim__all__pays_what_was_released(shell: Shell, node: str, weeks_later: WeeksLater) -> None:
    weeks_later(3)
    claimed = shell.json("node", "claim")
    assert claimed["paid"] == format_fec(released(1_000 * WEI_PER_FEC, 3))
    assert [payout["name"] for payout in claimed["payouts"]] == [node]


def test_claim__to_another__pays_them(shell: Shell, node: str, bob: str, weeks_later: WeeksLater) -> None:
    weeks_later(1)
    [payout] = shell.json("node", "claim", node, "--to", bob)["payouts"]
    assert payout["recipient"] == bob


def test_claim__by_a_stranger__pays_the_owner(
    shell: Shell, node: str, alice: str, bob: str, weeks_later: WeeksLater
) -> None:
    weeks_later(1)
    [payout] = shell.as_(bob).json("node", "claim", "--for", alice)["payouts"]
    assert payout["recipient"] == alice


def test_claim__by_a_stranger_and_by_name__pays_the_owner(
    shell: Shell, node: str, alice: str, bob: str, weeks_later: WeeksLater
) -> None:
    weeks_later(1)
    [payout] = shell.as_(bob).json("node", "claim", node, "--for-owners")["payouts"]
    assert payout["recipient"] == alice


def test_claim__dry_run__shows_what_would_be_paid(shell: Shell, node: str, weeks_later: WeeksLater) -> None:
    weeks_later(1)
    printed = shell("node", "claim", "--dry-run")
    assert f"Claims {format_fec(released(1_000 * WEI_PER_FEC, 1))} FEC from 1 node" in printed
    assert shell.json("node", "show", node)["claimed"] == "0"


def test_claim__dry_run_after_idle_weeks__shows_what_would_be_paid(
    shell: Shell, node: str, idle_weeks: WeeksLater
) -> None:
    idle_weeks(3)
    printed = shell("node", "claim", "--dry-run")
    assert f"Claims {format_fec(released(1_000 * WEI_PER_FEC, 3))} FEC from 1 node" in printed


def test_claim__too_early__says_when(shell: Shell, node: str) -> None:
    error = shell.refused("node", "claim")
    assert error["message"].endswith(": claim after that.")
    assert " has nothing to claim yet. The next period ends on " in error["message"]


@pytest.mark.parametrize("options", [[], ["--for-owners"]])
def test_claim__too_early_by_name__sends_nothing(shell: Shell, node: str, options: list[str]) -> None:
    error = shell.refused("node", "claim", node, *options)
    assert error["message"].startswith(f"ADN {node} has nothing to claim yet. The next period ends on ")


def test_claim__too_early_by_name__shows_no_plan(shell: Shell, node: str) -> None:
    result = shell.run("node", "claim", node, "--for-owners")
    assert (result.exit_code, result.stdout) == (1, "")


def test_claim__all_paid__says_so(shell: Shell, node: str, weeks_later: WeeksLater) -> None:
    weeks_later(100)
    shell("node", "claim")
    assert (
        shell.refused("node", "claim", node)["message"] == f"ADN {node} has nothing to claim: the nodes are fully paid."
    )


def test_claim__same_node_twice__claims_once(shell: Shell, node: str, weeks_later: WeeksLater) -> None:
    weeks_later(1)
    assert len(shell.json("node", "claim", node, node)["payouts"]) == 1


def test_claim__no_nodes__is_refused(shell: Shell, bob: str) -> None:
    assert shell.as_(bob).refused("node", "claim")["message"] == (f"{bob} has no nodes. Make one with `fec node mint`.")


def test_claim__not_the_owner__is_refused(shell: Shell, node: str, bob: str, weeks_later: WeeksLater) -> None:
    weeks_later(1)
    error = shell.as_(bob).refused("node", "claim", node)
    assert error["error"] == "ADN_NotClaimer"
    assert error["values"]["caller"] == bob


def test_claim__empty_batch_for_owners__is_misuse(shell: Shell) -> None:
    assert shell.misused("node", "claim", "--for-owners").endswith("use --for OWNER.")


def test_claim__paid_to_both__is_misuse(shell: Shell, bob: str) -> None:
    assert shell.misused("node", "claim", "--for", bob, "--to", bob).endswith("exclude each other. Give one of them.")


# ------------------------------------------------------------ transfer and co


def test_transfer__gives_the_node(shell: Shell, node: str, bob: str) -> None:
    shell("node", "transfer", node, bob, "--yes")
    assert names(shell, bob) == [node]


def test_transfer__as_it_was_seen__gives_the_node(shell: Shell, node: str, bob: str) -> None:
    seen = shell.json("node", "show", node)["fingerprint"]
    shell("node", "transfer", node, bob, "--expect", seen, "--yes")
    assert names(shell, bob) == [node]


def test_transfer__changed_since_seen__is_refused(shell: Shell, node: str, bob: str, weeks_later: WeeksLater) -> None:
    seen = shell.json("node", "show", node)["fingerprint"]
    weeks_later(1)
    shell("node", "claim")
    found = shell.json("node", "show", node)
    error = shell.refused("node", "transfer", node, bob, "--expect", seen, "--yes")
    assert error["error"] == "ADN_StateChanged"
    assert error["values"] == {"tokenId": found["tokenId"], "expected": seen, "actual": found["fingerprint"]}


def test_transfer__not_the_owner__is_refused(shell: Shell, node: str, bob: str) -> None:
    error = shell.as_(bob).refused("node", "transfer", node, bob, "--yes")
    token_id = shell.json("node", "show", node)["tokenId"]
    assert (error["error"], error["values"]) == (
        "ERC721InsufficientApproval",
        {"operator": bob, "tokenId": token_id},
    )


def test_transfer__wrong_checksum__is_misuse(shell: Shell, node: str, bob: str) -> None:
    last = "c" if bob[-1] != "c" else "d"
    assert "is not an address, or its checksum is wrong." in shell.misused("node", "transfer", node, bob[:-1] + last)


def test_split__shares_the_principal(shell: Shell, node: str) -> None:
    new = shell.json("node", "split", node, "200", "300.5")["new"]
    assert [part["principal"] for part in new] == ["200", "300.5"]
    assert shell.json("node", "show", node)["principal"] == "499.5"


def test_split__above_principal__is_refused(shell: Shell, node: str) -> None:
    token_id = shell.json("node", "show", node)["tokenId"]
    error = shell.refused("node", "split", node, "600", "500")
    assert error["error"] == "ADN_SplitExceedsPrincipal"
    assert error["values"] == {
        "tokenId": token_id,
        "asked": str(500 * WEI_PER_FEC),
        "left": str(400 * WEI_PER_FEC),
    }


def test_merge__adds_up(shell: Shell, node: str) -> None:
    shell("node", "mint", "500", "--yes")
    shell("node", "merge", node, "1-2")
    assert names(shell) == [node]
    assert shell.json("node", "show", node)["principal"] == "1500"


def test_merge__one_node__is_refused(shell: Shell, node: str) -> None:
    error = shell.refused("node", "merge", node)
    assert (error["error"], error["values"]) == ("ADN_BatchTooShort", {"length": "1", "least": "2"})


def test_merge__no_nodes__is_misuse(shell: Shell) -> None:
    assert shell.misused("node", "merge") == "Error: Missing argument 'NODE NODE...'."


def test_merge__unlike_nodes__is_refused(shell: Shell, node: str, weeks_later: WeeksLater) -> None:
    weeks_later(1)
    shell("node", "mint", "500", "--yes")
    error = shell.refused("node", "merge", node, "1-2")
    ids = [shell.json("node", "show", name)["tokenId"] for name in (node, "1-2")]
    assert (error["error"], error["values"]) == ("ADN_UnlikeNodes", {"tokenId": ids[0], "otherTokenId": ids[1]})


def test_delegate__one_node__lets_them_claim(shell: Shell, node: str, bob: str, weeks_later: WeeksLater) -> None:
    shell("node", "delegate", bob, node)
    weeks_later(1)
    [payout] = shell.as_(bob).json("node", "claim", node)["payouts"]
    assert payout["recipient"] == bob


def test_delegate__all_then_revoked__no_longer(shell: Shell, node: str, bob: str, weeks_later: WeeksLater) -> None:
    shell("node", "delegate", bob)
    shell("node", "delegate", bob, "--revoke")
    weeks_later(1)
    assert shell.as_(bob).refused("node", "claim", node)["error"] == "ADN_NotClaimer"
