"""The results of the mutants of each source file: `scores.json`, and the table in docs/assurance/mutation.md."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mutants.compiler import ROOT, Sources
from mutants.operators import Mutant
from mutants.results import DUPLICATE, INVALID, KILLED, SAME, TIMEOUT, Result, Score, score

#: By source file: the hash of its code when all its mutants were run, and what became of them.
SCORES = Path(__file__).with_name("scores.json")
DOCUMENT = ROOT / "docs" / "assurance" / "mutation.md"
BEGIN = "<!-- Made by `python -m mutants --write`; not edited by hand. -->\n"
END = "<!-- End of what it makes. -->\n"

#: A text is matched so that no comment is seen to begin inside of it.
_COMMENT_OR_TEXT = re.compile(r"""(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|//[^\n]*|/\*.*?\*/""", re.DOTALL)
_IMPORT = re.compile(r"^import\b[^;]*;", re.MULTILINE)

Reasons = dict[tuple[str, ...], str]
Scores = dict[str, dict[str, Any]]


def recorded() -> Scores:
    """The record; empty if there is none."""
    return json.loads(SCORES.read_text()) if SCORES.exists() else {}


def changed(sources: Sources, scores: Scores) -> set[str]:
    """Source files whose code is not what it was when all its mutants were run; those that never came to that, too."""
    return {file for file in sources.mutable if scores.get(file, {}).get("sha256") != code_hash(sources.text[file])}


def record(sources: Sources, mutants: Sequence[Mutant], results: Sequence[Result], reasons: Reasons) -> None:
    """Notes the scores of the source files all of whose mutants were run, if none is left alive."""
    before = recorded()
    scores = {file: scored for file, scored in before.items() if file in sources.mutable}
    of_file = Counter(mutant.file for mutant in mutants)
    for one in grouped(results, lambda result: result.file, reasons):
        if sum(one.counts.values()) == of_file[one.name] and not one.alive:
            scores[one.name] = {"sha256": code_hash(sources.text[one.name]), **one.as_dict()}
    if scores != before:
        SCORES.write_text(json.dumps(dict(sorted(scores.items())), indent=1) + "\n")
        write()


def grouped(results: Sequence[Result], name_of: Callable[[Result], str], reasons: Reasons) -> list[Score]:
    """A score for each group of results."""
    names = dict.fromkeys(map(name_of, results))
    return [score(name, [result for result in results if name_of(result) == name], reasons) for name in names]


def write() -> None:
    """Brings the table in the document up to date."""
    DOCUMENT.write_text(document(DOCUMENT.read_text(), recorded()))


def document(text: str, scores: Scores) -> str:
    """A document with the table of some scores between its marks.

    Raises:
        ValueError: if the marks are not there.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"put these two lines where the table is to be:\n{BEGIN}{END}")
    return f"{before}{begin}\n{table(scores)}\n{end}{after}"


def table(scores: Scores) -> str:
    """Scores as a table in Markdown, with a line for all of them together."""
    rows = [_row(f"`{file.removeprefix('contracts/').removesuffix('.sol')}`", [one]) for file, one in scores.items()]
    head = "| file | mutants | killed | timed out | equivalent | score | same code | twins | do not compile |"
    return "\n".join([head, "|---" * 9 + "|", *rows, _row("all", scores.values())]) + "\n"


def _row(name: str, scores: Iterable[Mapping[str, Any]]) -> str:
    sums = Counter[str]()
    for one in scores:
        sums.update({key: value for key, value in one.items() if isinstance(value, int)})
    # A contract in the record has no mutant alive, so that survivors are the equivalent ones.
    counted = sums[KILLED] + sums[TIMEOUT] + sums["equivalent"]
    of_all = Score(name, Counter({status: sums[status] for status in (KILLED, TIMEOUT)}), 0)
    numbers = [counted, sums[KILLED], sums[TIMEOUT], sums["equivalent"], of_all.percent]
    return f"| {' | '.join(map(str, [name, *numbers, sums[SAME], sums[DUPLICATE], sums[INVALID]]))} |"


def code_hash(text: str) -> str:
    """Hash of a source's code: neither comments and empty lines nor imports make mutants."""
    code = _IMPORT.sub("", _COMMENT_OR_TEXT.sub(lambda found: found[0] if found["text"] else "", text))
    lines = [line.rstrip() for line in code.splitlines()]
    return hashlib.sha256("\n".join(filter(None, lines)).encode()).hexdigest()
