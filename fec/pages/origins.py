"""Where pages and the service are, written as browsers write it: https://shop.example, http://[::1]:8080."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from yarl import URL

from fec.pages.errors import OriginInvalid


def parse_origin(text: str) -> str:
    """Reads an origin: lower case, names in ASCII (IDNA), no port that goes without saying, brackets around IPv6.

    Raises OriginInvalid for anything else, a path among it: a page is trusted by its host alone.
    """
    try:
        url = URL(text.strip())
        host = url.raw_host
        plain = url.scheme in ("http", "https") and host and url.raw_user is None and url.raw_password is None
        bare = url.raw_path in ("", "/") and not url.raw_query_string and not url.raw_fragment
        if plain and bare and host and _is_host(host):
            return str(url.origin())
    except ValueError as error:
        raise _invalid(text) from error
    raise _invalid(text)


def host_of(origin: str) -> str:
    """Host and port of an origin, as people see them when they sign in, and as pages have it in `location.host`."""
    return origin.partition("://")[2]


def origin_of(host: str, port: int) -> str | None:
    """The origin at which a server that listens at a host is reached; None if it listens at all of a machine's."""
    try:
        address = ip_address(host)
    except ValueError:
        return parse_origin(f"http://{host}:{port}")
    if address.is_unspecified:
        return None
    return parse_origin(f"http://[{host}]:{port}" if isinstance(address, IPv6Address) else f"http://{host}:{port}")


def _is_host(host: str) -> bool:
    if ":" in host:
        return "%" not in host
    return not set(host) & set(" %<>^|\\")


def _invalid(text: str) -> OriginInvalid:
    return OriginInvalid(
        "{text!r} is not a web origin. Write scheme, host and optionally a port, without a path, such as "
        "https://shop.example.",
        text=text,
    )
