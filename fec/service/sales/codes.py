"""Claim codes: 128 bits on a receipt. They follow from the service's secret; the database has their hashes alone."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32decode, b32encode
from urllib.parse import urlencode

from eth_hash.auto import keccak

from fec.service.context import Service

_BYTES = 16


def code_of(secret: bytes, sale_id: str) -> str:
    """The code of a sale: 26 letters and digits in lower case."""
    mac = hmac.digest(secret, b"sale code " + sale_id.encode(), hashlib.sha256)
    return b32encode(mac[:_BYTES]).decode().rstrip("=").lower()


def hash_of(code: str) -> str:
    """What is kept of a code, and what its owner signs, as hex: keccak256 of its 16 bytes."""
    return "0x" + keccak(b32decode(code.upper() + "======")).hex()


def claim_link(service: Service, sale_id: str, program_id: int) -> str:
    """The address of the page that uses a code. Browsers keep what is behind the # to themselves."""
    carried = {
        "code": code_of(service.settings.secret, sale_id),
        "program": program_id,
        "chain": service.settings.deployment["chainId"],
    }
    return f"{service.settings.public_url}/claim#{urlencode(carried)}"
