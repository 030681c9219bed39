"""The demo at a small scale: some weeks of shopping at all stores, and all 100 periods of every node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from demo import __main__ as command
from demo import data
from demo.audit import Facts, Finding, audit, read_facts
from demo.pictures import draw
from demo.play import play
from demo.story import ALLIANCE, Attempt, Story
from fec import store
from fec.chain.anvil import Anvil
from fec.core.durations import DAY
from fec.indexer.models import NodeVersion
from fec.indexer.views import view

SEED = "fec"
BASKETS = 60
DAYS = 40


class Played(NamedTuple):
    story: Story
    facts: Facts
    findings: list[Finding]


@pytest.fixture(scope="module")
def played(year: data.Year, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    chosen = data.choose(year, BASKETS, DAYS, SEED)
    database = tmp_path_factory.mktemp("index") / "index.sqlite"
    with Anvil(timestamp=chosen.start - DAY, gas_limit=command.BLOCK_GAS, past_states=False) as anvil:
        story = Story(anvil, store.open_database(str(database)), chosen, SEED)
        play(story, lambda *_: None)
        facts = read_facts(story)
        yield Played(story, facts, audit(story, facts))


def broken(played: Played) -> list[str]:
    """Demands that are not met now."""
    return [finding.demand for finding in audit(played.story, played.facts) if not finding.holds]


def test_audit__after_the_story__all_demands_met(played: Played) -> None:
    assert [finding for finding in played.findings if not finding.holds] == []


def test_audit__each_guarantee__has_a_finding(played: Played) -> None:
    found = {finding.guarantee[:2] for finding in played.findings}

    assert found == {"G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "Su"}


def test_audit__demands__are_twenty_one(played: Played) -> None:
    assert len(played.findings) == 21


def test_play__every_basket__paid_once(played: Played) -> None:
    rows = (*played.story.year.rows, *played.story.sold)
    assert sorted(row.order_id for row in played.facts.orders) == sorted(row.order_id for row in rows)


def test_play__cafes_of_an_alliance__count_together_what_is_spent(played: Played) -> None:
    with store.reading(played.story.engine) as connection:
        orders = connection.execute(select(view("orders_latest"))).all()
    at_cafes = [row for row in orders if row.program_id in played.facts.alliances]
    assert Counter(row.burn_bps for row in at_cafes) == {1_000: 4, 2_000: 4}
    assert len({row.program_id for row in at_cafes}) == len(ALLIANCE)


def test_play__holders__have_done_all_that_they_can(played: Played) -> None:
    causes = {"mint", "settle", "open", "transfer", "claim", "split", "part", "merge", "merged"}
    with store.reading(played.story.engine) as connection:
        assert set(connection.scalars(select(NodeVersion.cause).distinct())) == causes


def test_audit__reward_tally_a_wei_too_high__found(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    merchant = next(iter(played.story.rewarded))
    monkeypatch.setitem(played.story.rewarded, merchant, played.story.rewarded[merchant] + 1)

    assert broken(played) == [
        "each merchant: what it burned into rewards, by the chain and by the script",
        "all FEC burned, by the chain and by the script",
    ]


def test_audit__payout_a_wei_too_high__found(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    payouts = played.facts.chronicle.payouts
    root = next(iter(payouts))
    monkeypatch.setitem(payouts, root, payouts[root] + 1)

    assert broken(played) == ["each node family paid exactly 10·P, whatever was claimed, split, merged and moved"]


def test_audit__order_paid_twice__found(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(played.facts, "payments", played.facts.payments + 1)

    assert broken(played) == ["no order is paid twice, and a second try is refused"]


def test_audit__attempt_that_works__found(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(played.story, "attempts", [*played.story.attempts, Attempt("a stranger takes a node", None)])

    assert broken(played) == [
        "admin, merchant, Checkout, brand and stranger can take, claim, split or merge nobody's node"
    ]


def test_draw__after_the_story__writes_three_pictures(played: Played, tmp_path: Path) -> None:
    written = draw(played.story, tmp_path)

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
    monkeypatch.setattr(command, "Story", lambda *_: played.story)
    monkeypatch.setattr(command, "play", lambda *_: None)
    merchant = next(iter(played.story.rewarded))
    monkeypatch.setitem(played.story.rewarded, merchant, played.story.rewarded[merchant] + 1)

    assert run(tmp_path) == 1


def test_command__more_baskets_than_there_are__says_so_and_exits_with_two(tmp_path: Path) -> None:
    result = CliRunner().invoke(command.main, ["--baskets", "1000000", "--days", "1", "--out", str(tmp_path)])

    assert (result.exit_code, "In 1 days there were" in result.output) == (2, True)
