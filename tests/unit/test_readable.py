"""What others wrote is harmless where it is shown, and stays what it was where it is harmless."""

import unicodedata

import pytest

from fec.i18n import _
from fec.i18n.errors import InvalidArgument
from fec.i18n.readable import one_line, readable

#: Goes up a line and overwrites it, rings, turns letters around, hides them.
OBEYED = "\x1b[1A\x1b[2K\r\x07\x9b2K\u202e\u2066\u200b\u00ad\ufeff\U000e0041\ud800"


def test_readable__what_a_terminal_obeys__is_gone() -> None:
    assert readable(f"a{OBEYED}b") == "a[1A[2K2Kb"


def test_readable__every_character_of_these_kinds__is_gone() -> None:
    """Categories of Unicode: control, format, surrogate, line and paragraph separators; but for the ends of lines."""
    kinds = ("Cc", "Cs", "Zl", "Zp")
    kept = [
        letter for letter in map(chr, range(0x110000)) if unicodedata.category(letter) in kinds and readable(letter)
    ]
    assert kept == ["\t", "\n"]


@pytest.mark.parametrize(
    "text", ["RM 1.25 ¥", "早安，您好", "é e\u0301", "👍🏽", "a\u00a0b", "[red]x[/red] :warning:", "a\nb\tc"]
)
def test_readable__text_for_people__stays(text: str) -> None:
    assert readable(text) == text


def test_one_line__several_lines__are_one() -> None:
    assert one_line("No.\nError: all is well\t!") == "No. Error: all is well !"


@pytest.mark.parametrize("value", [f"a{OBEYED}\nb", ValueError(f"a{OBEYED}\nb")], ids=["text", "error"])
def test_sentence__value_that_others_wrote__is_one_readable_line(value: object) -> None:
    assert _("The node refuses: {reason}", reason=value) == "The node refuses: a[1A[2K2K b"
    assert str(InvalidArgument("The node refuses: {reason}", reason=value)) == "The node refuses: a[1A[2K2K b"
