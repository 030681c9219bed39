"""The 32 bytes that ids, references and reasons have on the chain, and the text that people read."""

from __future__ import annotations

from fec.i18n.errors import InvalidArgument

LENGTH = 32


def to_bytes32(text: str) -> bytes:
    """Text as 32 bytes, padded with zeros; 0x and 64 hex digits as the bytes they stand for.

    Raises InvalidArgument if it does not fit, or could not be read back.
    """
    if text.startswith("0x") and len(text) == 2 + 2 * LENGTH:
        return from_hex(text)
    try:
        word = text.encode()
    except UnicodeEncodeError as error:
        raise InvalidArgument(
            "{text!r} is not UTF-8 text. Give text in UTF-8, or 0x and 64 hex digits.", text=text
        ) from error
    if len(word) > LENGTH or "\0" in text:
        raise InvalidArgument("{text!r} does not fit 32 bytes. Shorten it, or give 0x and 64 hex digits.", text=text)
    return word.ljust(LENGTH, b"\0")


def from_hex(text: str) -> bytes:
    """Bytes from hex, with 0x or without. Raises InvalidArgument if it is none."""
    digits = text.removeprefix("0x")
    try:
        found = bytes.fromhex(digits)
    except ValueError:
        found = b""
    if 2 * len(found) != len(digits):
        # Spaces would be passed over.
        raise InvalidArgument("{text!r} is not hex. Give 0x and 64 hex digits.", text=text)
    return found


def from_bytes32(word: bytes) -> str:
    """What `to_bytes32` packed: text if it is text, or hex."""
    try:
        text = word.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        return "0x" + word.hex()
    return text if "\0" not in text and text.isprintable() else "0x" + word.hex()
