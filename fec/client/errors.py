"""What the client refuses by itself, in words for people."""

from __future__ import annotations

from fec.i18n.errors import FECError


class CustomerRefusesNodes(FECError, ValueError):
    """The customer is a contract that does not accept ERC-721 tokens."""
