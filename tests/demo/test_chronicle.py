from __future__ import annotations

from demo.chronicle import Life
from fec.core import curve
from fec.core.durations import DAY
from fec.core.node_id import NodeId


def life(principal: int) -> Life:
    born = NodeId(program_id=2, period_length=DAY, start=0, birth_principal=principal, serial=1)
    return Life(born.token_id, "0x0", principal, born.token_id)


def test_take_in__in_the_same_period__releases_what_both_had_apart() -> None:
    one, other = life(33), life(77)
    apart = one.released(50 * DAY) + other.released(50 * DAY)

    one.take_in(other, 50 * DAY)

    assert (one.released(51 * DAY - 1), curve.released(110, 50)) == (apart, apart + 1)


def test_take_in__from_the_next_period_on__releases_as_one() -> None:
    one = life(33)

    one.take_in(life(77), 50 * DAY)

    assert one.released(51 * DAY) == curve.released(110, 51)
