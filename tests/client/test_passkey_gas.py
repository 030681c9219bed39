"""What a passkey's check costs is asked of the chain: with a known signature, at the precompile's address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fec.chain.anvil import Anvil
from fec.chain.passkeys import GAS_WITH_PRECOMPILE, GAS_WITHOUT, has_p256, passkey_gas

PRECOMPILE = "0x" + "100".rjust(40, "0")
#: Runtime code that answers a word of two, no word, and one word too many.
OTHERS = ("60025f5260205ff3", "5f5ff3", "60015f5260405ff3", "fe")


@pytest.fixture(scope="module")
def osaka() -> Iterator[Anvil]:
    with Anvil(hardfork="osaka") as chain:
        yield chain


def test_passkey_gas__with_the_precompile__is_little(osaka: Anvil) -> None:
    assert has_p256(osaka.web3)
    assert passkey_gas(osaka.web3) == GAS_WITH_PRECOMPILE


def test_passkey_gas__without__is_much(chain: Anvil) -> None:
    assert not has_p256(chain.web3)
    assert passkey_gas(chain.web3) == GAS_WITHOUT


@pytest.mark.parametrize("code", OTHERS)
def test_has_p256__something_else_at_its_address__is_none(chain: Anvil, code: str) -> None:
    chain.request("anvil_setCode", PRECOMPILE, "0x" + code)
    assert not has_p256(chain.web3)
