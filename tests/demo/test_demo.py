"""The demo at a small scale: some weeks of shopping at all stores, and all 100 periods of every node."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from demo import __main__ as command
from demo import data
from demo.audit import Finding, audit, read_chronicle
from demo.cast import gather
from demo.chronicle import Chronicle
from demo.opening import open_stage
from demo.pictures import draw
from demo.play import play
from demo.stage import Stage
from fec.chain.anvil import Anvil

SEED = "fec"
BASKETS = 60
DAYS = 40


class Played(NamedTuple):
    stage: Stage
    chronicle: Chronicle
    findings: list[Finding]
    year: data.Year


@pytest.fixture(scope="module")
def played(year: data.Year) -> Iterator[Played]:
    chosen = data.choose(year, BASKETS, DAYS, SEED)
    with Anvil(timestamp=chosen.start, gas_limit=command.BLOCK_GAS, past_states=False) as anvil:
        stage = open_stage(anvil, chosen, gather(chosen, SEED), SEED, lambda _: None)
        play(stage, chosen, lambda _: None)
        chronicle = read_chronicle(stage)
        yield Played(stage, chronicle, audit(stage, chronicle), chosen)


def broken(played: Played) -> list[str]:
    """Demands that are not met now."""
    return [finding.demand for finding in audit(played.stage, played.chronicle) if not finding.holds]


def test_audit__after_the_story__all_demands_met(played: Played) -> None:
    assert [finding for finding in played.findings if not finding.holds] == []


def test_audit__each_guarantee__has_a_finding(played: Played) -> None:
    found = {finding.guarantee[:2] for finding in played.findings}

    assert found == {"G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "Su"}


def test_play__every_basket__paid_once(played: Played) -> None:
    assert len(played.chronicle.orders) == len(played.year.baskets)


def test_audit__merchants_tally_a_wei_too_high__found(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    merchant = next(iter(played.stage.book.received))
    monkeypatch.setitem(played.stage.book.received, merchant, played.stage.book.received[merchant] + 1)

    assert broken(played) == ["each merchant: what orders brought, by the chain and by the script"]


def test_audit__payout_a_wei_too_high__found(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    root = next(iter(played.chronicle.payouts))
    monkeypatch.setitem(played.chronicle.payouts, root, played.chronicle.payouts[root] + 1)

    assert broken(played) == ["each node family paid exactly 10·P, whatever was claimed, split, merged and moved"]


def test_audit__order_paid_twice__found(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    story = next(story for story in played.chronicle.orders.values() if not story.refunds)
    monkeypatch.setattr(story, "paid", story.paid * 2)

    assert "no order is paid twice, and a second try is refused" in broken(played)


def test_draw__after_the_story__writes_three_pictures(played: Played, tmp_path: Path) -> None:
    written = draw(played.stage, played.year.end, tmp_path)

    assert [path.name for path in written if path.read_text().startswith("<svg")] == [
        "payout.svg",
        "supply.svg",
        "node.svg",
    ]


def run(tmp_path: Path) -> int:
    arguments = ["--baskets", "10", "--days", "10", "--seed", "small", "--out", str(tmp_path)]
    return CliRunner().invoke(command.main, arguments).exit_code


def test_command__all_demands_met__exits_with_zero(tmp_path: Path) -> None:
    assert run(tmp_path) == 0


def test_command__tampered_tally__exits_with_one(
    played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "open_stage", lambda *_: played.stage)
    monkeypatch.setattr(command, "play", lambda *_: None)
    monkeypatch.setattr(played.stage.book, "burned", played.stage.book.burned + 1)

    assert run(tmp_path) == 1


def test_command__more_baskets_than_there_are__says_so_and_exits_with_two(tmp_path: Path) -> None:
    result = CliRunner().invoke(command.main, ["--baskets", "1000000", "--days", "1", "--out", str(tmp_path)])

    assert (result.exit_code, "In 1 days there were" in result.output) == (2, True)
