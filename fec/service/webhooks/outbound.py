"""One POST to an address that somebody else chose: where it may go, how long it may take, and the result.

The name is resolved once, every address that it has is checked, and the connection is made to one of those, so that no
second answer of a name server leads elsewhere. Redirects are not followed, proxies not asked, and what the other side
answers is read up to its headers, which the library bounds; its body is not read.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from fec.service.errors import AddressRefused
from fec.service.settings import WebhookPolicy

#: Of seconds that a receiver asks to be left alone; a longer number is no pause.
_PAUSE_DIGITS = 7
_PORTS = {"https": 443, "http": 80}
#: Addresses that lead on to IPv4 ones through translators, wherever those may be (RFC 6052, RFC 8215).
_TRANSLATED = tuple(map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48")))


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt."""

    status: int | None
    """What was answered, if anything was."""
    error: str | None
    """Why it is no delivery, in a word; None if it is one."""
    duration_ms: int
    retry_after: int = 0
    """Seconds that the endpoint asks to be left alone."""


def check_url(url: str, policy: WebhookPolicy) -> SplitResult:
    """Takes an address apart. Raises AddressRefused unless it is https, or of a trusted host."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise AddressRefused("it cannot be read") from error
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("it has no host, or a password or a fragment")
    if host in policy.trusted_hosts and parts.scheme in _PORTS:
        return parts
    if parts.scheme != "https":
        raise AddressRefused("it is not https")
    # Most hosts are names, which are looked up when something is sent.
    if (address := _read(host)) is not None:
        _check_address(address)
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        raise AddressRefused("its host is not public")
    return parts


def post(url: str, headers: Mapping[str, str], body: bytes, policy: WebhookPolicy) -> Outcome:
    """Sends a body once; never raises for what the other side does, or does not."""
    began = time.monotonic()
    status, retry_after, error = None, 0, None
    try:
        parts = check_url(url, policy)
        address = _resolved(parts, policy)
        if time.monotonic() - began > policy.timeout:
            error = "timeout"
        else:
            status, retry_after = _answer(_Pinned(parts, address, policy.timeout), parts, headers, body)
            error = None if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES else f"answered-{status}"
    except AddressRefused:
        error = "address-refused"
    except _Failed as failed:
        error = failed.reason
    return Outcome(status, error, int((time.monotonic() - began) * 1000), retry_after)


class _Failed(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _answer(connection: _Pinned, parts: SplitResult, headers: Mapping[str, str], body: bytes) -> tuple[int, int]:
    """Status, and seconds that the endpoint asks to be left alone. Raises _Failed."""
    # A timeout of the socket is for each read: somebody who sends a byte now and then would hold it for ever.
    watchdog = threading.Timer(connection.timeout or 0, connection.abort)
    watchdog.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, dict(headers))
        answer = connection.getresponse()
    except (OSError, HTTPException, ValueError) as error:
        if connection.aborted or isinstance(error, TimeoutError):
            raise _Failed("timeout") from error
        raise _Failed("tls-failed" if isinstance(error, ssl.SSLError) else "connection-failed") from error
    finally:
        watchdog.cancel()
        connection.close()
    if connection.aborted:  # the library takes what was cut off for all there is
        raise _Failed("timeout")
    retry_after = answer.headers.get("Retry-After", "")
    whole = retry_after.isascii() and retry_after.isdigit() and len(retry_after) <= _PAUSE_DIGITS
    return answer.status, int(retry_after) if whole else 0


class _Pinned(HTTPConnection):
    """Connects to an address that was checked, whatever the name leads to by now."""

    def __init__(self, parts: SplitResult, address: str, timeout: int) -> None:
        super().__init__(parts.hostname or "", parts.port or _PORTS[parts.scheme], timeout=timeout)
        self._address = address
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        # So that the header Host names no port that goes without saying.
        self.default_port = _PORTS[parts.scheme]
        self.aborted = False

    def connect(self) -> None:
        """Connects, and shakes hands in reach of `abort`."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._tls is not None:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock.do_handshake()

    def abort(self) -> None:
        """Ends whatever is going on; for another thread."""
        self.aborted = True
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def _resolved(parts: SplitResult, policy: WebhookPolicy) -> str:
    """An address of the host. Raises _Failed; AddressRefused if one of them is not public and the host not trusted."""
    host = parts.hostname or ""
    try:
        found = socket.getaddrinfo(host, parts.port or _PORTS[parts.scheme], type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _Failed("name-not-found") from error
    addresses = [str(entry[4][0]) for entry in found]
    if host not in policy.trusted_hosts:
        for address in map(_read, addresses):
            if address is None:
                raise AddressRefused("its address is not public")
            _check_address(address)
    return addresses[0]


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """An address, or None for a name."""
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _check_address(address: IPv4Address | IPv6Address) -> None:
    """Raises AddressRefused for an address that is not public."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            _check_address(address.ipv4_mapped)
            return
        if address.sixtofour or address.teredo or any(address in network for network in _TRANSLATED):
            raise AddressRefused("its address is not public")
    # Site-local addresses (fec0::/10) are deprecated, still routed inside some networks, and global by the library.
    local = isinstance(address, IPv6Address) and address.is_site_local
    if local or not address.is_global or address.is_multicast or address.is_reserved:
        raise AddressRefused("its address is not public")
