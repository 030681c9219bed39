"""What the contracts take, return and refuse, as Python values; what people sign; the shipped ABIs. No chain needed."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from eth_hash.auto import keccak


def _hash_fast() -> None:
    """Has eth-hash, which all libraries here hash by, use the faster of its backends: left alone it takes the other."""
    if find_spec("sha3") is not None:
        backend = import_module("eth_hash.backends.pysha3").backend
        keccak.hasher, keccak.preimage = backend.keccak256, backend.preimage


_hash_fast()
