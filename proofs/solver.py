"""Answers one SMT query with whichever of three solvers knows. Runs in `.venv-proofs`, called by Halmos.

Yices is quickest at plain bit-vectors; cvc5 translates them to integers, where division by a constant is easy, which
bit-blasting cannot do; Bitwuzla is the strongest at mixtures. Each alone is believed when it says `unsat`.

    python solver.py QUERY.smt2            the answer of whichever knows first
    python solver.py QUERY.smt2 --with X   the answer of that one
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

SOLVERS = ("yices", "cvc5", "bitwuzla")
#: Seconds for the solver that is likely to know, before the others are started.
HEAD_START = 15
#: Halmos states division in full only once a query without it was not enough.
DIVIDES = "(define-fun f_evm_bvudiv"
#: It states products of two unknowns in full in the same query; many need the division alone, and are easy then.
MULTIPLIES = re.compile(
    r"\(define-fun (f_evm_bvmul_\d+) \(\(x (.+?)\) \(y (.+?)\)\) (\(_ BitVec \d+\)) \(bvmul x y\)\)"
)


def cvc5(query: str) -> None:
    """Prints cvc5's answer, bit-vectors translated to integers."""
    package = import_module("cvc5")

    terms = package.TermManager()
    solver = package.Solver(terms)
    solver.setOption("solve-bv-as-int", "iand")
    solver.setOption("produce-models", "true")
    symbols = package.SymbolManager(terms)
    parser = package.InputParser(solver, symbols)
    parser.setFileInput(package.InputLanguage.SMT_LIB_2_6, query)
    while not (command := parser.nextCommand()).isNull():
        sys.stdout.write(str(command.invoke(solver, symbols)))


def bitwuzla(query: str) -> None:
    """Prints Bitwuzla's answer."""
    package = import_module("bitwuzla")

    options = package.Options()
    options.set(package.Option.PRODUCE_MODELS, True)
    package.Parser(package.TermManager(), options).parse(query, False)


def start(name: str, query: str) -> subprocess.Popen[str]:
    """Starts one solver on a query."""
    if name == "yices":
        binary = str(Path(sys.executable).with_name("yices-smt2"))
        command = [binary, "--smt2-model-format", "--bvconst-in-decimal", query]
    else:
        command = [sys.executable, __file__, query, "--with", name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def heard(solver: subprocess.Popen[str], seconds: float) -> str | None:
    """What a solver said within that time, if it has decided."""
    try:
        answer, _ = solver.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        return None
    return answer if answer.startswith(("sat\n", "unsat\n")) else None


def without_products(query: str) -> str | None:
    """cvc5's `unsat`, whatever products of two unknowns may be; None if it finds none, or nothing can be left out."""
    text = Path(query).read_text()
    if DIVIDES not in text or not MULTIPLIES.search(text):
        return None
    easier = f"{query}.easier"
    Path(easier).write_text(MULTIPLIES.sub(r"(declare-fun \1 (\2 \3) \4)", text))
    solver = start("cvc5", easier)
    answer = heard(solver, HEAD_START)
    solver.kill()
    # A `sat` says nothing: the products that it takes need not be products.
    return answer if answer and answer.startswith("unsat") else None


def race(query: str) -> str:
    """The first definite answer; `unknown` if no solver has one. Halmos ends us, and our children, at its timeout."""
    if (answer := without_products(query)) is not None:
        return answer
    first = "cvc5" if DIVIDES in Path(query).read_text() else "yices"
    running = [start(first, query)]
    try:
        if (answer := heard(running[0], HEAD_START)) is not None:
            return answer
        running += [start(name, query) for name in SOLVERS if name != first]
        while running:
            for solver in list(running):
                if (answer := heard(solver, 0.02)) is not None:
                    return answer
                if solver.returncode is not None:
                    running.remove(solver)
        return "unknown\n"
    finally:
        for solver in running:
            solver.kill()


def main() -> None:
    """Answers the query named on the command line."""
    match sys.argv[1:]:
        case [query]:
            sys.stdout.write(race(query))
        case [query, "--with", "cvc5"]:
            cvc5(query)
        case [query, "--with", "bitwuzla"]:
            bitwuzla(query)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
