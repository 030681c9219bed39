"""Help and usage errors in the language spoken: what click prints by itself, and what commands say of themselves."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence

import click
from click import core, exceptions, formatting, parser, termui, types
from rich.cells import cell_len

from fec.i18n import _
from fec.i18n.catalogs import catalog, current

#: The modules whose sentences are translated with the package's own; `tools.messages` reads them too.
CLICK = (core, exceptions, formatting, parser, termui, types)

# Chinese is broken between any two characters, but not before what closes nor after what opens.
_OPENING, _CLOSING = r"（「『“《(\[", "，。；：、！？）」』”》…"
_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_UNIT = re.compile(rf"\s+|[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}{_OPENING}]+)[{_CLOSING}]*")
_SENTENCE = re.compile(r".*?(?:\.(?=\s|$)|。)|.+", re.DOTALL)


def _gettext(sentence: str) -> str:
    return catalog(current()).gettext(sentence)


def _ngettext(one: str, many: str, count: int) -> str:
    return catalog(current()).ngettext(one, many, count)


# click takes gettext's functions, which know one language a process, and look for a catalog that click does not have.
for _module in CLICK:
    vars(_module).update(_=_gettext, ngettext=_ngettext)


def msgid(text: str | None) -> str:
    """A help text as the catalogs have it: however its source is wrapped, paragraphs are one line each."""
    paragraphs = re.split(r"\n\s*\n", (text or "").strip())
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def localised(param: click.Parameter) -> click.Parameter:
    """An option that tells of itself in the language spoken."""
    if not isinstance(param, click.Option):
        return param
    spoken = copy.copy(param)
    spoken.help = _(msgid(param.help))
    return spoken


def wrap(text: str, width: int) -> list[str]:
    """A paragraph in lines of at most so many cells, of which Chinese characters take two."""
    if cell_len(text) == len(text):
        return click.wrap_text(text, width).splitlines()
    lines = [""]
    for unit in _UNIT.findall(text):
        if cell_len(lines[-1]) + cell_len(unit) <= width:
            lines[-1] += unit
        elif unit.strip():
            lines.append(unit)
    return [line.rstrip() for line in lines]


class Formatter(click.HelpFormatter):
    """Lays help out by the cells that characters take, rather than by their number."""

    def write_heading(self, heading: str) -> None:
        """Writes the heading of a section."""
        self.write(" " * self.current_indent + _("{heading}:", heading=heading) + "\n")

    def write_text(self, text: str) -> None:
        """Writes paragraphs."""
        indent = " " * self.current_indent
        paragraphs = [wrap(paragraph, self.width - self.current_indent) for paragraph in msgid(text).split("\n\n")]
        self.write("\n\n".join("\n".join(indent + line for line in lines) for lines in paragraphs) + "\n")

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Writes terms, each with what it means."""
        column = min(max(cell_len(term) for term, _meaning in rows), col_max) + col_spacing
        indent = " " * self.current_indent
        for term, meaning in rows:
            lines = wrap(meaning, max(self.width - column - 2, 10)) or [""]
            gap = column - cell_len(term)
            first = f"{indent}{term}{' ' * gap}{lines[0]}" if gap >= col_spacing else f"{indent}{term}"
            rest = lines[1:] if gap >= col_spacing else lines
            self.write("\n".join([first.rstrip(), *(f"{indent}{' ' * column}{line}" for line in rest)]) + "\n")


class HelpContext(click.Context):
    """A run of a command, whose help is laid out so."""

    formatter_class = Formatter


class Localised(click.Command):
    """A command that tells of itself in the language spoken."""

    context_class = HelpContext

    @property
    def help(self) -> str | None:
        """What it does."""
        return _(self._help)

    @help.setter  # noqa: A003 (click's name)
    def help(self, text: str | None) -> None:
        self._help = msgid(text)

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 (click's signature; it is wrapped instead)
        """The first sentence of what it does."""
        found = _SENTENCE.match(self.help or "")
        return found[0] if found else ""

    def write_options(
        self, title: str, params: Sequence[click.Parameter], ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Lists options under a title, if there are any."""
        records = [record for param in params if (record := localised(param).get_help_record(ctx))]
        if records:
            with formatter.section(title):
                formatter.write_dl(records)
