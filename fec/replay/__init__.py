"""Puts a purchase history on a development chain, with real orders: every order signed by merchant and shopper.

    history = read(Path("history.csv"), Columns(shopper="who", time="when", amount="paid"), rate=100 * WEI_PER_FEC)
    report = Replay(client, owner_key, ReplaySettings()).run(history)

What is on the chain decides what is left to do, so that a run can be stopped at any instant and started again.
It needs Anvil: the chain's clock follows the history, and the test wallets' gas coin comes from nowhere.
"""

from __future__ import annotations

from fec.replay.daily import DailyReplay
from fec.replay.errors import BadRows, ReplayFailed, ReplayRefused
from fec.replay.history import Columns, History, Row, read
from fec.replay.preparation import StoreTerms
from fec.replay.replay import Replay
from fec.replay.settings import DailyReport, ReplayReport, ReplaySettings
from fec.replay.wallets import Wallets

__all__ = [
    "BadRows",
    "Columns",
    "DailyReplay",
    "DailyReport",
    "History",
    "Replay",
    "ReplayFailed",
    "ReplayRefused",
    "ReplayReport",
    "ReplaySettings",
    "Row",
    "StoreTerms",
    "Wallets",
    "read",
]
