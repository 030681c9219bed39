"""`fec settle`: a file of sales, settled once each."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fec.chain import deployments
from fec.chain.anvil import Anvil
from fec.cli import main
from fec.client.client import Client
from fec.core.durations import DAY, HOUR
from fec.i18n import local
from fec.replay.journal import Journal
from fec.replay.settling import Settling

from .conftest import Shell

FILE = "sales.csv"
COLUMNS = ("--shopper", "who", "--time", "when", "--amount", "paid", "--order-id", "order")
HEADER = "order,who,when,paid"

Till = Callable[..., Path]


@pytest.fixture
def client(chain: Anvil, record: Path) -> Client:
    """To read the chain with."""
    return Client(chain.web3, deployments.read(record))


@pytest.fixture
def merchant(operator: Shell) -> Shell:
    """The program's operator, who lets Checkout take enough."""
    operator("order", "allow", "100000")
    return operator


@pytest.fixture
def opened_at(chain: Anvil, program: str) -> int:
    """An hour after the program was created, two hours ago."""
    assert program
    moment = chain.now + HOUR
    chain.travel_to(moment + 2 * HOUR)
    return moment


@pytest.fixture
def till(opened_at: int, alice: str, bob: str) -> Till:
    """Writes a file of sales: order id, shopper, seconds since the shop opened, amount in its currency."""
    names = {"alice": alice, "bob": bob}

    def write(*rows: tuple[str, str, int, str], end: str = "\n") -> Path:
        lines = [f"{order},{names.get(who, who)},{opened_at + when},{paid}" for order, who, when, paid in rows]
        path = Path(FILE)
        path.write_text("\n".join([HEADER, *lines]) + end)
        return path

    return write


class Crash(BaseException):
    """What nothing catches."""


def settled(shell: Shell, program: str, *words: object) -> Any:
    """What the command says for machines, whether or not it could settle all."""
    result = shell.run("settle", program, FILE, *COLUMNS, "--rate", "100", "--yes", "--json", *words)
    assert not result.stderr, result.stderr
    return json.loads(result.stdout)


def principals(shell: Shell, owner: str) -> list[str]:
    return [node["principal"] for node in shell.json("node", "list", owner)["nodes"]]


def reasons(report: Any) -> list[tuple[int, str]]:
    return [(problem["line"], problem["reason"]) for problem in report["problems"]]


# --------------------------------------------------------------------- settled


def test_settle__sales__become_nodes_of_the_tiers_share(
    merchant: Shell, program: str, till: Till, alice: str, bob: str
) -> None:
    till(("A-1", "alice", 0, "12.34"), ("A-2", "bob", 5, "3"))
    report = settled(merchant, program)
    assert (report["sales"], report["nodes"], report["principal"]) == (2, 2, "153.4")
    assert (principals(merchant, alice), principals(merchant, bob)) == (["123.4"], ["30"])


def test_settle__share_that_is_no_whole_wei__is_rounded_up(
    merchant: Shell, program: str, till: Till, alice: str
) -> None:
    till(("A-1", "alice", 0, "1"))
    merchant("settle", program, FILE, *COLUMNS, "--rate", "1.000000000000000001", "--yes")
    assert principals(merchant, alice) == ["0.100000000000000001"]


def test_settle__again__burns_nothing(merchant: Shell, program: str, till: Till) -> None:
    till(("A-1", "alice", 0, "12.34"))
    settled(merchant, program)
    report = settled(merchant, program)
    assert (report["sales"], report["settledBefore"], report["transactions"]) == (0, 1, [])


def test_settle__again_without_the_journal__burns_nothing(merchant: Shell, program: str, till: Till) -> None:
    till(("A-1", "alice", 0, "12.34"))
    first = settled(merchant, program)
    Path(f"{FILE}.settled").unlink()
    again = settled(merchant, program)
    assert (again["settlements"], again["transactions"]) == (first["settlements"], [])


def test_settle__file_corrected_and_grown__settles_the_rest(
    merchant: Shell, program: str, till: Till, alice: str
) -> None:
    till(("A-1", "alice", 0, "10"), ("A-2", "alice", 1, ""), ("A-3", "alice", 2, "30"))
    settled(merchant, program)
    till(("A-1", "alice", 0, "10"), ("A-2", "alice", 1, "20"), ("A-3", "alice", 2, "30"), ("A-4", "alice", 3, "40"))
    assert settled(merchant, program)["sales"] == 2
    assert principals(merchant, alice) == ["100", "300", "200", "400"]


@pytest.mark.parametrize("back", ["-4", "-10"])
def test_settle__returned_once_it_is_settled__is_told(
    merchant: Shell, program: str, till: Till, alice: str, back: str
) -> None:
    till(("A-1", "alice", 0, "10"))
    settled(merchant, program)
    till(("A-1", "alice", 0, "10"), ("A-1", "alice", 9, back))
    report = settled(merchant, program)
    [(line, reason)] = reasons(report)
    assert line == 2
    assert reason.startswith("it was settled before, for another shopper or amount, and cannot be taken back")
    assert principals(merchant, alice) == ["100"]


def test_settle__another_rate_later__leaves_what_is_settled(merchant: Shell, program: str, till: Till) -> None:
    till(("A-1", "alice", 0, "10"))
    settled(merchant, program)
    till(("A-1", "alice", 0, "10"), ("A-2", "alice", 1, "10"))
    result = merchant.run("settle", program, FILE, *COLUMNS, "--rate", "99.5", "--yes", "--json")
    report = json.loads(result.stdout)
    assert (report["settledBefore"], report["principal"], report["refused"]) == (1, "99.5", 0)


def test_settle__crash_before_the_transaction_is_sent__sends_it_again(
    merchant: Shell, program: str, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    till(("A-1", "alice", 0, "10"))
    with monkeypatch.context() as patched:
        patched.setattr(Settling, "send", _crash)
        with pytest.raises(Crash):
            _run_raw(merchant, program)
    assert settled(merchant, program)["sales"] == 1


def test_settle__crash_once_the_transaction_is_in_a_block__burns_nothing_again(
    merchant: Shell, program: str, till: Till, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    till(("A-1", "alice", 0, "10"))
    with monkeypatch.context() as patched:
        patched.setattr(Journal, "end", _crash)
        with pytest.raises(Crash):
            _run_raw(merchant, program)
    till(("A-1", "alice", 0, "10"), ("A-2", "alice", 1, "20"))
    report = settled(merchant, program)
    assert len(report["transactions"]) == 1
    assert principals(merchant, alice) == ["100", "200"]


def _crash(*_: object) -> None:
    raise Crash


def _run_raw(shell: Shell, program: str) -> None:
    """Runs the command in this process, so that what stops it comes out."""
    words = [*shell.options, "settle", program, FILE, *COLUMNS, "--rate", "100", "--yes"]
    main.main(list(map(str, words)), standalone_mode=False)


def test_settle__group__is_one_node_for_each_shopper_and_period(
    merchant: Shell, program: str, till: Till, alice: str, bob: str
) -> None:
    till(("A-1", "alice", 0, "10"), ("A-2", "bob", 1, "20"), ("A-3", "alice", 2, "30"))
    assert settled(merchant, program, "--group")["nodes"] == 2
    assert (principals(merchant, alice), principals(merchant, bob)) == (["400"], ["200"])


def test_settle__returned_before__is_settled_less_what_came_back(
    merchant: Shell, program: str, till: Till, alice: str
) -> None:
    till(("A-1", "alice", 0, "10"), ("A-2", "alice", 1, "20"), ("A-1", "alice", 9, "-4"), ("A-2", "alice", 9, "-20"))
    assert settled(merchant, program)["sales"] == 1
    assert principals(merchant, alice) == ["60"]


def test_settle__dry_run__sends_nothing(merchant: Shell, program: str, till: Till, alice: str) -> None:
    till(("A-1", "alice", 0, "10"))
    report = settled(merchant, program, "--dry-run")
    assert (report["dryRun"], report["sales"]) == (True, 1)
    assert report["gas"] > 100_000
    assert principals(merchant, alice) == []
    assert not Path(f"{FILE}.settled").exists()


def test_settle__currencies__have_their_rates(merchant: Shell, program: str, opened_at: int, alice: str) -> None:
    rows = [f"A-{place},{alice},{opened_at},1,{currency}" for place, currency in enumerate(("USD", "MYR", "EUR"))]
    Path(FILE).write_text("\n".join([f"{HEADER},unit", *rows, ""]))
    words = ("--currency", "unit", "--rate", "USD:100", "--rate", "MYR:25", "--yes", "--json")
    result = merchant.run("settle", program, FILE, *COLUMNS, *words)
    assert principals(merchant, alice) == ["10", "2.5"]
    assert reasons(json.loads(result.stdout)) == [
        (4, "there is no rate for 'EUR'; add --rate EUR:FEC, or leave the sale out")
    ]


def test_settle__one_rate_for_a_column_of_currencies__is_wrong_usage(merchant: Shell, program: str, till: Till) -> None:
    till()
    assert "Give one --rate FEC, or name the column" in merchant.misused(
        "settle", program, FILE, *COLUMNS, "--rate", "100", "--currency", "paid"
    )


def test_settle__program_without_issuer__takes_the_share_named(shell: Shell, till: Till, bob: str) -> None:
    till(("A-1", "bob", 0, "10"))
    report = settled(shell, "1", "--burn", "20")
    assert report["principal"] == "200"
    assert [node["principal"] for node in shell.json("node", "list", bob, "--all")["nodes"]] == ["200"]


# ------------------------------------------------------------------ left out


def test_settle__bad_rows__are_listed_and_the_rest_is_settled(
    merchant: Shell, program: str, till: Till, client: Client, opened_at: int
) -> None:
    own = client.orders.address
    till(
        ("A-1", "alice", 0, "10"),
        ("A-2", "alice", 1, ""),
        ("A-3", "nobody", 1, "10"),
        ("A-1", "alice", 2, "10"),
        ("A-5", "alice", DAY, "10"),
        ("A-6", "alice", -DAY, "10"),
        ("A-7", own, 1, "10"),
        ("A-8", "alice", 1, "ten"),
        ("A-9", "alice", 1, "-1"),
        ("A-10", "alice", 1, "0.00001"),
        ("A-11", "0x" + "00" * 20, 1, "1"),
    )
    report = settled(merchant, program)
    assert report["sales"] == 1
    assert [(line, reason.partition(";")[0]) for line, reason in reasons(report)] == [
        (3, "it has no amount"),
        (4, "'nobody' is not an address, or its checksum is wrong. Check it."),
        (5, "order 'A-1' is on line 2 already"),
        (6, f"the sale is of {_date(opened_at + DAY)}, and it is {_date(client.now())} now"),
        (7, reasons(report)[4][1].partition(";")[0]),
        (8, f"{own} is one of the protocol's own contracts"),
        (9, "'ten' is no amount"),
        (10, "it returns order 'A-9', of which this file has no sale"),
        (11, "its burn share of 0.0001 FEC is below the least of 0.001 FEC"),
        (12, "the zero address cannot own a node"),
    ]
    assert "before the program was created on" in reasons(report)[4][1]
    assert report["principal"] == "100"


def _date(timestamp: int) -> str:
    return local(timestamp)


def test_settle__bad_rows__end_with_an_exit_code(merchant: Shell, program: str, till: Till) -> None:
    till(("A-1", "alice", 0, "10"), ("A-2", "alice", 1, ""))
    result = merchant.run("settle", program, FILE, *COLUMNS, "--rate", "100", "--yes")
    assert result.exit_code == 1
    assert "  line 3: it has no amount; write what was paid in digits, such as 12.34" in result.stdout


@pytest.mark.parametrize("end", ["", "\nA-3,0x70997970C51812dc3", '\nA-3,"0x70997970C51812dc3'])
def test_settle__file_cut_in_the_middle__settles_what_is_whole(
    merchant: Shell, program: str, till: Till, end: str
) -> None:
    till(("A-1", "alice", 0, "10"), ("A-2", "alice", 1, "10.00"), end=end)
    report = settled(merchant, program)
    assert report["sales"] == (2 if end else 1)
    [(line, reason)] = reasons(report)
    assert line == (4 if end else 3)
    assert "cut off" in reason or reason == "it has 2 cells, the header 4"


def test_settle__order_paid_at_checkout__is_refused(
    merchant: Shell, shell: Shell, program: str, till: Till, invoice: str
) -> None:
    shell("pay", invoice, "--yes")
    till(("A-1", "alice", 0, "1.20"))
    [(line, reason)] = reasons(settled(merchant, program))
    assert (line, reason) == (2, "order 'A-1' was paid at Checkout, and has its node; take the row out")


# ---------------------------------------------------------------- not enough


def test_settle__too_little_allowance__settles_the_oldest(
    merchant: Shell, program: str, till: Till, alice: str
) -> None:
    merchant("order", "allow", "50")
    till(("A-1", "alice", 9, "3"), ("A-2", "alice", 1, "2"), ("A-3", "alice", 5, "3"))
    report = settled(merchant, program)
    assert report["left"] == {
        "sales": 1,
        "principal": "30",
        "missing": {"coins": "0", "allowance": "30", "quota": "0"},
    }
    assert principals(merchant, alice) == ["20", "30"]
    merchant("order", "allow", "30")
    assert settled(merchant, program)["left"]["sales"] == 0
    assert principals(merchant, alice) == ["20", "30", "30"]


def test_settle__too_little_quota__is_told(merchant: Shell, program: str, till: Till) -> None:
    till(("A-1", "alice", 0, "600"))
    report = settled(merchant, program)
    assert (report["sales"], report["left"]["missing"]["quota"]) == (0, "1000")


def test_settle__too_little_fec__is_told_with_next_step(operator: Shell, program: str, till: Till, bob: str) -> None:
    operator("program", "hand", program, bob, "--yes")
    merchant = operator.as_(bob)
    merchant("order", "allow", "1000")
    till(("A-1", "alice", 0, "10"))
    result = merchant.run("settle", program, FILE, *COLUMNS, "--rate", "100", "--yes")
    assert "  100 FEC are missing on the signing account. Get more FEC." in result.stdout
    assert result.exit_code == 1


def test_settle__closed_program__is_refused(operator: Shell, program: str, till: Till) -> None:
    till(("A-1", "alice", 0, "10"))
    operator("program", "close", program, "--yes")
    error = operator.refused("settle", program, FILE, *COLUMNS, "--rate", "100", "--yes")
    assert error["message"] == f"Program {program} is closed to new nodes. Settle in another."


def test_settle__neither_operator_nor_signer__is_refused(shell: Shell, program: str, till: Till) -> None:
    till(("A-1", "bob", 0, "10"))
    shell("order", "allow", "100")
    error = shell.refused("settle", program, FILE, *COLUMNS, "--rate", "100", "--yes")
    assert error["error"] == "Checkout_NotSignerOrOperator"
    assert not list(Path().glob("*.pending"))


def test_settle__program_without_terms__asks_for_the_share(shell: Shell, till: Till) -> None:
    till(("A-1", "alice", 0, "10"))
    error = shell.refused("settle", "1", FILE, *COLUMNS, "--rate", "100", "--yes")
    assert error["message"] == (
        "Program 1 has no terms at Checkout. Say what share of sales is burned with --burn PERCENT."
    )


def test_settle__contract_that_takes_no_nodes__is_warned_of(
    merchant: Shell, program: str, till: Till, chain: Anvil, bob: str
) -> None:
    chain.request("anvil_setCode", bob, "0x5f5ffd")
    till(("A-1", "bob", 0, "10"))
    assert settled(merchant, program)["shoppersRefusingNodes"] == [bob]


def test_settle__damaged_journal__is_refused(merchant: Shell, program: str, till: Till) -> None:
    till(("A-1", "alice", 0, "10"))
    Path(f"{FILE}.settled").write_text("{}\n")
    error = merchant.refused("settle", program, FILE, *COLUMNS, "--rate", "100", "--yes")
    assert error["message"].startswith("sales.csv.settled is not what `fec settle` wrote.")


def test_settle__many_sales__go_in_several_batches(
    merchant: Shell, program: str, till: Till, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fec.replay.settling.MOST_LEAVES", 2)
    till(*((f"A-{place}", "alice", place, "1") for place in range(5)))
    report = settled(merchant, program)
    assert len(report["settlements"]) == len(set(report["refs"])) == 3
    assert [client.settlements.of_ref(int(program), ref) for ref in report["refs"]] == [
        int(found) for found in report["settlements"]
    ]
