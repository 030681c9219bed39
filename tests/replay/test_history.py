"""Files read into rows: exact, or refused with the line."""

import sys
from decimal import Decimal
from pathlib import Path

import pyarrow as arrow
import pytest
from pyarrow import parquet

from fec.core.amounts import WEI_PER_FEC
from fec.i18n.errors import InvalidArgument
from fec.replay import BadRows, Columns, History, ReplayRefused, read

RATE = 100 * WEI_PER_FEC
COLUMNS = Columns("who", "when", "paid")


def of_csv(tmp_path: Path, *lines: str, columns: Columns = COLUMNS, rate: int = RATE) -> History:
    path = tmp_path / "history.csv"
    path.write_text("\n".join(lines) + "\n")
    return read(path, columns, rate=rate, currency="USD")


def of_parquet(tmp_path: Path, places: int = 2, **columns: arrow.Array) -> History:
    path = tmp_path / "history.parquet"
    parquet.write_table(arrow.table(columns), path)
    return read(path, COLUMNS, rate=RATE, places=places)


def problems(caught: pytest.ExceptionInfo[BadRows]) -> list[str]:
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "wei"),
    [
        ("12.34", 1_234 * WEI_PER_FEC),
        ("1,250", 125_000 * WEI_PER_FEC),
        ("-0.01", -WEI_PER_FEC),
        ("0.10000000000000000001", 10 * WEI_PER_FEC + 1),
        ("99999999.99", 9_999_999_999 * WEI_PER_FEC),
    ],
)
def test_read__decimal_text__is_exact_in_wei(tmp_path: Path, text: str, wei: int) -> None:
    (row,) = of_csv(tmp_path, "who,when,paid", f'ann,1483315200,"{text}"').rows
    assert row.amount == wei


def test_read__finer_than_a_wei__says_line_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadRows) as caught:
        of_csv(tmp_path, "who,when,paid", "ann,1483315200,0.000000000000000000001")
    assert problems(caught) == [
        "line 2: '0.000000000000000000001' at this rate is no whole number of wei; round it, or choose another rate"
    ]


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("1483315200", 1_483_315_200),
        ("2017-01-02", 1_483_315_200),
        ("2017-01-02T00:00:00", 1_483_315_200),
        ("2017-01-02 08:00:00.9+08:00", 1_483_315_200),
        ("2017-01-02T00:00:00Z", 1_483_315_200),
    ],
)
def test_read__time__is_in_seconds(tmp_path: Path, time: str, seconds: int) -> None:
    (row,) = of_csv(tmp_path, "who,when,paid", f"ann,{time},1").rows
    assert row.time == seconds


def test_read__bad_rows__names_every_line(tmp_path: Path) -> None:
    with pytest.raises(BadRows) as caught:
        of_csv(
            tmp_path,
            "who,when,paid",
            "ann,1483315200,1.5",
            "ann,yesterday,1",
            "ann,1483315200,a lot",
            ",1483315200,1",
            "ann,1483315200",
            "ann,1483315200000,1",
        )
    assert problems(caught) == [
        "line 3: 'yesterday' is no time; write it as 2026-01-31T18:30:00+01:00 or in seconds since 1970",
        "line 4: 'a lot' is no amount; write it in digits, such as 12.34, or -12.34 for a return",
        "line 5: shopper or store is empty; give each row both",
        "line 6: it has 2 cells, the header 3",
        "line 7: '1483315200000' is out of range; times count in seconds from 5 January 1970 on",
    ]


def test_read__quoted_lines__counts_lines_not_rows(tmp_path: Path) -> None:
    with pytest.raises(BadRows) as caught:
        of_csv(tmp_path, "who,when,paid", '"ann\nlee",1483315200,1', "ann,1483315200,x")
    assert problems(caught)[0].startswith("line 4: ")


def test_read__unknown_column__names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="no column 'paid', or several; it has: who, when, cost"):
        of_csv(tmp_path, "who,when,cost", "ann,1483315200,1")


def test_read__order_id_twice_in_a_store__names_both_lines(tmp_path: Path) -> None:
    columns = Columns("who", "when", "paid", order_id="id")
    with pytest.raises(BadRows) as caught:
        of_csv(tmp_path, "who,when,paid,id", "ann,1483315200,1,A", "bob,1483315201,1,A", columns=columns)
    assert problems(caught) == [
        "line 3: order 'A' of store 'store' is on line 2 already; an order is paid once",
    ]


def test_read__order_id_too_long__says_so(tmp_path: Path) -> None:
    columns = Columns("who", "when", "paid", order_id="id")
    with pytest.raises(BadRows) as caught:
        of_csv(tmp_path, "who,when,paid,id", f"ann,1483315200,1,{'A' * 33}", columns=columns)
    assert problems(caught) == [
        f"line 2: '{'A' * 33}' does not fit 32 bytes. Shorten it, or give 0x and 64 hex digits."
    ]


def test_read__equal_rows__are_two_orders(tmp_path: Path) -> None:
    one, two = of_csv(tmp_path, "who,when,paid", "ann,1483315200,1", "ann,1483315200,1").rows
    assert one.order_id != two.order_id


def test_read__rows_in_another_order__have_the_same_ids(tmp_path: Path) -> None:
    lines = ["ann,1483315200,1", "bob,1483315300,2"]
    forth = of_csv(tmp_path, "who,when,paid", *lines).rows
    back = of_csv(tmp_path, "who,when,paid", *reversed(lines)).rows
    assert [row.order_id for row in forth] == [row.order_id for row in back]


def test_read__amount_zero__is_left_out_and_reported(tmp_path: Path) -> None:
    history = of_csv(tmp_path, "who,when,paid", "ann,1483315200,0.00", "bob,1483315300,2")
    assert history.zeros == (2,)
    assert [row.shopper for row in history.rows] == ["bob"]


def test_read__reference__is_the_currency_and_the_files_own_text(tmp_path: Path) -> None:
    (row,) = of_csv(tmp_path, "who,when,paid", "ann,1483315200,12.50").rows
    assert row.reference == "USD 12.50"


def test_read_parquet__doubles__become_decimals(tmp_path: Path) -> None:
    # The sum is 0.30000000000000004 as a double.
    history = of_parquet(tmp_path, who=["ann", "ann"], when=[1_483_315_200] * 2, paid=[0.1 + 0.2, -19.99])
    assert [row.amount for row in history.rows] == [30 * WEI_PER_FEC, -1_999 * WEI_PER_FEC]


def test_read_parquet__double_of_more_places__is_refused_by_row(tmp_path: Path) -> None:
    with pytest.raises(BadRows) as caught:
        of_parquet(tmp_path, who=["ann", "ann"], when=[1_483_315_200] * 2, paid=[1.0, 1.005])
    assert problems(caught) == ["line 2: the double 1.005 is no amount of 2 decimals"]


def test_read_parquet__more_places_asked_for__is_taken(tmp_path: Path) -> None:
    (row,) = of_parquet(tmp_path, 3, who=["ann"], when=[1_483_315_200], paid=[1.005]).rows
    assert row.amount == 100_500_000_000_000_000_000


def test_read_parquet__not_a_number__is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRows) as caught:
        of_parquet(tmp_path, who=["ann"], when=[1_483_315_200], paid=[float("nan")])
    assert problems(caught) == ["line 1: the double nan is no amount of 2 decimals"]


def test_read_parquet__decimals_and_timestamps__are_exact(tmp_path: Path) -> None:
    times = arrow.array([1_483_315_200_999], arrow.timestamp("ms"))
    (row,) = of_parquet(tmp_path, who=[7], when=times, paid=[Decimal("12.345")]).rows
    assert (row.shopper, row.time, row.amount) == ("7", 1_483_315_200, 1_234_500_000_000_000_000_000)


def test_read_parquet__null__is_an_empty_shopper(tmp_path: Path) -> None:
    with pytest.raises(BadRows) as caught:
        of_parquet(tmp_path, who=arrow.array([None], arrow.string()), when=[1_483_315_200], paid=[1])
    assert problems(caught) == ["line 1: shopper or store is empty; give each row both"]


def test_read_parquet__without_pyarrow__says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "history.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ReplayRefused, match="is read with pyarrow, which is not installed: pip install pyarrow"):
        read(path, COLUMNS, rate=RATE)


def test_read__neither_csv_nor_parquet__says_so(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_bytes(b"who,when,paid\n\xff,1,1\n")
    with pytest.raises(InvalidArgument, match="is not CSV in UTF-8"):
        read(path, COLUMNS, rate=RATE)


def test_read_parquet__broken__says_so(tmp_path: Path) -> None:
    path = tmp_path / "history.parquet"
    path.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(InvalidArgument, match="is not a Parquet file"):
        read(path, COLUMNS, rate=RATE)
