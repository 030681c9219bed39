"""Scenarios: files, keys, values, and what is refused of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo import data
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.simulate import Scenario, ScenarioInvalid, load, named
from fec.simulate import values as kinds
from fec.simulate.values import ValueKind
from tests.simulate.scenarios import small
from tools.calibrate import measure


@pytest.mark.parametrize("name", named())
def test_record__of_each_shipped_scenario__reads_as_the_same(name: str) -> None:
    scenario = load(name)
    assert Scenario.from_record(scenario.record) == scenario


def test_default__is_calibrated_on_the_real_year() -> None:
    scenario = load().record["shoppers"]
    measured = dict(measure(data.read()))
    assert measured == {
        "shoppers.baskets": scenario["baskets"],
        "shoppers.sizes": "/".join(scenario["sizes"]),
        "shoppers.churn": scenario["churn"],
    }


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (kinds.COUNT, "1,000", 1_000),
        (kinds.AMOUNT, "12.5", 25 * FEC // 2),
        (kinds.QUOTA, "any", -1),
        (kinds.SHARE, "12.5%", 1_250),
        (kinds.SHARE, "0.01 %", 1),
        (kinds.SHARE, "150%", 15_000),
        (kinds.DECIMAL, "62.76", 6_276),
        (kinds.DURATION, "14h24m", 51_840),
        (kinds.DATE, "2026-01-05", 1_767_571_200),
    ],
)
def test_value__of_each_kind__is_exact(kind: ValueKind, text: str, value: int) -> None:
    assert kinds.read(kind, "key", text) == value
    assert kind.read(kind.write(value)) == value


@given(st.integers(0, 10**12))
def test_value__written__reads_as_itself(value: int) -> None:
    for kind in (kinds.COUNT, kinds.AMOUNT, kinds.SHARE, kinds.DECIMAL, kinds.DURATION):
        assert kind.read(kind.write(value)) == value


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("coupon.cap", "-1", "coupon.cap cannot be '-1'. Write it like 12.5."),
        ("coupon.cap", "1e9", "coupon.cap cannot be '1e9'. Write it like 12.5."),
        ("shoppers.first", "many", "shoppers.first cannot be 'many'. Write it like 1000."),
        ("shoppers.churn", "1.234%", "shoppers.churn cannot be '1.234%'. Write it like 12.5%."),
        ("step", "7", "step cannot be '7'. Write it like 7d."),
        ("start", "soon", "start cannot be 'soon'. Write it like 2026-01-05."),
        ("step", "1s", "step is out of range: from 10 minutes 31 seconds to 365 days, so that a run ends."),
        ("years", "0", "years is out of range: from 1 to 100."),
        ("coupon.cap", "40000000000", "coupon.cap is out of range: at most 39,614,081,257.132168796771975167 FEC."),
        ("coupon.genesis", "1000001", "coupon.genesis is out of range: at most 1,000,000 FEC."),
        ("coupon.elsewhere", "100001", "coupon.elsewhere is out of range: at most 100,000 FEC."),
        ("coupon.turns", "0", "coupon.turns is out of range: at least 1."),
        ("coupon.rate", "0", "shoppers.sizes is out of range: more than nothing in FEC."),
        ("shoppers.first", "41", "shoppers.first is out of range: at most the market, 40."),
        ("shoppers.claims", "101%", "shoppers.claims is out of range: at most 100 %."),
        ("merchants.shops.period", "11h", "merchants.shops.period is out of range: from 12 hours to 90 days."),
        ("merchants.shops.burn", "9.99%", "merchants.shops.burn is out of range: from 10 % to 100 %."),
        ("merchants.shops.share", "101%", "merchants.*.share is out of range: 100 % in all at most."),
    ],
)
def test_changed__wrong_value__is_refused_with_what_is_right(key: str, value: str, message: str) -> None:
    with pytest.raises(ScenarioInvalid) as refused:
        small().changed({key: value})
    assert str(refused.value) == message


def test_changed__unknown_key__is_refused_with_all_that_there_are() -> None:
    with pytest.raises(
        ScenarioInvalid, match=r"There is no key shoppers\.fist\. Use one of start, step, years, coupon\."
    ):
        small().changed({"shoppers.fist": "1"})


def test_changed__list_of_sizes__is_written_with_slashes() -> None:
    assert small().changed({"shoppers.sizes": "1/2.50"}).sizes == (100, 250)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("years =", "is no TOML"),
        ("yeers = 1", "There is no key yeers. Use one of start, step, years"),
        ("[coupon]\nkap = 1", "There is no key coupon.kap. Use one of cap, genesis"),
        ("coupon = 1", "coupon must be a table, such as [coupon]."),
        ("merchants = 1", "The scenario has no merchants"),
        ("[merchants]\nshops = 1", "merchants.shops must be a table, such as [merchants.shops]."),
        ("[shoppers]\nsizes = []", "shoppers.sizes must be a list"),
        ("[shoppers]\nfirst = true", "shoppers.first cannot be 'True'."),
        ("spread = 1", "spread must be a table, such as [spread]."),
        ('[spread]\n"shoppers.churn" = "1%"', "spread must give the least and the most"),
        ('[spread]\n"shoppers.churn" = ["2%", "1%"]', "spread.shoppers.churn has its least above its most."),
        ('[spread]\n"shoppers.churning" = ["1%", "2%"]', "There is no key shoppers.churning."),
        ('[spread]\n"merchants.others.churn" = ["1%", "2%"]', "There is no key merchants.others.churn."),
    ],
)
def test_load__wrong_file__is_refused_with_the_reason(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(ScenarioInvalid) as refused:
        load(str(path))
    assert message in str(refused.value)


def test_load__file_of_ones_own__says_only_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[coupon]\nrate = 0.5\n[merchants.cafe]\nperiod = "14h24m"\n')
    scenario = load(str(path))
    assert scenario.coupon.rate == FEC // 2
    assert scenario.shoppers == load().shoppers
    assert list(scenario.merchants) == ["cafe"]
    assert (scenario.merchants["cafe"].period, scenario.merchants["cafe"].burn) == (51_840, 1_000)
    # What the default varies of its shops is of no use here.
    assert set(scenario.spread) == {"shoppers.imitators", "shoppers.churn"}


def test_load__neither_name_nor_file__is_refused_with_the_names() -> None:
    with pytest.raises(ScenarioInvalid, match=r"There is no scenario 'nowhere'\. The package has default, large, wash"):
        load("nowhere")


def test_sample__same_seed__is_the_same_and_within_its_bounds() -> None:
    scenario = load()
    one, again, other = (scenario.sample(seed) for seed in ("a", "a", "b"))
    assert one == again != other
    least, most = scenario.spread["shoppers.churn"]
    assert least <= one.shoppers.churn <= most
    assert not one.spread
