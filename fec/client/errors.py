"""What the client refuses by itself, in words for people."""

from __future__ import annotations

from fec.i18n.errors import FECError


class CustomerRefusesNodes(FECError, ValueError):
    """The customer is a contract that does not accept ERC-721 tokens."""


class OwnerRefused(FECError, ValueError):
    """A settled node was to belong to an account that could never use it."""


class LogsMissing(FECError, LookupError):
    """The RPC endpoint has pruned the logs that settled nodes are read from."""
