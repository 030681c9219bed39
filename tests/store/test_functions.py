"""Amounts are added up by both databases as Python would, to the wei."""

import random

import pytest
from sqlalchemy import Column, Engine, MetaData, Table, func, insert, select

from fec import store
from fec.core import curve
from fec.store.functions import at_least, claimable, wei_sum
from fec.store.types import Int64, Wei

NODES = Table(
    "held",
    MetaData(),
    Column("id", Int64, primary_key=True),
    Column("principal", Wei),
    Column("claimed", Wei),
    Column("start", Int64),
    Column("period_length", Int64),
)
NOW = 10**9


def sample() -> list[dict[str, int]]:
    """Nodes of any size and age, some of them a wei ahead of their curve."""
    draw = random.Random(20_261_130)
    found = []
    for _ in range(300):
        principal, length = draw.randrange(1, 2 ** draw.randrange(1, 91)), draw.randrange(43_200, 7_776_000)
        start = NOW - draw.randrange(-length, 120 * length)
        released = curve.released(principal, curve.periods_elapsed(start, length, NOW))
        claimed = draw.choice((0, draw.randrange(released + 1), released, released + 1))
        found.append({"principal": principal, "claimed": claimed, "start": start, "period_length": length})
    return found


@pytest.fixture
def held(engine: Engine) -> Engine:
    with store.writing(engine) as connection:
        NODES.create(connection)
        connection.execute(insert(NODES), sample())
    return engine


def test_wei_sum__amounts_beyond_any_integer_of_the_database__is_exact(held: Engine) -> None:
    with store.reading(held) as connection:
        found = connection.scalar(select(wei_sum(NODES.c.principal)))
    assert found == sum(node["principal"] for node in sample()) > 2**80


def test_wei_sum__of_nothing__is_zero(held: Engine) -> None:
    with store.reading(held) as connection:
        row = connection.execute(select(wei_sum(NODES.c.principal), func.count()).where(NODES.c.id < 0)).one()
    assert tuple(row) == (0, 0)


@pytest.mark.parametrize("least", [0, 1, 10**18, 2**64])
def test_at_least__any_amount__compares_numbers(held: Engine, least: int) -> None:
    with store.reading(held) as connection:
        found = connection.scalars(select(NODES.c.principal).where(at_least(NODES.c.principal, least)))
        assert sorted(found) == sorted(node["principal"] for node in sample() if node["principal"] >= least)


def test_claimable__any_node__is_the_curves(held: Engine) -> None:
    due = claimable(NODES.c.principal, NODES.c.claimed, NODES.c.start, NODES.c.period_length, NOW)
    with store.reading(held) as connection:
        found = list(connection.scalars(select(due).order_by(NODES.c.id)))
        in_all = connection.scalar(select(wei_sum(due)))
    expected = [
        curve.claimable(
            node["principal"], node["claimed"], curve.periods_elapsed(node["start"], node["period_length"], NOW)
        )
        for node in sample()
    ]
    assert found == expected
    assert in_all == sum(expected)
