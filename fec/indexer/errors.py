"""What goes wrong while a chain is read or an index is kept."""

from __future__ import annotations

from fec.i18n import N_
from fec.i18n.errors import FECError


class Reorganised(FECError, RuntimeError):
    """The chain is not the one that was indexed so far: it has another branch now."""


class IndexInconsistent(FECError, RuntimeError):
    """An event does not fit what came before it: the database was changed by other hands, or lacks something."""


class IndexMissing(FECError, LookupError):
    """The database has no index yet, or does not reach as far."""


class SettlementMissing(FECError, LookupError):
    """The index has no such settlement."""

    def __init__(self, settlement_id: int) -> None:
        """Takes the id that was asked for."""
        super().__init__(
            N_(
                "The index has no settlement {settlement_id}. Check the id. If it was made just now, run "
                "`fec index run`."
            ),
            settlement_id=str(settlement_id),
        )
        self.settlement_id = settlement_id


class LogsPruned(FECError, LookupError):
    """The endpoint does not have old logs any more, and says that there are none."""

    def __init__(self, block: int) -> None:
        """Takes a block of which it is known that it has logs."""
        super().__init__(
            N_(
                "The RPC endpoint gives no logs of block {block}, in which these contracts have some. It has deleted "
                "old logs, or is on another chain. Nothing was changed. Use an endpoint that keeps all logs (an "
                "archive node)."
            ),
            block=block,
        )
        self.block = block


class IndexIncomplete(FECError, RuntimeError):
    """The index is known to lack events."""

    def __init__(self, block: int) -> None:
        """Takes the block at which that was found out."""
        super().__init__(
            N_(
                "The index lacks events: at block {block} its sums are not the chain's. Make it again through an "
                "endpoint that keeps all logs (an archive node): `fec index rollback 0`, then `fec index run`."
            ),
            block=block,
        )
        self.block = block
