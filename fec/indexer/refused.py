"""Which of thousands of keys a function refuses, in one `eth_call` instead of thousands.

The call has no recipient, so its data runs as code that makes a contract would. It calls the function once for each
key, and gives back what a contract's code would be: four bytes for each, the selector of the error, or zeros.
"""

from __future__ import annotations

from collections.abc import Sequence

#: Keys of one call: what runs may have 49,152 bytes (EIP-3860), and what it gives 24,576 (EIP-170).
KEYS = 1_000
_WORD = 32
_SELECTOR = 4
_OUT = 0x80
#: Opcodes: https://www.evm.codes
_ADD, _EQ, _SHL = b"\x01", b"\x14", b"\x1b"
_CODECOPY, _RETURNDATACOPY, _GAS, _CALL, _RETURN = b"\x39", b"\x3e", b"\x5a", b"\xf1", b"\xf3"
_JUMP, _JUMPI, _JUMPDEST = b"\x56", b"\x57", b"\x5b"
_DUP1, _DUP2, _DUP3 = b"\x80", b"\x81", b"\x82"


def code(to: str, before: bytes, keys: Sequence[int]) -> bytes:
    """What to call with: calls `to` with `before` and a key, once for each of at most `KEYS`. `before` is short."""
    loop, after, end, size = 0, 0, 0, 0
    while True:
        # Lengths do not depend on places, so that the second pass has them right.
        start = _push(len(before)) + _push2(size) + _push(0) + _CODECOPY + _push(0)
        copied = (
            _push(_WORD) + _DUP2 + _push(5) + _SHL + _push2(size + len(before)) + _ADD + _push(len(before)) + _CODECOPY
        )
        nothing = _push(0) + _push(0)
        called = nothing + _push(len(before) + _WORD) + nothing + b"\x73" + bytes.fromhex(to[2:]) + _GAS + _CALL
        noted = _push(_SELECTOR) + _push(0) + _DUP3 + _push(2) + _SHL + _push(_OUT) + _ADD + _RETURNDATACOPY
        head = _JUMPDEST + _DUP1 + _push2(len(keys)) + _EQ + _push2(end) + _JUMPI
        body = copied + called + _push2(after) + _JUMPI + noted
        tail = _JUMPDEST + _push(1) + _ADD + _push2(loop) + _JUMP
        finish = _JUMPDEST + _push2(_SELECTOR * len(keys)) + _push(_OUT) + _RETURN
        made = start + head + body + tail + finish
        if size == len(made):
            return made + before + b"".join(key.to_bytes(_WORD, "big") for key in keys)
        loop = len(start)
        after = loop + len(head + body)
        end = after + len(tail)
        size = len(made)


def selectors(answer: bytes, count: int) -> list[bytes]:
    """What was given back: the selector of each key's error, zeros for none. Raises ValueError if it is not that."""
    if len(answer) != _SELECTOR * count:
        raise ValueError(f"{len(answer)} bytes are not {count} selectors.")
    return [answer[at : at + _SELECTOR] for at in range(0, len(answer), _SELECTOR)]


def _push(value: int) -> bytes:
    return b"\x60" + value.to_bytes(1, "big")


def _push2(value: int) -> bytes:
    return b"\x61" + value.to_bytes(2, "big")
