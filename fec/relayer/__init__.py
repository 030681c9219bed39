"""A hot key that sends for many: each request once, whatever crashes, gets stuck or is reorganised away.

    relayer = Relayer(engine, web3, LocalSigner(account))
    client = Client(web3, deployment, relayer.sending("refund 0x…"))
    client.orders.refund(order_key)

What is signed is in the database before it is sent, so that a restart sends the same bytes again and never others.
Several processes may share one database and one key.
"""

from fec.relayer.budget import Budget
from fec.relayer.errors import BudgetSpent, FeesTooHigh, GasTooHigh, RequestConflict
from fec.relayer.fees import FeePolicy
from fec.relayer.keys import LocalSigner, TransactionSigner
from fec.relayer.models import RelayState
from fec.relayer.relayer import RelayedSender, Relayer
from fec.relayer.together import Together

__all__ = [
    "Budget",
    "BudgetSpent",
    "FeePolicy",
    "FeesTooHigh",
    "GasTooHigh",
    "LocalSigner",
    "RelayState",
    "RelayedSender",
    "Relayer",
    "RequestConflict",
    "Together",
    "TransactionSigner",
]
