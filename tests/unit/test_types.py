"""Token ids and nodes."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fec.core import curve
from fec.core.durations import WEEK
from fec.core.node_id import NodeId
from fec.protocol.types import Figures, Node

SOURCE = (Path(__file__).resolve().parents[2] / "contracts" / "libraries" / "NodeId.sol").read_text()
MONDAY = 345_600
BIRTH = NodeId(program_id=3, period_length=WEEK, start=MONDAY, birth_principal=10**21, serial=42)
NODE = Node(token_id=BIRTH.token_id, owner="0x" + "11" * 20, principal=10**21, claimed=curve.released(10**21, 2))

node_ids = st.builds(
    NodeId,
    program_id=st.integers(1, 2**32 - 1),
    period_length=st.integers(1, 2**24 - 1),
    start=st.integers(0, 2**40 - 1),
    birth_principal=st.integers(0, 2**96 - 1),
    serial=st.integers(1, 2**40 - 1),
)


@given(node_ids)
def test_node_id__any__is_read_back(node_id: NodeId) -> None:
    assert NodeId.decode(node_id.token_id) == node_id


def test_node_id__layout__is_that_of_the_contract() -> None:
    shifts = {name: int(bits) for name, bits in re.findall(r"constant (\w+)_SHIFT = (\d+);", SOURCE)}
    assert NodeId(3, 5, 7, 11, 13).token_id == (
        3 << shifts["PROGRAM"] | 5 << shifts["PERIOD"] | 7 << shifts["CLASS"] | 11 << shifts["PRINCIPAL"] | 13
    )


def test_node_id__name__is_program_and_serial() -> None:
    assert BIRTH.name == "3-42"


@pytest.mark.parametrize("token_id", [-1, 0, 42, BIRTH.token_id - 42, BIRTH.token_id + (1 << 232)])
def test_node_id__decode_of_no_id__raises(token_id: int) -> None:
    with pytest.raises(ValueError, match=f"^{token_id} is not the id of a node"):
        NodeId.decode(token_id)


def test_node_id__part_too_big__raises() -> None:
    with pytest.raises(ValueError, match=f"{2**24} does not fit 24 bits"):
        _ = NodeId(1, 2**24, 0, 1, 1).token_id


def test_node__face_and_outstanding() -> None:
    assert (NODE.face, NODE.outstanding) == (10**22, 10**22 - NODE.claimed)


def test_node__schedule__comes_from_its_id() -> None:
    assert (NODE.name, NODE.program_id, NODE.start, NODE.period_length) == ("3-42", 3, MONDAY, WEEK)


def test_node__end__is_after_all_periods() -> None:
    assert NODE.end == MONDAY + 100 * WEEK


def test_node__claimable__is_what_the_curve_released_since() -> None:
    assert NODE.claimable(MONDAY + 5 * WEEK) == curve.released(10**21, 5) - NODE.claimed


def test_node__released__counts_in_what_was_claimed_ahead() -> None:
    assert NODE.released(MONDAY + WEEK) == NODE.claimed


def test_node__next_release__is_that_of_its_schedule() -> None:
    assert NODE.next_release(MONDAY + WEEK) == curve.next_release(10**21, MONDAY, WEEK, MONDAY + WEEK)


def test_figures__headroom__is_what_cap_leaves() -> None:
    assert Figures(1, supply=10, cap=100, genesis_supply=10, outstanding=20, budget=3, burned=2).headroom == 70
