"""Test wallets: the same for the same seed and name, on every machine. Anybody who knows the seed has their keys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from coincurve import PrivateKey
from eth_hash.auto import keccak

from fec.chain.anvil import MNEMONIC

_WALLETS_KEPT = 1 << 20


@dataclass(frozen=True, slots=True)
class Wallet:
    """An account of a test."""

    key: bytes
    address: bytes


class Wallets:
    """Wallets of shoppers, stores and the relayer. A key is keccak256 of `seed/role/name`, in UTF-8.

    One hash and one multiplication on the curve each; deriving them from a mnemonic's tree would cost a hundred times
    as much and hide that these keys are nobody's.
    """

    def __init__(self, seed: str = MNEMONIC) -> None:
        """Takes any text; Anvil's own mnemonic if none is given."""
        self._seed = seed
        self._of = lru_cache(_WALLETS_KEPT)(self._derive)

    def shopper(self, name: str) -> Wallet:
        """Who pays, by signatures, and gets the node."""
        return self._of("shopper", name)

    def store(self, name: str) -> Wallet:
        """Operates the store's program, signs its invoices, takes goods back, and receives the merchant's part."""
        return self._of("store", name)

    def merchant(self) -> Wallet:
        """Operates the one program of all stores, where their sales are settled together, and burns for them."""
        return self._of("merchant", "")

    def relayer(self) -> Wallet:
        """Sends payments, and captures orders once their return window is over."""
        return self._of("relayer", "")

    def _derive(self, role: str, name: str) -> Wallet:
        key = keccak(f"{self._seed}/{role}/{name}".encode())
        public = PrivateKey(key).public_key.format(compressed=False)
        return Wallet(key, keccak(public[1:])[-20:])
