"""Many runs: planned, made on several processors, saved, resumed, summed up."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from fec.core.durations import DAY
from fec.i18n.parsing import parse_fec
from fec.simulate import Economy, Scenario, ScenarioInvalid, load, verdicts
from fec.simulate.sweep import TABLE, Record, fan, make, plan, run_all
from fec.simulate.values import AMOUNT
from tests.simulate.scenarios import several, small

SWEEP = {"coupon.rate": ["1", "10"], "merchants.shops.period": ["12h", "7d", "90d"]}


def test_plan__two_keys__has_each_combination() -> None:
    jobs = plan(small(), SWEEP)
    assert len(jobs) == len({job.file_name for job in jobs}) == 6
    assert jobs[-1].changes == {"coupon.rate": "10", "merchants.shops.period": "90d"}
    assert jobs[-1].scenario.merchants["shops"].period == 90 * DAY


def test_plan__wrong_value__is_refused_before_anything_runs() -> None:
    with pytest.raises(ScenarioInvalid):
        plan(small(), {"coupon.rate": ["1", "x"]})


def test_plan__draws__are_the_same_for_each_setting() -> None:
    jobs = plan(small(), {"coupon.rate": ["1", "10"]}, runs=3, seed="luck")
    assert [job.scenario.shoppers for job in jobs[:3]] == [job.scenario.shoppers for job in jobs[3:]]
    assert len({job.scenario.shoppers for job in jobs}) == 3


def test_run_all__on_two_processes__gives_what_one_gives_in_order() -> None:
    jobs = plan(small(), SWEEP)
    done: list[int] = []
    assert run_all(jobs, 2, progress=done.append) == [make(job) for job in jobs]
    assert done == list(range(len(jobs) + 1))


def test_run_all__saved__is_read_and_not_run_again(tmp_path: Path) -> None:
    jobs = plan(small(), SWEEP)
    made = run_all(jobs, 1, tmp_path)
    assert len(list(tmp_path.glob("*.json"))) == len(jobs)
    # A run that is there is taken as it is: here one that says something else.
    path = tmp_path / jobs[2].file_name
    path.write_text(json.dumps({**made[2], "summary": {**made[2]["summary"], "burned": "1"}}))
    done: list[int] = []
    again = run_all(jobs, 1, tmp_path, done.append)
    assert done == [len(jobs)]
    assert again[2]["summary"]["burned"] == "1"
    assert again[:2] == made[:2]


@pytest.mark.parametrize("content", ["", '{"format": 1', "[]", "{}"])
def test_run_all__interrupted_while_saving__makes_that_run_again(tmp_path: Path, content: str) -> None:
    jobs = plan(small(), SWEEP)
    made = run_all(jobs, 1, tmp_path)
    (tmp_path / jobs[1].file_name).write_text(content)
    (tmp_path / jobs[4].file_name).unlink()
    done: list[int] = []
    assert run_all(jobs, 1, tmp_path, done.append) == made
    assert done == [4, 5, 6]


def test_run_all__stopped_in_the_middle__keeps_what_was_done(tmp_path: Path) -> None:
    jobs = plan(small(), SWEEP)

    def stop(done: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_all(jobs, 1, tmp_path, stop)
    assert len(list(tmp_path.glob("*.json"))) == 3
    done: list[int] = []
    run_all(jobs, 1, tmp_path, done.append)
    assert done[0] == 3


def test_run_all__table__has_a_line_a_run_with_its_whole_scenario(tmp_path: Path) -> None:
    made = run_all(plan(small(), SWEEP, runs=2, seed="s"), 1, tmp_path)
    lines = list(csv.DictReader((tmp_path / TABLE).open()))
    assert [line["burned"] for line in lines] == [record["summary"]["burned"] for record in made]
    assert {(line["seed"], line["run"]) for line in lines} == {("s", "0"), ("s", "1")}
    assert [line["coupon.rate"] for line in lines[::6]] == ["1", "10"]
    assert all(line["shoppers.churn"].endswith("%") for line in lines)


def test_record__of_a_run__makes_the_same_run_again() -> None:
    [job] = plan(small(), {}, runs=1)
    record = make(job)
    result = Economy(Scenario.from_record(record["scenario"])).run()
    assert record["supply"][-1][1] == AMOUNT.write(result.points[-1].supply)


def test_fan__of_runs__has_percentiles_that_runs_had() -> None:
    made = run_all(plan(small(), {}, runs=21), 2)
    band = fan(made)
    assert len(band) == len(made[0]["supply"])
    supplies = sorted(parse_fec(record["supply"][-1][1]) for record in made)
    last = {name: parse_fec(value) for name, value in band[-1].items() if name != "time"}
    assert last == {
        "low": supplies[1],
        "lower": supplies[5],
        "middle": supplies[10],
        "upper": supplies[15],
        "high": supplies[19],
    }


def record(**supply: str) -> Record:
    return {"supply": [["2026-01-05T00:00:00Z", value] for value in supply.values()]}


def test_fan__of_one_run__is_that_run() -> None:
    assert fan([record(only="7")]) == [
        {"time": "2026-01-05T00:00:00Z", **dict.fromkeys(("low", "lower", "middle", "upper", "high"), "7")}
    ]


# -------------------------------------------------------------------- verdicts


def found(scenario: Scenario) -> dict[str, str]:
    return {each.name: str(each.message) for each in verdicts(Economy(scenario).run())}


def test_verdicts__plenty_of_budget__says_that_it_lasts() -> None:
    said = found(small(coupon__rate="0.1"))
    assert said["budgetLasts"].startswith("The budget lasts: after 1 years 99,9")
    assert "budgetEnds" not in said
    assert "No price of FEC is promised." in said["dilution"]


def test_verdicts__budget_ends__says_when_and_that_nothing_promised_fails() -> None:
    scenario = small(years="3")
    result = Economy(scenario).run()
    said = found(scenario)
    assert result.budget_ended is not None
    assert said["budgetEnds"].startswith("The budget ends on 2027-03-22.")
    assert "Nothing promised fails" in said["budgetEnds"]
    refused = sum(point.without_quota for point in result.points)
    assert said["withoutQuota"].startswith(f"{refused:,} baskets could not be paid in FEC")
    assert said["earlyPaidByLater"].startswith(
        "This setting pays early shoppers from the dilution of later ones: from 2027"
    )


def test_verdicts__later_cohorts_lose__says_so() -> None:
    scenario = load().changed({"merchants.shops.period": "90d"})
    returns = [cohort.real_return for cohort in Economy(scenario).run().shoppers]
    assert returns[0] is not None
    assert min(value for value in returns if value is not None) < 100 <= returns[0]
    said = found(scenario)["laterLose"]
    assert said.startswith("This setting pays early shoppers from the dilution of later ones: if all FEC together")
    assert f"would get back {returns[0] // 100}.{returns[0] % 100:02} times" in said


def test_verdicts__one_year_alone__compares_nobody() -> None:
    assert found(small()).keys().isdisjoint({"laterLose", "laterGetLess", "laterGetNoLess"})


def test_verdicts__nobody_buys__says_that_nothing_was_burned() -> None:
    said = found(small(shoppers__first="0", shoppers__market="0"))
    assert said["nothingBurned"] == "Nobody burned anything: supply stays at 100,000 FEC."
    assert "flowBack" not in said


def test_verdicts__wash_trading__names_gain_and_bound() -> None:
    scenario = several(
        small(coupon__rate="1").record, washers={"share": "0%", "quota": "1000", "wash": "1000", "first": "1"}
    )
    assert found(scenario)["wash"] == (
        "Merchants who buy from themselves burn 1,000 FEC and gain 9,000 FEC: 9,000 for each 1,000. Only quota bounds "
        "it: they were granted 1,000 FEC, so they can gain 9,000 FEC at most."
    )
