"""When the next block comes, by blocks that came before."""

from __future__ import annotations

import pytest

from fec.relayer.slots import Slot, Slots


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def seen(blocks: list[tuple[int, int, float]]) -> tuple[Slots, Clock]:
    """Blocks by number, timestamp and when each was seen."""
    clock = Clock()
    slots = Slots(clock)
    for number, timestamp, at in blocks:
        clock.now = at
        slots.note(number, timestamp)
    return slots, clock


#: A block every two seconds, each seen a little later than it was there, by eighths of a second: those add up exactly.
STEADY = [(10 + n, 1_000 + 2 * n, 50 + 2 * n + late) for n, late in enumerate((0.25, 0.125, 0.5, 0.25, 0.375))]


def test_next__blocks_at_one_pace__is_a_quarter_before_the_next_one() -> None:
    slots, _ = seen(STEADY)
    assert slots.next() == Slot(15, 59.625)


def test_next__same_block_again__counts_once() -> None:
    slots, clock = seen(STEADY)
    clock.now += 1
    slots.note(14, 1_008)
    assert slots.next() == Slot(15, 59.625)


def test_next__block_is_late__is_the_one_after_it() -> None:
    slots, clock = seen(STEADY)
    clock.now = 61
    assert slots.next() == Slot(16, 61.625)


@pytest.mark.parametrize(
    "blocks",
    [
        STEADY[:4],
        [(10 + n, 1_000 + n, 50 + n / 100) for n in range(5)],  # one for each transaction, timestamps a second apart
        [(10 + n, 1_000 + n * n, 50.0 + n * n) for n in range(5)],
        [(10 + n, 1_000, 50 + n / 5) for n in range(5)],
        [*STEADY, (15, 1_013, 63.1)],
        [*STEADY, (12, 1_004, 60.0)],  # another branch
    ],
    ids=["too few", "at once", "uneven", "many a second", "one skipped", "another branch"],
)
def test_next__no_known_pace__is_none(blocks: list[tuple[int, int, float]]) -> None:
    slots, _ = seen(blocks)
    assert slots.next() is None


def test_next__no_block_for_long__is_none() -> None:
    slots, clock = seen(STEADY)
    clock.now = 80
    assert slots.next() is None
