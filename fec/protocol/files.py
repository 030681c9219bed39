"""Reads and writes JSON files, and describes what is wrong with one in a sentence."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fec.i18n import Message
from fec.i18n.errors import FECError, InvalidArgument

Record = dict[str, Any]
#: What makers of records raise on a record of another form.
RECORD_ERRORS = (FECError, ValueError, TypeError, KeyError, AttributeError)


def read_record(path: Path) -> Record:
    """The JSON object in a file. Raises InvalidArgument that says what the file is instead."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InvalidArgument("it is not JSON: {reason}", reason=error) from error
    except (ValueError, RecursionError) as error:  # other bytes than text, numbers or nesting without end
        raise InvalidArgument("it is not JSON in UTF-8") from error
    if not isinstance(document, dict):
        raise InvalidArgument("it does not contain a JSON object")
    return document


def reason_of(error: Exception) -> FECError | Message:
    """The reason why a record cannot be read, by the error that its maker raised: one of `RECORD_ERRORS`."""
    if isinstance(error, FECError):
        return error
    if isinstance(error, KeyError):
        return Message("it has no {name!r}", name=error.args[0])
    return Message("it has a value of the wrong type")


def write_new(text: str, path: Path) -> None:
    """Writes a file that is not there yet, whole or not at all. Raises FileExistsError."""
    write_new_parts([text], path)


def write_new_parts(parts: Iterable[str], path: Path) -> None:
    """The same of a text that is too long to be held at once."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("x", encoding="utf-8") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
