"""What wallets sign (EIP-712), for JSON, whose readers take no large numbers."""

from __future__ import annotations

from typing import Any

from fec.protocol.signing import TypedMessage


def document(message: TypedMessage) -> dict[str, Any]:
    """A message's document, with the numbers of the message as text, which wallets take as well."""
    return {**message.document, "message": _plain(message.document["message"])}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, int) else value
