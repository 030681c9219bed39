"""The sentences that people read: extracts them, brings the catalogs up to date, and compiles them.

`python -m tools.messages` writes `fec/i18n/locales`; `--check` writes nothing, and fails if a catalog is not complete
or not fresh; `--compile` compiles the catalogs as they are. What is read: calls of gettext's functions, constructors of
the package's errors, the service's problems, the help of all commands, and the sentences of click that its own modules
print.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import io
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import click
from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po, write_po

from fec.cli import main as command_line
from fec.cli.help import CLICK, msgid
from fec.i18n import LOCALES, SOURCE
from fec.i18n.catalogs import DOMAIN

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "fec"
FOLDER = PACKAGE / "i18n" / "locales"
LANGUAGES = tuple(locale for locale in LOCALES if locale != SOURCE)
#: None of the languages has plurals. No dates: what a file holds depends on its sentences alone.
HEADER = """msgid ""
msgstr ""
"Language: {locale}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)

#: What is called with sentences, and as which of its arguments.
_KEYWORDS = {"_": (0,), "N_": (0,), "Message": (0,), "ngettext": (0, 1), "problem": (1,), "later": (2,)}
_BASE = "FECError"
#: Contracts' errors begin with their names; their sentences are marked where they stand.
_NAMED = "ContractError"
#: What must stand in a translation as in its source: commands, options, variables, and arguments in capitals.
_LITERAL = re.compile(r"`[^`]*`|(?<![\w-])--[a-z][a-z-]*|\b[A-Z][A-Z_]{2,}(?=s?\b)", re.ASCII)

Ids = str | tuple[str, ...]


def main() -> None:
    """Runs the tool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="Write nothing; fail if something is missing or stale.")
    parser.add_argument("--compile", action="store_true", help="Only compile the catalogs.")
    options = parser.parse_args()
    if options.compile:
        return compile_catalogs()
    faults = check() if options.check else update()
    for fault in faults:
        print(fault, file=sys.stderr)  # noqa: T201
    sys.exit(1 if faults else 0)


def update() -> list[str]:
    """Writes catalogs and compiles them; says what is still to be translated."""
    template = extract()
    for locale in LANGUAGES:
        catalog = _read(_po(locale), locale)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        _write(_po(locale), catalog)
    compile_catalogs()
    return check()


def check() -> list[str]:
    """What is wrong with the catalogs; nothing if all is well."""
    wanted = {message.id for message in extract() if message.id}
    faults = []
    for locale in LANGUAGES:
        catalog = _read(_po(locale), locale)
        found = {message.id: message for message in catalog if message.id}
        faults += [f"{locale}: stale: {ids!r}" for ids in found.keys() - wanted]
        faults += [f"{locale}: missing: {ids!r}" for ids in wanted - found.keys()]
        faults += [f"{locale}: {fault}: {ids!r}" for ids in found.keys() & wanted for fault in faults_of(found[ids])]
        with _po(locale).with_suffix(".mo").open("rb") as file:
            compiled = _pairs(read_mo(file))
        if compiled != _pairs(catalog):
            faults.append(f"{locale}: the compiled catalog is stale: run `python -m tools.messages`.")
    return sorted(faults)


def compile_catalogs() -> None:
    """Writes the `.mo` file beside each `.po` file, as the build does."""
    arguments = ["pybabel", "--quiet", "compile", "-d", str(FOLDER), "-D", DOMAIN]
    CommandLineInterface().run(arguments)  # type: ignore[no-untyped-call]


def extract() -> Catalog:
    """All sentences of the package, in order of their files."""
    catalog = _parse(HEADER.format(locale=""), None)
    sources = sorted(PACKAGE.rglob("*.py"))
    keywords = {**_KEYWORDS, **dict.fromkeys(error_names(sources), (0,))}
    for source in sources:
        for ids in _sentences(source.read_text(), keywords):
            catalog.add(ids)
    for text in _helps(command_line, click.Context(command_line)):
        catalog.add(msgid(text))
    for module in CLICK:
        for ids in _sentences(inspect.getsource(module), {"_": (0,), "ngettext": (0, 1)}):
            catalog.add(ids)
    return catalog


def _sentences(source: str, keywords: Mapping[str, tuple[int, ...]]) -> Iterator[Ids]:
    """Sentences that a module calls the keywords with. (Babel's own reader takes pieces of f-strings for sentences.)"""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        places = keywords.get(ast.unparse(call.func).rpartition(".")[2], ())
        found = [call.args[place] for place in places if place < len(call.args)]
        texts = [node.value for node in found if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        if texts and len(texts) == len(places):
            yield texts[0] if len(texts) == 1 else tuple(texts)


def error_names(sources: list[Path]) -> set[str]:
    """Names of the package's errors, whose constructors take a sentence first: all that inherit from the base."""
    trees = (ast.parse(source.read_text()) for source in sources)
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    names = {_BASE}
    classes = [each for each in classes if each.name != _NAMED]
    while more := {each.name for each in classes if names & {ast.unparse(base) for base in each.bases}} - names:
        names |= more
    return names


def _helps(command: click.Command, ctx: click.Context) -> Iterator[str]:
    """Help of a command, its options, and the commands in it."""
    yield inspect.cleandoc(getattr(command, "_help", None) or "")
    for param in command.get_params(ctx):
        yield getattr(param, "help", None) or ""
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            inner = command.get_command(ctx, name)
            if inner is not None:
                yield from _helps(inner, click.Context(inner, parent=ctx))


def faults_of(message: Message) -> list[str]:
    """What is wrong with a translation."""
    sources = _texts(message.id)
    translations = _texts(message.string or "")
    if message.fuzzy:
        return ["fuzzy"]
    if not translations or not all(translations):
        return ["not translated"]
    faults = []
    for translation in translations:
        # Of a plural, the last form is for any number.
        if _places(translation) != _places(sources[-1]):
            faults.append("places for values differ")
        if set(_LITERAL.findall(translation)) != set(_LITERAL.findall(sources[-1])):
            faults.append("what is typed differs")
    return faults


def _texts(ids: Ids | list[str]) -> tuple[str, ...]:
    return (ids,) if isinstance(ids, str) else tuple(ids)


def _places(text: str) -> set[tuple[str, str | None, str | None]]:
    return {place[1:] for place in Formatter().parse(text) if place[1] is not None}  # type: ignore[misc]


def _pairs(catalog: Catalog) -> set[tuple[tuple[str, ...], tuple[str, ...]]]:
    return {(_texts(message.id), _texts(message.string)) for message in catalog if message.id and message.string}


def _po(locale: str) -> Path:
    return FOLDER / locale / "LC_MESSAGES" / f"{DOMAIN}.po"


def _read(path: Path, locale: str) -> Catalog:
    """A catalog; an empty one if there is none yet."""
    return _parse(path.read_text() if path.exists() else HEADER.format(locale=locale), locale)


def _parse(text: str, locale: str | None) -> Catalog:
    catalog = read_po(io.BytesIO(text.encode()), locale=locale, domain=DOMAIN)
    catalog.creation_date = catalog.revision_date = _NO_DATE
    return catalog


def _write(path: Path, catalog: Catalog) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(HEADER.format(locale=catalog.locale or "").encode())
        # Sorted, unwrapped, and without the places of sentences: a changed sentence changes its own lines alone.
        write_po(file, catalog, width=0, no_location=True, omit_header=True, sort_output=True)


if __name__ == "__main__":
    main()
