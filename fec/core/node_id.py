"""What a token id says of its node; the twin of `contracts/libraries/NodeId.sol`."""

from __future__ import annotations

from dataclasses import dataclass

_SERIAL_BITS = 40

_PRINCIPAL_BITS = 96

_START_BITS = 40

_PERIOD_LENGTH_BITS = 24

_PROGRAM_BITS = 32


@dataclass(frozen=True)
class NodeId:
    """What a token id says about its node's birth; packed as in `contracts/libraries/NodeId.sol`."""

    program_id: int
    period_length: int
    start: int
    birth_principal: int
    """Principal when it was minted; the present one differs once the node was split or merged."""
    serial: int
    """Number within the program, from 1."""

    @classmethod
    def decode(cls, token_id: int) -> NodeId:
        """Takes a token id apart. Raises ValueError if it is none."""
        word, serial = divmod(token_id, 1 << _SERIAL_BITS)
        word, principal = divmod(word, 1 << _PRINCIPAL_BITS)
        word, start = divmod(word, 1 << _START_BITS)
        program_id, period_length = divmod(word, 1 << _PERIOD_LENGTH_BITS)
        if not 0 < program_id < 1 << _PROGRAM_BITS or not period_length or not serial:
            raise ValueError(f"{token_id} is not the id of a node.")
        return cls(program_id, period_length, start, principal, serial)

    @property
    def token_id(self) -> int:
        """The ERC-721 token id. Raises ValueError if a part does not fit."""
        word = 0
        for value, bits in (
            (self.program_id, _PROGRAM_BITS),
            (self.period_length, _PERIOD_LENGTH_BITS),
            (self.start, _START_BITS),
            (self.birth_principal, _PRINCIPAL_BITS),
            (self.serial, _SERIAL_BITS),
        ):
            if not 0 <= value < 1 << bits:
                raise ValueError(f"{value} does not fit {bits} bits of a token id.")
            word = word << bits | value
        return word

    @property
    def name(self) -> str:
        """The short name for people: program and serial, such as `3-42`."""
        return f"{self.program_id}-{self.serial}"
