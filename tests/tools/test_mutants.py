"""Mutation testing can fail: what is deadly is killed, what is equivalent survives, and a survivor needs a reason."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mutants.compiler import Sources
from mutants.operators import mutants_of
from mutants.results import KILLED, SURVIVED, Result, complaints, read_reasons, score
from mutants.scores import BEGIN, DOCUMENT, END, Scores, changed, code_hash, document, recorded, table

ROOT = Path(__file__).resolve().parents[2]
LOOKS = ("contracts/A.sol", "A.f", "ROR", "if (a < b) return;", "if (a <= b) return;")


def result(status: str) -> Result:
    return Result("key", *LOOKS, status)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any]]:
    """Exit code and report of a run of all changes of one loop in `Custodian.withdraw`, with no reasons given."""
    folder = tmp_path_factory.mktemp("mutants")
    (folder / "survivors.toml").touch()
    run = subprocess.run(
        [
            *(sys.executable, "-m", "mutants", "--json", "--contract", "Custodian", "--only", "i < tokenIds.length"),
            *("--tests", "tests/contracts/custody/test_withdraw.py"),
            *("--survivors", str(folder / "survivors.toml"), "--results", str(folder / "results.jsonl")),
        ],
        cwd=ROOT,
        check=False,
        stdout=subprocess.PIPE,
    )
    return run.returncode, json.loads(run.stdout)


def status_of(report: dict[str, Any], change: str) -> list[str]:
    return [one["status"] for one in report["results"] if change in one["after"]]


@pytest.mark.parametrize("change", ["i <= tokenIds.length", "; false;", "i = (0 + 1)"])
def test_run__deadly_change__is_killed(planted: tuple[int, dict[str, Any]], change: str) -> None:
    assert status_of(planted[1], change) == ["killed"]


def test_run__equivalent_change__survives(planted: tuple[int, dict[str, Any]]) -> None:
    assert status_of(planted[1], "i != tokenIds.length") == ["survived"]


def test_run__change_that_makes_the_same_code__is_seen(planted: tuple[int, dict[str, Any]]) -> None:
    assert status_of(planted[1], "i++") == ["same bytecode"]


def test_run__survivor_without_a_reason__fails(planted: tuple[int, dict[str, Any]]) -> None:
    code, report = planted
    assert code == 1
    assert [complaint.partition(":")[0] for complaint in report["complaints"]] == ["survived, without a reason"]


def test_complaints__survivor_with_a_reason__are_none() -> None:
    assert complaints([result(SURVIVED)], {LOOKS: "a never equals b."}, full=True) == []


def test_complaints__reason_of_a_killed_mutant__is_one() -> None:
    wrong = complaints([result(KILLED)], {LOOKS: "a never equals b."}, full=False)
    assert [line.partition(":")[0] for line in wrong] == ["killed, yet listed"]


@pytest.mark.parametrize(("full", "found"), [(True, ["listed, but no such mutant"]), (False, [])])
def test_complaints__reason_without_a_mutant__is_one_in_a_full_run(full: bool, found: list[str]) -> None:
    wrong = complaints([], {LOOKS: "a never equals b."}, full=full)
    assert [line.partition(":")[0] for line in wrong] == found


def test_complaints__empty_reason__is_one() -> None:
    wrong = complaints([result(SURVIVED)], {LOOKS: " "}, full=True)
    assert [line.partition(":")[0] for line in wrong] == ["no reason given"]


def test_score__equivalent_survivors__do_not_count() -> None:
    results = [result(KILLED), result(KILLED), result(SURVIVED)]
    assert [score("all", results, reasons).percent for reasons in ({}, {LOOKS: "a never equals b."})] == [
        "66.6 %",
        "100.0 %",
    ]


def test_read_reasons__file__has_all_that_identifies_a_mutant(tmp_path: Path) -> None:
    path = tmp_path / "survivors.toml"
    keys = ("file", "function", "operator", "before", "after")
    lines = [f"{key} = {json.dumps(value)}" for key, value in zip(keys, LOOKS, strict=True)]
    path.write_text("\n".join(["[[survivor]]", *lines, 'reason = "a never equals b."']))
    assert read_reasons(path) == {LOOKS: "a never equals b."}


def test_document__table_of_scores__is_what_the_record_says() -> None:
    assert document(DOCUMENT.read_text(), recorded()) == DOCUMENT.read_text()


def test_document__without_the_marks__says_what_to_put_in() -> None:
    with pytest.raises(ValueError, match="put these two lines") as error:
        document("# Mutation testing\n", {})
    assert document(f"a\n{BEGIN}old\n{END}b\n", {}).replace(table({}), "old") == f"a\n{BEGIN}\nold\n{END}b\n"
    assert BEGIN in str(error.value)


def test_table__scores__are_summed() -> None:
    scores = {
        "contracts/checkout/A.sol": {"killed": 7, "timeout": 1, "equivalent": 2, "survived": 2, "same bytecode": 3},
        "contracts/B.sol": {"killed": 4, "equivalent": 0, "duplicate": 5, "invalid": 6},
    }
    assert table(scores).splitlines()[2:] == [
        "| `checkout/A` | 10 | 7 | 1 | 2 | 100.0 % | 3 | 0 | 0 |",
        "| `B` | 4 | 4 | 0 | 0 | 100.0 % | 0 | 5 | 6 |",
        "| all | 14 | 11 | 1 | 2 | 100.0 % | 3 | 5 | 6 |",
    ]


def everything_run(sources: Sources) -> Scores:
    """A record of all files, as if all their mutants had just been run."""
    return {file: {"sha256": code_hash(sources.text[file])} for file in sources.mutable}


def test_changed__code_that_is_not_what_was_run__is_found() -> None:
    sources = Sources()
    scores, one = everything_run(sources), sources.mutable[0]
    sources.text[one] = sources.text[one].replace("}", ";}", 1)
    assert changed(sources, scores) == {one}


def test_changed__file_that_was_never_run__is_found() -> None:
    sources = Sources()
    scores, one = everything_run(sources), sources.mutable[0]
    del scores[one]
    assert changed(sources, scores) == {one}


def test_changed__comments_alone__are_no_change() -> None:
    sources = Sources()
    scores, one = everything_run(sources), sources.mutable[0]
    sources.text[one] = f"// It's new.\n/* So\nis this. */\n\n{sources.text[one]}"
    assert changed(sources, scores) == set()


def test_changed__imports_alone__are_no_change() -> None:
    sources = Sources()
    scores, one = everything_run(sources), sources.mutable[0]
    sources.text[one] = f'import {{\n    A\n}} from "./A.sol";\n{sources.text[one]}'
    assert changed(sources, scores) == set()


def test_code_hash__what_looks_like_a_comment_in_a_text__is_code() -> None:
    assert code_hash('a = "http://b";') != code_hash('a = "http://c";')


def test_mutants_of__line_that_has_moved__keep_their_identity() -> None:
    def tree(source: str) -> dict[str, Any]:
        start = source.encode().index(b"1")
        literal = {"nodeType": "Literal", "kind": "number", "value": "1", "src": f"{start}:1:0"}
        variable = {"nodeType": "VariableDeclaration", "name": "ONE", "value": literal}
        return {"nodes": [{"nodeType": "ContractDefinition", "name": "A", "nodes": [variable]}]}

    here, there = "uint256 constant ONE = 1;\n", "// É\n  uint256  constant ONE = 1;\n"
    found = [mutants_of("A.sol", source, tree(source)) for source in (here, there)]
    assert [mutant.after for mutant in found[0]] == ["uint256 constant ONE = (1 + 1);"]
    assert [mutant.id for mutant in found[0]] == [mutant.id for mutant in found[1]]
