"""Many rows at once: what is written comes back, whatever it is, on both databases."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select

from fec import store
from fec.store.bulk import insert_new, insert_rows
from tests.store.things import ACCOUNT, THINGS

#: PostgreSQL keeps no NUL and no half of a surrogate pair.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | st.sampled_from(
    ["\\N", "\\", "\\.", "a\tb", "a\nb", "a\r\nb", ""]
)
VALUES = st.tuples(
    st.integers(0, 2**95) | st.none(),
    st.integers(0, 2**256 - 1) | st.none(),
    st.sampled_from([ACCOUNT, None]),
    st.binary(min_size=32, max_size=32).map(lambda word: "0x" + word.hex()) | st.none(),
    TEXTS | st.none(),
    st.booleans() | st.none(),
    st.lists(TEXTS | st.integers(-(2**53), 2**53)),
)


def test_insert_rows__anything__comes_back(things: Engine) -> None:
    @settings(max_examples=60)
    @given(st.lists(VALUES, max_size=5))
    def comes_back(values: list[tuple[Any, ...]]) -> None:
        written = [(number, *row) for number, row in enumerate(values)]
        with store.writing(things) as connection:
            connection.execute(delete(THINGS))
            insert_rows(connection, THINGS, written)
        with store.reading(things) as connection:
            assert [*map(tuple, connection.execute(select(THINGS).order_by(THINGS.c.id)))] == written

    comes_back()


def test_insert_rows__more_than_one_statement_takes__come_back(things: Engine) -> None:
    written = [(number, number, None, ACCOUNT, None, str(number), True, [number]) for number in range(2_500)]
    with store.writing(things) as connection:
        insert_rows(connection, THINGS, written)
    with store.reading(things) as connection:
        assert [*map(tuple, connection.execute(select(THINGS).order_by(THINGS.c.id)))] == written


def test_insert_new__some_are_there__gives_the_others(things: Engine) -> None:
    def row(number: int, text: str) -> dict[str, Any]:
        word = f"0x{number:064x}"
        return {
            "id": number,
            "amount": 2**95,
            "account": ACCOUNT,
            "word": word,
            "text": text,
            "list": [text],
            "yes": False,
        }

    with store.writing(things) as connection:
        insert_rows(connection, THINGS, [(2, 7, None, None, None, "before", None, [])])
        rows = [row(number, 'it\'s \\ "new"\n') for number in (1, 2, 3)]
        new = insert_new(connection, THINGS, rows, ["id", "text"])
    assert [*map(tuple, new)] == [(1, rows[0]["text"]), (3, rows[2]["text"])]
    with store.reading(things) as connection:
        found = [dict(each) for each in connection.execute(select(THINGS).order_by(THINGS.c.id)).mappings()]
    assert [found[0], found[2]] == [{**row, "token_id": None} for row in (rows[0], rows[2])]
    assert found[1]["text"] == "before"


@pytest.mark.parametrize(
    ("column", "value", "error"),
    [
        ("amount", 1.5, TypeError),
        ("amount", True, TypeError),
        ("token_id", "7", TypeError),
        ("account", "0x12", ValueError),
        ("word", "0x" + "ab" * 31, ValueError),
        ("word", "ab" * 33, ValueError),
        ("word", "0x" + "zz" * 32, ValueError),
        ("word", "0x" + "ab" * 31 + "a\n", ValueError),
    ],
)
def test_insert_rows__value_of_another_type__is_refused(
    things: Engine, column: str, value: object, error: type[Exception]
) -> None:
    row = {"id": 1, "amount": 1, "token_id": 1, "account": ACCOUNT, "word": "0x" + "ab" * 32, column: value}
    with store.writing(things) as connection, pytest.raises(error):
        insert_rows(connection, THINGS, [tuple(row.get(each.name) for each in THINGS.columns)])
