"""`fec program`, `fec alliance` and `fec status` on a real chain."""

from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import DAY, HOUR, WEEK

from .conftest import Shell


def new_program(operator: Shell, *options: object) -> str:
    return str(operator.json("program", "create", "--quota", "5000", *options)["programId"])


# --------------------------------------------------------------------- status


def test_status__shows_books_and_guarantees(shell: Shell, node: str) -> None:
    books = shell.json("status")
    assert books["burned"] == "1000"
    assert books["outstanding"] == "10000"
    assert books["supply"] == "999999000"
    assert books["cap"] == "10000000000"
    assert "G1: supply + outstanding ≤ cap" in books["holds"]


def test_status__for_people__separates_thousands(shell: Shell) -> None:
    printed = shell("status")
    assert "1,000,000,000.0000 FEC" in printed
    assert "✓ G1: supply + outstanding ≤ cap" in printed


# ------------------------------------------------------------------- programs


def test_list__shows_the_public_program(shell: Shell) -> None:
    [public] = shell.json("program", "list")
    assert (public["programId"], public["issuer"], public["periodLength"]) == (1, None, WEEK)
    assert "anybody" in shell("program", "list")


def test_create__by_default__is_issued_by_checkout_on_the_public_grid(operator: Shell, owner: str) -> None:
    program = new_program(operator)
    found = operator.json("program", "show", program)
    public = operator.json("program", "show", "1")
    assert (found["operator"], found["origin"], found["quotaLeft"]) == (owner, public["origin"], "5000")
    assert found["terms"] is None
    printed = operator("program", "show", program)
    assert "Issuer      Checkout" in printed
    assert "no order can be paid" in printed


def test_create__with_a_period_of_its_own__has_it(operator: Shell, alice: str) -> None:
    program = new_program(operator, "--period", "14h24m", "--operator", alice, "--issuer", alice)
    found = operator.json("program", "show", program)
    assert (found["periodLength"], found["operator"], found["issuer"]) == (51_840, alice, alice)


def test_create__period_out_of_range__is_refused(operator: Shell) -> None:
    error = operator.refused("program", "create", "--quota", "1", "--period", "11h")
    assert error["error"] == "ADN_PeriodOutOfRange"
    assert error["values"] == {"periodLength": str(11 * HOUR), "least": str(12 * HOUR), "most": str(90 * DAY)}


def test_create__no_duration__is_misuse(operator: Shell) -> None:
    assert "'weekly' is not a duration." in operator.misused("program", "create", "--quota", "1", "--period", "weekly")


def test_create__above_budget__is_refused(operator: Shell) -> None:
    error = operator.refused("program", "create", "--quota", "900,000,001")
    assert error["error"] == "ADN_BudgetExceeded"
    assert error["values"] == {"asked": str(900_000_001 * WEI_PER_FEC), "left": str(900_000_000 * WEI_PER_FEC)}


def test_create__not_the_owner__is_refused(shell: Shell, alice: str) -> None:
    error = shell.refused("program", "create", "--quota", "1")
    assert (error["error"], error["values"]) == ("OwnableUnauthorizedAccount", {"account": alice})


def test_grant__adds_to_the_quota(operator: Shell) -> None:
    operator("program", "grant", "1", "0.5", "--yes")
    assert operator.json("program", "show", "1")["quotaLeft"] == "100000000.5"


def test_close__is_final(operator: Shell) -> None:
    program = new_program(operator)
    operator("program", "close", program, "--yes")
    assert "closed: no new nodes" in operator("program", "show", program)
    error = operator.refused("program", "close", program, "--yes")
    assert (error["error"], error["values"]) == ("ADN_ProgramClosed", {"programId": program})


def test_close__dry_run__leaves_it_open(operator: Shell) -> None:
    operator("program", "close", "1", "--dry-run")
    assert operator.json("program", "show", "1")["closed"] is False


def test_hand__gives_it_to_another_operator(operator: Shell, alice: str) -> None:
    program = new_program(operator)
    operator("program", "hand", program, alice, "--yes")
    assert operator.json("program", "show", program)["operator"] == alice


def test_show__unknown__is_refused(shell: Shell) -> None:
    error = shell.refused("program", "show", "9")
    assert (error["error"], error["values"]) == ("ADN_UnknownProgram", {"programId": "9"})


def test_show__number_zero__is_misuse(shell: Shell) -> None:
    assert "0 is not in the range 1<=x<=4294967295" in shell.misused("program", "show", "0")


# ---------------------------------------------------------------------- terms


def test_set_terms__first__fills_in_the_signer(operator: Shell, owner: str, bob: str) -> None:
    program = new_program(operator)
    tiers = ("--tier", "0:10", "--tier", "5000:12.5")
    done = operator.json(
        "program", "set-terms", program, *tiers, "--returns", "14d", "--donation", "1%", "--cause", bob
    )
    assert done["version"] == 1
    assert operator.json("program", "show", program)["terms"] == {
        "signer": owner,
        "treasury": owner,
        "tiers": [{"minSpend": 0, "burnBps": 1_000}, {"minSpend": 5_000, "burnBps": 1_250}],
        "returnWindow": 14 * DAY,
        "donationBps": 100,
        "causes": [bob],
        "minClaim": "0",
    }


def test_set_terms__again__keeps_what_is_not_named(operator: Shell, bob: str) -> None:
    program = new_program(operator)
    operator("program", "set-terms", program, "--returns", "2d")
    operator("program", "set-terms", program, "--treasury", bob)
    terms = operator.json("program", "show", program)["terms"]
    assert (terms["treasury"], terms["returnWindow"]) == (bob, 2 * DAY)


def test_set_terms__burn_share_too_small__is_refused(operator: Shell) -> None:
    program = new_program(operator)
    error = operator.refused("program", "set-terms", program, "--tier", "0:9.99")
    assert error["error"] == "Checkout_BurnShareOutOfRange"
    assert (error["values"]["burnBps"], error["values"]["least"]) == ("999", "1000")


def test_set_terms__not_the_operator__is_refused(operator: Shell, alice: str) -> None:
    program = new_program(operator)
    error = operator.as_(alice).refused("program", "set-terms", program)
    assert error["error"] == "Checkout_NotProgramOperator"
    assert error["values"] == {"programId": program, "caller": alice}


def test_set_terms__no_tier__is_misuse(operator: Shell) -> None:
    assert "'gold' is not a tier." in operator.misused("program", "set-terms", "1", "--tier", "gold")


# ------------------------------------------------------------------ alliances


def test_alliance__approved__joins_and_leaves(operator: Shell) -> None:
    first, second = new_program(operator), new_program(operator)
    alliance = operator.json("alliance", "found", first)["allianceId"]
    operator("alliance", "approve", first, second)
    operator("alliance", "join", second, alliance)
    assert operator.json("alliance", "show", alliance)["members"] == [int(first), int(second)]
    operator("alliance", "leave", second, "--yes")
    assert operator.json("alliance", "show", alliance)["members"] == [int(first)]


def test_alliance__no_longer_approved__is_refused(operator: Shell) -> None:
    first, second = new_program(operator), new_program(operator)
    alliance = operator.json("alliance", "found", first)["allianceId"]
    operator("alliance", "approve", first, second)
    operator("alliance", "approve", first, second, "--revoke")
    error = operator.refused("alliance", "join", second, alliance)
    assert error["error"] == "Checkout_NotApprovedBy"
    assert error["values"] == {"allianceId": str(alliance), "memberId": first, "candidateId": second}


def test_alliance__unknown__is_refused(shell: Shell) -> None:
    assert shell.refused("alliance", "show", "7")["message"].startswith("There is no alliance 7.")
