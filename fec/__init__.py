"""FEC: loyalty coupons that pay back.

What people use is here, each name loaded when it is first asked for:

    from fec import Client, parse_fec
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fec.chain.anvil import Anvil
    from fec.chain.deploy import deploy
    from fec.client.client import Client
    from fec.core.amounts import WEI_PER_FEC, format_fec
    from fec.core.node_id import NodeId
    from fec.i18n.errors import ContractError, FECError, InvalidAmount, InvalidArgument
    from fec.i18n.parsing import parse_fec
    from fec.protocol.orders import Invoice, Order
    from fec.protocol.terms import Terms, Tier
    from fec.protocol.types import Node, Program

_WHERE = {
    "Anvil": "fec.chain.anvil",
    "Client": "fec.client.client",
    "ContractError": "fec.i18n.errors",
    "FECError": "fec.i18n.errors",
    "InvalidAmount": "fec.i18n.errors",
    "InvalidArgument": "fec.i18n.errors",
    "Invoice": "fec.protocol.orders",
    "Node": "fec.protocol.types",
    "NodeId": "fec.core.node_id",
    "Order": "fec.protocol.orders",
    "Program": "fec.protocol.types",
    "Terms": "fec.protocol.terms",
    "Tier": "fec.protocol.terms",
    "WEI_PER_FEC": "fec.core.amounts",
    "deploy": "fec.chain.deploy",
    "format_fec": "fec.core.amounts",
    "parse_fec": "fec.i18n.parsing",
}

__all__ = [
    "WEI_PER_FEC",
    "Anvil",
    "Client",
    "ContractError",
    "FECError",
    "InvalidAmount",
    "InvalidArgument",
    "Invoice",
    "Node",
    "NodeId",
    "Order",
    "Program",
    "Terms",
    "Tier",
    "deploy",
    "format_fec",
    "parse_fec",
]


def __getattr__(name: str) -> Any:
    """One of the names above, from where it is defined."""
    if name not in _WHERE:
        raise AttributeError(f"module 'fec' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
