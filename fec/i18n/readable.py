"""What others wrote, before it reaches a reader: nothing in it rewrites a terminal or turns letters around.

A terminal obeys some characters instead of showing them: it moves, clears lines and overwrites what stands there.
Others turn the order of letters around, or take no room.
"""

from __future__ import annotations

import re

#: Control characters but for the end of a line and the tab; surrogates; what joins, reorders or hides letters.
_OBEYED = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_ENDS = re.compile("[\t\n]+")


def readable(text: str) -> str:
    """A text without what a terminal obeys. Its lines stay."""
    return _OBEYED.sub("", text)


def one_line(text: str) -> str:
    """The same in one line: what others wrote cannot look like a line of ours."""
    return _ENDS.sub(" ", readable(text))
