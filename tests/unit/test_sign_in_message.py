"""EIP-4361 messages: those of the library are read, all else is refused, and none takes longer than its length says."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from siwe import SiweMessage

from fec.protocol.sign_in_message import SignInMessage, read

ADDRESS = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
FIELDS = {
    "domain": "shop.example:8443",
    "address": ADDRESS,
    "uri": "https://shop.example/merchant",
    "version": "1",
    "chain_id": 31337,
    "nonce": "0123456789abcdef",
    "issued_at": "2026-01-01T00:00:00Z",
}
PLAIN = SignInMessage("shop.example:8443", ADDRESS, 31337, "0123456789abcdef", None, None)


#: In one measurement: a single one is a few microseconds.
_READS = 20


def made(**changes: Any) -> str:
    return str(SiweMessage(**{**FIELDS, **changes}).prepare_message())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"statement": "Sign in as the operator."},
        {"scheme": "https"},
        {"request_id": "7"},
        {"resources": ["https://shop.example/terms", "ipfs://a"]},
        {"issued_at": "2026-01-01T00:00:00.123456+08:00"},
    ],
)
def test_read__message_of_the_library__is_read(changes: dict[str, Any]) -> None:
    assert read(made(**changes)) == PLAIN


def test_read__times__are_in_utc() -> None:
    text = made(expiration_time="2026-02-01T08:00:00+08:00", not_before="2026-01-01T00:00:00.5Z")
    found = read(text)
    assert found.ends == datetime(2026, 2, 1, tzinfo=UTC)
    assert found.begins == datetime(2026, 1, 1, microsecond=500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:0],
        lambda text: text + "\n",
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace(ADDRESS, ADDRESS.swapcase().replace("0X", "0x")),
        lambda text: text.replace(ADDRESS, "0x00"),
        lambda text: text.replace("Version: 1", "Version: 2"),
        lambda text: text.replace("Chain ID: 31337", "Chain ID: one"),
        lambda text: text.replace("Chain ID: 31337", "Chain ID: ３１３３７"),
        lambda text: text.replace("0123456789abcdef", "short"),
        lambda text: text.replace("2026-01-01T00:00:00Z", "yesterday"),
        lambda text: text + "\nExpiration Time: 2026-02-30T00:00:00Z",
        lambda text: text.replace("shop.example:8443", "evil.example/shop.example"),
        lambda text: text.replace("shop.example:8443", "shop.example@evil.example"),
        lambda text: text.replace("Nonce: ", "Nonce: x\nNonce: "),
        lambda text: "Hello.\n" + text,
    ],
)
def test_read__anything_else__is_refused(spoil: Callable[[str], str]) -> None:
    with pytest.raises(ValueError, match=r"EIP-4361|checksum|day is out of range"):
        read(spoil(made()))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 4_000,
        "a." * 2_000,
        "shop.example:" * 300,
        made(statement="a" * 3_500),
        made() + "\nResources:" + "\n- https://x.example" * 150,
        made() + "\nResources:" + "\n- https://x.example" * 150 + "\n",
        made().replace("https://shop.example/merchant", "https://" + "a:" * 1_800),
        made().replace("https://shop.example/merchant", "http://" + "[" * 3_600),
    ],
    ids=range(8),
)
def test_read__longest_text_that_anybody_may_send__takes_no_longer_than_its_length_says(text: str) -> None:
    def cost(of: str) -> float:
        took = []
        for _ in range(20):
            began = time.process_time()
            for _ in range(_READS):
                with suppress(ValueError):
                    read(of)
            took.append(time.process_time() - began)
        return min(took)

    # Twenty times as long as a plain message, and read at most as much slower; refusals have a sentence to make.
    assert cost(text) <= 40 * max(cost(made()), cost(made() + "\n"))
