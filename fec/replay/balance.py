"""What has to hold of a chain's figures once a history is on it."""

from __future__ import annotations

from fec.client.client import Client
from fec.core.curve import FACE_MULTIPLE
from fec.protocol.types import Figures
from fec.replay.errors import ReplayFailed


def balanced(client: Client) -> Figures:
    """The chain's figures. Raises ReplayFailed unless supply + outstanding = genesis + 9 · burned."""
    figures = client.figures()
    if figures.supply + figures.outstanding != figures.genesis_supply + (FACE_MULTIPLE - 1) * figures.burned:
        raise ReplayFailed(
            "The books do not balance: supply + outstanding is not genesis + 9 · burned. Start a new "
            "chain with `fec dev`, and replay the file there."
        )
    return figures
