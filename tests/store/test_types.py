"""What is written comes back to the wei, on both databases."""

import pytest
from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import StatementError

from fec import store
from tests.store.things import ACCOUNT, THINGS


def kept(engine: Engine, **values: object) -> dict[str, object]:
    with store.writing(engine) as connection:
        connection.execute(insert(THINGS), values)
    with store.reading(engine) as connection:
        return dict(connection.execute(select(THINGS)).mappings().one())


@pytest.mark.parametrize("amount", [0, 1, 2**95 - 1, 10**38 - 1, None])
def test_wei__any_amount__comes_back_as_the_same_int(things: Engine, amount: int | None) -> None:
    found = kept(things, amount=amount)["amount"]
    assert (found, type(found)) == (amount, type(amount))


@pytest.mark.parametrize("amount", [1.5, "7", True])
def test_wei__no_int__is_refused(things: Engine, amount: object) -> None:
    with pytest.raises(StatementError, match="is no amount in wei"):
        kept(things, amount=amount)


@pytest.mark.parametrize("token_id", [1, 2**256 - 1, None])
def test_token_id__any__comes_back(things: Engine, token_id: int | None) -> None:
    assert kept(things, token_id=token_id)["token_id"] == token_id


def test_token_id__no_int__is_refused(things: Engine) -> None:
    with pytest.raises(StatementError, match="is no token id"):
        kept(things, token_id=7.0)


def test_address__lower_case__gets_its_checksum(things: Engine) -> None:
    assert kept(things, account=ACCOUNT.lower())["account"] == ACCOUNT


def test_address__none__is_refused(things: Engine) -> None:
    with pytest.raises(StatementError, match="0x12"):
        kept(things, account="0x12")


def test_hash32__capitals__are_lowered(things: Engine) -> None:
    assert kept(things, word="0x" + "AB" * 32)["word"] == "0x" + "ab" * 32


def test_hash32__too_short__is_refused(things: Engine) -> None:
    with pytest.raises(StatementError, match="is not 32 bytes in hex"):
        kept(things, word="0xab")


def test_int64__as_primary_key__numbers_rows(things: Engine) -> None:
    assert kept(things, amount=1)["id"] == 1
