"""What JSON-RPC endpoints refuse, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fec.i18n import N_
from fec.i18n.errors import RPCFailed


class Refused(RPCFailed):
    """The endpoint gave an error in place of a result."""

    def __init__(self, error: Any) -> None:
        """Takes the error: as a rule an object with `code`, `message` and perhaps `data`."""
        self.error: Mapping[str, Any] = error if isinstance(error, dict) else {"message": str(error)}
        self.reason = str(self.error.get("message") or self.error.get("code") or "")
        super().__init__(
            N_("The RPC endpoint refused the request. Try again later, or use another endpoint. ({reason})"),
            reason=self.reason,
        )

    @property
    def code(self) -> int:
        """Its number; 0 if it has none."""
        found = self.error.get("code")
        return found if isinstance(found, int) else 0


class RateLimited(RPCFailed):
    """The endpoint wants fewer requests, and kept wanting fewer; seconds that it asks to be left alone, if it says."""

    def __init__(self, pause: int = 0) -> None:
        """Takes the seconds."""
        super().__init__(
            N_(
                "The RPC endpoint limits the rate of requests and did not answer in time. "
                "Wait a little, or use another."
            ),
        )
        self.pause = pause


def no_latest_block() -> RPCFailed:
    """An endpoint that knows of no block, and cannot say prices, times or nonces."""
    return RPCFailed("The RPC endpoint has no latest block. Try again later, or use another endpoint.")
