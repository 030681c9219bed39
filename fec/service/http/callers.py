"""Who calls, as far as an address tells: known to whatever is done for a request, in whichever thread."""

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

#: The caller of the request that is served now; empty for what the service does by itself.
current_caller: ContextVar[str] = ContextVar("current_caller", default="")
#: Bits of an IPv6 address that one household or one server has for itself, to change as it likes.
_IPV6_BITS = 64


@lru_cache(4096)
def counted_address(text: str) -> str:
    """The address under which a caller is counted: of IPv6 its network, of IPv4 in IPv6 the IPv4 address."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    network = int(address) >> (128 - _IPV6_BITS) << (128 - _IPV6_BITS)
    return f"{IPv6Address(network)}/{_IPV6_BITS}"
