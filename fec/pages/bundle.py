"""The web pages that the package ships, and their configuration for a chain.

`make web` builds them from `web/` into `fec/pages/web`. All files are held in memory: they are few and small.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import mimetypes
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib import resources
from urllib.parse import urlsplit

from fec.chain.deployments import Deployment
from fec.core.durations import YEAR
from fec.i18n.errors import InvalidArgument
from fec.pages.errors import ChainUnread, PagesMissing

#: Of the pages' address: each is a file `NAME.html`, and is found without the ending too.
NAMES = ("index", "pay", "claim", "wallet", "merchant", "transparency")
#: The contracts that pages call.
CALLED = ("FEC", "ADN", "Checkout", "Custodian", "Relay")
#: Those whose addresses the pages need besides: a vault's address and a passkey's signer follow from them.
_NAMED = ("MemberVault", "PasskeyVerifier")
#: Name of the pages' configuration file.
CONFIGURATION = "/config.json"
#: Kinds of files that are beside the pages.
_ROOT_FILES = (".html", ".svg", ".js", ".webmanifest")
_HASHED = f"public, max-age={YEAR}, immutable"
_CHECKED = "no-cache"
_KINDS = {"js": "text/javascript", "webmanifest": "application/manifest+json"}
_COMPRESSED = ("text/html", "text/css", "text/javascript", "application/json", "image/svg+xml")
#: WalletConnect's own relay.
RELAY = "wss://relay.walletconnect.org"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class WalletConnect:
    """How the pages reach wallet apps elsewhere: as a project of WalletConnect's, through a relay."""

    project_id: str
    relay: str = RELAY

    def __post_init__(self) -> None:
        """Raises InvalidArgument if the relay is not an address of WebSockets."""
        parts = urlsplit(self.relay)
        if parts.scheme not in ("ws", "wss") or not re.fullmatch(r"[\w.:\[\]-]+", parts.netloc, re.ASCII):
            raise InvalidArgument(
                "{relay!r} is not the address of a relay. Write it like {usual}.", relay=self.relay, usual=RELAY
            )


@dataclass(frozen=True)
class PageAnswer:
    """What a browser gets."""

    status: HTTPStatus
    headers: Mapping[str, str]
    body: bytes


def config(
    deployment: Deployment,
    *,
    rpc: str | None,
    service: str | None = None,
    names: Mapping[int, str] | None = None,
    walletconnect: WalletConnect | None = None,
    passkey_gas: int | None = None,
) -> dict[str, object]:
    """What the pages read as `config.json`.

    `rpc` is the JSON-RPC address that browsers read the chain at; without one they read it through the reader's wallet.
    `service` is the service's address, "" for where the pages came from, None for none; `names` are merchants'
    names by program. `passkey_gas` is what the chain takes to check a passkey's signature (`fec.chain.passkeys`); None
    if it was not asked. `walletconnect` offers wallets elsewhere, and needs `rpc`: raises ChainUnread without.
    """
    if walletconnect and rpc is None:
        raise ChainUnread("WalletConnect cannot read the chain. Name an RPC address for browsers with --pages-rpc.")
    contracts = deployment["contracts"]
    elsewhere = walletconnect and {"projectId": walletconnect.project_id, "relay": walletconnect.relay}
    return {
        "chainId": deployment["chainId"],
        "rpc": rpc,
        "service": service,
        "firstBlock": min(record["blockNumber"] for record in contracts.values()),
        "contracts": {name: contracts[name]["address"] for name in (*CALLED, *_NAMED)},
        "passkeyGas": passkey_gas,
        "names": {str(program): name for program, name in sorted((names or {}).items()) if name},
        **({"walletConnect": elsewhere} if elsewhere else {}),
    }


def public_rpc(rpc: str) -> str | None:
    """An RPC address that is safe to publish: one on this machine. Others may contain an API key."""
    return rpc if urlsplit(rpc).hostname in _LOOPBACK else None


def policy(reached: Iterable[str | None], relay: str | None = None) -> str:
    """The content-security policy: nothing but the pages' own files, and requests to the addresses named."""
    origins = ["'self'", *_origins(reached)]
    directives = {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        # Wallets announce themselves with a picture in the announcement.
        "img-src": " ".join([*origins, "data:"]),
        "connect-src": " ".join([*origins, *_origins([relay])]),
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _origins(addresses: Iterable[str | None]) -> list[str]:
    parts = [urlsplit(address or "") for address in addresses]
    return list(dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts if part.netloc))


class Pages:
    """The built pages with one configuration, by path."""

    def __init__(self, configuration: Mapping[str, object]) -> None:
        """Takes what `config` gives. Raises PagesMissing if the pages were not built."""
        folder = resources.files("fec.pages") / "web"
        if not (folder / "index.html").is_file():
            raise PagesMissing("The web pages are not built. Run `make web`, or start without the pages.")
        reached = (configuration.get("rpc"), configuration.get("service"))
        elsewhere = configuration.get("walletConnect")
        relay = elsewhere["relay"] if isinstance(elsewhere, dict) else None
        self._policy = policy((address for address in reached if isinstance(address, str)), relay)
        self._files: dict[str, tuple[bytes, str]] = {}
        self._gzipped: dict[str, bytes] = {}
        for file in folder.iterdir():
            if file.name.endswith(_ROOT_FILES):
                self._add(f"/{file.name}", file.read_bytes())
        for file in (folder / "assets").iterdir():
            self._add(f"/assets/{file.name}", file.read_bytes())
        for name in NAMES:
            self._files["/" if name == "index" else f"/{name}"] = self._files[f"/{name}.html"]
        self.configure(configuration)

    def configure(self, configuration: Mapping[str, object]) -> None:
        """Tells the pages something else from now on; where they may send requests to stays as it was."""
        self._add(CONFIGURATION, json.dumps(configuration).encode())

    @property
    def paths(self) -> list[str]:
        """Every path there is something at."""
        return sorted(self._files)

    def get(self, path: str, *, known: str | None = None, accepted: str = "") -> PageAnswer | None:
        """What is at a path, or None. `known` is the request's If-None-Match, `accepted` its Accept-Encoding."""
        found = self._files.get(path)
        if found is None:
            return None
        body, kind = found
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {
            "Content-Type": kind if kind.startswith("image/") else f"{kind}; charset=utf-8",
            "Cache-Control": _HASHED if path.startswith("/assets/") else _CHECKED,
            "ETag": tag,
            "Vary": "Accept-Encoding",
            "Content-Security-Policy": self._policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        }
        if known is not None and tag in known:
            return PageAnswer(HTTPStatus.NOT_MODIFIED, headers, b"")
        if kind in _COMPRESSED and "gzip" in accepted:
            return PageAnswer(HTTPStatus.OK, {**headers, "Content-Encoding": "gzip"}, self._compressed(path, body))
        return PageAnswer(HTTPStatus.OK, headers, body)

    def _add(self, path: str, body: bytes) -> None:
        self._gzipped.pop(path, None)
        kind = _KINDS.get(path.rpartition(".")[2]) or mimetypes.guess_type(path)[0]
        self._files[path] = (body, kind or "application/octet-stream")

    def _compressed(self, path: str, body: bytes) -> bytes:
        if path not in self._gzipped:
            self._gzipped[path] = gzip.compress(body, mtime=0)
        return self._gzipped[path]
