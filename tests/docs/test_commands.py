"""Every command that a document shows exists, and so does each of its options.

What the blocks do is run elsewhere: the tour word for word (test_tour.py), each command of `fec` (tests/cli), the
scripts on Anvil (tests/ape).
"""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from fec.cli import main
from tests.docs.documents import DOCUMENTS, ROOT

BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
HEREDOC = re.compile(r"<<'?(\w+)'?(.*?)\n.*?^\1$", re.DOTALL | re.MULTILINE)
#: Words of the shell before a command.
PREFIXES = {"do", "then", "else", "if", "while", "until", "time", "!", "{", "}", "exec"}
#: What comes with every system, or is a function of the page's own.
TOOLS = {
    *(
        "bash",
        "cat",
        "chain",
        "curl",
        "days",
        "done",
        "echo",
        "eval",
        "export",
        "fi",
        "field",
        "for",
        "grep",
        "heard",
        "kill",
    ),
    *("mkdir", "npm", "openssl", "pip", "post", "printf", "rm", "set", "sleep", "source", "trap", "wait", "["),
}
#: Options of Ape itself, which it takes for every script.
OF_APE = {"--network", "--account"}
DOTTED = re.compile(r"^[\w.-]+$")


def commands(text: str) -> Iterator[list[str]]:
    """The simple commands of a document's shell blocks, as words."""
    for block in BLOCK.findall(text):
        lexer = shlex.shlex(plain(block), posix=True, punctuation_chars="();<>|&\n")
        lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t", True, ""
        words: list[str] = []
        redirected = False
        for word in [*lexer, "\n"]:
            punctuation = set(word) <= set("();<>|&\n")
            if punctuation and not set(word) & set("<>"):
                if found := bare(words):
                    yield found
                words = []
            elif not punctuation and not redirected:
                words.append(word)
            redirected = punctuation and bool(set(word) & set("<>"))


def plain(block: str) -> str:
    """A shell block without comments, texts for standard input and line ends within commands."""
    without_texts = re.sub(r"\$\(\(.*?\)\)", "0", HEREDOC.sub(r"\2", block))
    return re.sub(r"(^|\s)#[^\n]*", r"\1", without_texts.replace("\\\n", " "))


def bare(words: list[str]) -> list[str]:
    """A command without assignments and words of the shell before it."""
    while words and (words[0] in PREFIXES or re.match(r"\w+=", words[0]) or words[0] == "export"):
        words = words[1:]
    # What follows a substitution within a command are arguments.
    return [] if words and words[0].startswith("-") else words


def unknown(words: list[str]) -> list[str]:
    """What of a command is not there."""
    program, *rest = words
    name = Path(program).name
    if name == "fec":
        return of_click(rest)
    if name == "make":
        targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        return [word for word in rest if "=" not in word and word not in targets]
    if name in {"python", "python3"} and rest[:1] == ["-m"]:
        return of_source(rest[2:], source_of(rest[1]), rest[1])
    if name == "ape" and rest[:1] == ["run"]:
        script = ROOT / "scripts" / f"{rest[1]}.py"
        sources = "".join(path.read_text() for path in (ROOT / "scripts").glob("*.py"))
        return [f"ape run {rest[1]}"] if not script.exists() else of_source(rest[2:], sources, *OF_APE)
    if name in {"pytest", "vitest", "ape"}:
        return [word for word in rest if word.startswith("tests/") and not (ROOT / word.partition("::")[0]).exists()]
    known = name in TOOLS or name in {
        "python",
        "python3",
        "forge",
        "solhint",
        "pre-commit",
        "_FEC_COMPLETE=fish_source",
    }
    return [] if known or not DOTTED.match(name) else [name]


def of_click(words: list[str]) -> list[str]:
    """Words that are no command, and options that it does not take, of a command line after `fec`."""
    command: click.Command = main
    options = {"--help", "--version", *options_of(main)}
    for word in words:
        if word.startswith("-") and not re.match(r"-\d|-$", word):
            if word.partition("=")[0] not in options:
                return [word]
        elif isinstance(command, click.Group) and DOTTED.match(word) and not word.isdigit():
            if word not in command.commands:
                return [] if command.invoke_without_command else [word]
            command = command.commands[word]
            options |= set(options_of(command))
    return []


def options_of(command: click.Command) -> Iterator[str]:
    for param in command.params:
        if isinstance(param, click.Option):
            yield from [*param.opts, *param.secondary_opts]


def source_of(module: str) -> str:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return ""
    path = Path(spec.origin)
    main_file = path.with_name("__main__.py")
    return main_file.read_text() if path.name == "__init__.py" and main_file.exists() else path.read_text()


def of_source(words: list[str], source: str, *known: str) -> list[str]:
    """Options that a source does not speak of; everything if there is none."""
    if not source:
        return [*known]
    options = [word.partition("=")[0] for word in words if word.startswith("--")]
    return [
        option
        for option in options
        if f'"{option}"' not in source and f'"{option}/' not in source and option not in known
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_document__commands_that_it_shows__are_there_with_their_options(document: Path) -> None:
    shown = list(commands(document.read_text()))
    assert [" ".join(words) for words in shown if unknown(words)] == []


@pytest.mark.parametrize(
    "line",
    [
        "fec node clame",
        "fec node claim --dry",
        "KEY=$(fec serve key ad --program 2)",
        "make everything",
        "python -m demo --houses 3",
        "python -m demos",
        "ape run deploi --network ethereum:local",
        "ape run deploy --ownr x",
        "pytest -p no:ape_test tests/nowhere",
        "cat x | frobnicate",
    ],
)
def test_command__that_is_not_there__is_found(line: str) -> None:
    assert any(unknown(words) for words in commands(f"```sh\n{line}\n```\n"))
