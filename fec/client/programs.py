"""Programs: a merchant's scheme each, with its own periods and its own quota of principal."""

from __future__ import annotations

from fec.chain.contracts import Handle, basics
from fec.chain.rpc import clear_errors
from fec.protocol import calls
from fec.protocol.addresses import ADDRESS_ZERO
from fec.protocol.types import Program, ProgramCreated, Receipt


class Programs:
    """Programs of one deployment. Amounts in wei, times in seconds. What sends raises as `Sender.send` does."""

    def __init__(self, adn: Handle) -> None:
        """Takes the node contract."""
        self._adn = adn

    def create(
        self, operator: str, *, period_length: int, origin: int, quota: int, issuer: str | None = None
    ) -> ProgramCreated:
        """Admits a program; only for the contract's owner. Without an `issuer`, anybody may mint in it."""
        receipt = self._adn.send(calls.create_program(operator, issuer, period_length, origin, quota))
        return ProgramCreated(basics(receipt), self._adn.emitted("ProgramCreated", receipt)[0]["programId"])

    def grant(self, program_id: int, amount: int) -> Receipt:
        """Grants a program more quota out of the budget; only for the contract's owner."""
        return basics(self._adn.send(calls.grant_quota(program_id, amount)))

    def close(self, program_id: int) -> Receipt:
        """Closes a program to new nodes, for good; only for its operator or the contract's owner."""
        return basics(self._adn.send(calls.close_program(program_id)))

    def set_operator(self, program_id: int, operator: str) -> Receipt:
        """Hands a program to another operator; only for its operator."""
        return basics(self._adn.send(calls.set_operator(program_id, operator)))

    def get(self, program_id: int) -> Program:
        """One program's terms and quota. Raises NotFound if there is none."""
        operator, issuer, period_length, origin, quota, burned, closed = self._adn.read("programOf", program_id)
        return Program(
            program_id=program_id,
            operator=operator,
            issuer=None if issuer == ADDRESS_ZERO else issuer,
            period_length=period_length,
            origin=origin,
            quota=quota,
            burned=burned,
            closed=closed,
        )

    def created_at(self, program_id: int) -> int:
        """When a program was created, in seconds since the epoch, by the log of it; 0 if the endpoint has none."""
        web3 = self._adn.contract.w3
        with clear_errors():
            logs = self._adn.logs("ProgramCreated", web3.eth.block_number, programId=program_id)
            return web3.eth.get_block(logs[0]["blockNumber"])["timestamp"] if logs else 0

    def list(self) -> list[Program]:
        """All programs, from 1, the public one."""
        count: int = self._adn.read("programCount")
        return [self.get(program_id) for program_id in range(1, count + 1)]
