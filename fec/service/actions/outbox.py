"""What is asked of the chain: kept in the transaction that answers who asked, then handed to the relayer, once.

    call = calls.refund(order_key, amount)
    gas = outbox.simulate(call, program_id)          # what the contract refuses raises a ContractError
    action = outbox.add(session, "refund", call, …)  # in the caller's transaction
    outbox.push_soon(action.number, gas, call)       # after it; after a crash, `tend` does

`asking.py` does just that, and is what everybody uses.

What it has come to is an event: `refund.done` or `refund.failed`, for an action of the kind `refund`. Should its
transaction end otherwise after a reorganisation, that is a further event.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Engine, bindparam, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session
from web3 import Web3
from web3.contract.contract import ContractFunction

from fec.chain import deployments
from fec.chain.contracts import open_handle
from fec.chain.deployments import Deployment
from fec.chain.gas import ALWAYS_FITS
from fec.chain.rpc import results
from fec.chain.sender import Sender
from fec.i18n.errors import ContractError, FECError, InsufficientGasCoin, RPCFailed, RPCUnreachable
from fec.protocol import relays
from fec.protocol.abi import CONTRACTS
from fec.protocol.acts import acts_of
from fec.protocol.addresses import checked_address
from fec.protocol.calls import ContractCall
from fec.protocol.members import code_of
from fec.relayer import BudgetSpent, FeesTooHigh, GasTooHigh, Relayer, RelayState, RequestConflict
from fec.relayer.models import RelayTransaction
from fec.relayer.shares import failed
from fec.relayer.simulation import with_margin
from fec.service.actions import events, schemas
from fec.service.actions.batches import Batches, Due, purse_of
from fec.service.actions.bounds import bound_of
from fec.service.actions.ends import DISPLACED, End, end_of, error_of, is_to_be_sent_again, went_well
from fec.service.actions.events import Change
from fec.service.actions.guard import Guard
from fec.service.models import Action, ActionState, Invoice
from fec.store import writer
from fec.store.base import table

#: Longer than it mostly takes to hand an action over; after it, the process that was at it is thought to have crashed.
#: If it is at it still, no harm is done: the relayer takes a request on once.
_LEASE_SECONDS = 30

#: Actions that are looked at in one transaction.
_AT_ONCE = 200

#: Calls that may go with others, and the accounts whose code would have a say in them.
_JOINING: dict[tuple[str, str], Callable[[Sequence[Any]], Sequence[str]]] = {
    ("Custodian", "spend"): lambda arguments: [code_of(arguments[0][3])],
    ("Custodian", "act"): lambda arguments: [
        code_of(arguments[0][3]),
        *(act.receiver for act in acts_of(arguments) if act.receiver is not None),
    ],
    ("Checkout", "takeReward"): lambda arguments: [arguments[2]],
    ("ADN", "claimFor"): lambda _: [],
    ("ADN", "openAndClaim"): lambda _: [],
}

#: Prepared, as each is asked several times a second.
_OPEN = (
    select(Action.number, Action.state, Action.busy_until)
    .where(Action.state.in_((ActionState.REQUESTED, ActionState.SENT)))
    .order_by(Action.number)
)
_WITH_NEWS = (
    select(Action.number)
    .join(RelayTransaction, RelayTransaction.id == Action.relay_id)
    .where(
        Action.state == ActionState.SENT,
        or_(
            RelayTransaction.state == RelayState.DISPLACED,
            RelayTransaction.block_number <= bindparam("deep"),
            Action.transaction_hash.is_distinct_from(RelayTransaction.transaction_hash),
        ),
    )
    .order_by(Action.number)
)
_SENT = (
    select(Action, RelayTransaction)
    .join(RelayTransaction, RelayTransaction.id == Action.relay_id)
    .where(Action.number.in_(bindparam("numbers", expanding=True)), Action.state == ActionState.SENT)
    .order_by(Action.number)
    .with_for_update(of=Action)
)
_ENDED = (
    select(Action)
    .where(
        Action.state.in_((ActionState.DONE, ActionState.FAILED)),
        Action.relay_id.in_(bindparam("relayed", expanding=True)),
    )
    .order_by(Action.number)
    .with_for_update()
)
_INVOICES = table(Invoice)
_THESE_INVOICES = _INVOICES.c.number.in_(bindparam("numbers", expanding=True))
_LOCK_INVOICES = select(_INVOICES.c.number).where(_THESE_INVOICES).order_by(_INVOICES.c.number).with_for_update()
_TOUCH_INVOICES = update(_INVOICES).where(_THESE_INVOICES).values(revision=_INVOICES.c.revision + 1)

#: Does what else an end brings about, in the transaction that says so.
Ended = Callable[[Session, Action], None]


class _Ended(Exception):
    """The action is not to be sent any more."""


class Outbox:
    """Actions of one database, sent by one key."""

    def __init__(
        self,
        engine: Engine,
        web3: Web3,
        deployment: Deployment,
        relayer: Relayer,
        guard: Guard,
        *,
        confirmations: int = 0,
        wake: Callable[[], object] = lambda: None,
    ) -> None:
        """Takes the database, the chain, its contracts, who sends, who may ask, and the blocks above what is done.

        `wake` has the loops look at the chain.
        """
        self._engine = engine
        self._web3 = web3
        self._confirmations = confirmations
        self._writer = writer(engine)
        self._relayer = relayer
        self._sender = Sender(web3, relayer.address)
        self._passkey_verifier = checked_address(deployments.contract(deployment, "PasskeyVerifier")["address"])
        self._contracts = {name: open_handle(web3, deployment, name, self._sender) for name in CONTRACTS}
        addresses = {name: handle.address for name, handle in self._contracts.items()}
        self.batches = Batches(engine, relayer, addresses, wake)
        relayer.placed = self._follow
        self._guard = guard
        self.ended: dict[str, Ended] = {}
        """By kind of action, what else happens when one has come to its end."""

    # ------------------------------------------------------------------ asking

    def simulate(self, call: ContractCall, program_id: int, whom: Sequence[str] = ()) -> int:
        """Gas that a call would take now.

        `whom` is for whom it would be sent, if it is for somebody who pays nothing. Raises a ContractError if the
        contract would refuse it, GasTooHigh if it takes more than its kind may, a problem if it is not their turn,
        BudgetSpent if nothing more may be spent for the program today, RPCUnreachable, RPCFailed, InvalidArgument,
        InsufficientGasCoin, FeesTooHigh.
        """
        self._relayer.check_budget(purse_of(program_id))
        with self._guard.simulating(whom, program_id):
            return self._relayer.simulate(self._contract_function(call), bound_of(call))

    def add(
        self,
        session: Session,
        kind: str,
        call: ContractCall,
        *,
        program_id: int,
        details: Mapping[str, Any],
        invoice: Invoice | None = None,
        digest: str | None = None,
        request_key: str | None = None,
        whom: Sequence[str] = (),
    ) -> Action:
        """Keeps an action, in the caller's transaction. Without a key of its own each one is a request for itself.

        `whom` is for whom it is sent, if they are to answer for its failure. The caller is to push it right after: for
        a moment, nobody else does.
        """
        identity = secrets.token_urlsafe(16)
        action = Action(
            id=identity,
            program_id=program_id,
            kind=kind,
            request_key=request_key or f"{kind} {identity}",
            invoice_number=None if invoice is None else invoice.number,
            digest=digest,
            subjects=list(whom),
            details=dict(details),
            contract=call.contract,
            function=call.function,
            arguments=plain(call.arguments),
            state=ActionState.REQUESTED,
            busy_until=int(time.time()) + _LEASE_SECONDS,
            created_at=int(time.time()),
        )
        session.add(action)
        if invoice is not None:
            invoice.revision += 1
        session.flush()
        self._guard.begun(session, action)
        return action

    # ----------------------------------------------------------------- tending

    def push(self, number: int) -> None:
        """Hands an action to the relayer, unless somebody else is at it or has done so.

        What the contract refuses by now, or takes too much gas, has failed. Raises RPCUnreachable, RPCFailed,
        InsufficientGasCoin, FeesTooHigh, BudgetSpent: the action stays, and is tried again.
        """
        action = self._lease(number)
        if action is not None:
            self._hand_over(action, None)

    def push_soon(self, number: int, gas: int, call: ContractCall) -> None:
        """Hands an action over that the caller has just added, with its call and the gas that its simulation took.

        What a member or shopper has signed, or anybody may ask for, goes with others if a transaction is under way. If
        that is not possible now, `tend` does it later: it is in the database.
        """
        with Session(self._engine) as session:
            action = session.get(Action, number)
        if action is not None and action.state == ActionState.REQUESTED:
            with suppress(RPCUnreachable, RPCFailed, InsufficientGasCoin, FeesTooHigh, BudgetSpent):
                if (call.contract, call.function) in _JOINING:
                    self._join(action, gas, call)
                else:
                    self._hand_over(action, gas)

    def tend(self) -> int:
        """Pushes what is waiting and notes what has come to its end; gives how many are open. Raises as `push` does.

        One that cannot be pushed keeps nobody else waiting.
        """
        with Session(self._engine) as session:
            found = session.execute(_OPEN).all()
        if not found:
            return 0
        problem: FECError | None = None
        now = int(time.time())
        for number, state, busy_until in found:
            if state == ActionState.REQUESTED and busy_until <= now:
                try:
                    self.push(number)
                except FECError as error:
                    problem = problem or error
        [head] = results(self._web3, [("eth_blockNumber", [])])
        deep = int(head, 16) - self._confirmations
        numbers = self._with_news(deep)
        for first in range(0, len(numbers), _AT_ONCE):
            self._watch(numbers[first : first + _AT_ONCE], deep)
        if problem is not None:
            raise problem
        return len(found)

    # -------------------------------------------------------------------- steps

    def _contract_function(self, call: ContractCall) -> ContractFunction:
        return self._contracts[call.contract].contract_function(call)

    def _lease(self, number: int) -> Action | None:
        now = int(time.time())
        mine = (
            update(Action)
            .where(Action.number == number, Action.state == ActionState.REQUESTED, Action.busy_until <= now)
            .values(busy_until=now + _LEASE_SECONDS)
        )
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            taken = session.execute(mine)
            if not isinstance(taken, CursorResult) or taken.rowcount != 1:
                return None
            return session.get_one(Action, number)

    def _hand_over(self, action: Action, gas: int | None) -> None:
        number = action.number
        try:
            call = _call_of(action)
            relay_id = self._relayer.submit(
                action.request_key,
                self._contract_function(call),
                bound=bound_of(call),
                estimate=gas,
                purse=purse_of(action.program_id),
                kept=lambda session, id_: self._sent(session, number, id_),
            )
        except _Ended:
            return
        except (ContractError, GasTooHigh, RequestConflict) as error:
            self._refused(number, error)
        except FECError:
            self._release(number)
            raise
        else:
            # It may have been taken on before, by somebody who was thought to have crashed.
            with Session(self._writer) as session, session.begin(), suppress(_Ended):
                self._sent(session, number, relay_id)

    def _join(self, action: Action, gas: int, call: ContractCall) -> None:
        """Sends an action, or leaves it to be sent with others; by itself as ever, if accounts with code are in it."""
        try:
            accounts = _JOINING[call.contract, call.function](call.arguments)
            # The deployment's own verifier of passkeys runs nobody's code.
            foreign = [one for one in accounts if one != self._passkey_verifier]
            outlook, codes = self._relayer.together.outlook([("eth_getCode", [one, "latest"]) for one in foreign])
            limit = with_margin(gas, bound_of(call))
            if limit > ALWAYS_FITS or not relays.relayable(call) or any(code != "0x" for code in codes):
                self._hand_over(action, gas)
                return
            due = Due(action.number, action.request_key, action.program_id, call, limit, limit)
            if self._relayer.together.is_free(outlook.means.used):
                self.batches.send([due], outlook)
            else:
                self.batches.add([due])
        except FECError:
            self._release(action.number)
            raise

    def _release(self, number: int) -> None:
        with Session(self._writer) as session, session.begin():
            session.execute(update(Action).where(Action.number == number).values(busy_until=0))

    def _sent(self, session: Session, number: int, relay_id: int) -> None:
        """Notes that the relayer has an action, in the transaction in which it takes it on. Raises _Ended."""
        action = session.get_one(Action, number, with_for_update=True)
        if action.state == ActionState.REQUESTED:
            action.state, action.relay_id = ActionState.SENT, relay_id
            _touch(session, [action])
        elif action.relay_id != relay_id:
            # Somebody was told that it failed: it must not be sent after all.
            raise _Ended

    def _refused(self, number: int, error: ContractError | GasTooHigh | RequestConflict) -> None:
        with Session(self._writer) as session, session.begin():
            action = session.get_one(Action, number, with_for_update=True)
            if action.state != ActionState.REQUESTED:
                return
            # Had somebody sent it meanwhile, the contract would refuse it for that very reason.
            query = select(RelayTransaction.id).where(RelayTransaction.request_key == action.request_key)
            relay_id = None if isinstance(error, RequestConflict) else session.scalar(query)
            if relay_id is None:
                _touch(session, [action])
                self._end(session, [End(action, ActionState.FAILED, error_of(error))])
            else:
                action.state, action.relay_id = ActionState.SENT, relay_id
                _touch(session, [action])

    def _with_news(self, deep: int) -> Sequence[int]:
        """Actions of which more is known than they say."""
        with Session(self._engine) as session:
            return session.scalars(_WITH_NEWS, {"deep": deep}).all()

    def _watch(self, numbers: Sequence[int], deep: int) -> None:
        """Notes what has become of actions that were sent; blocks up to `deep` have enough confirmations.

        The relayer goes on watching for longer: what is reorganised away after all, it sends again.
        """
        with Session(self._writer) as session, session.begin():
            ends, moved = [], []
            found = session.execute(_SENT, {"numbers": numbers}).all()
            reasons = failed(session, (relayed.id for _, relayed in found))
            for action, relayed in found:
                action.transaction_hash = relayed.transaction_hash
                if relayed.state == RelayState.DISPLACED:
                    ends.append(End(action, ActionState.FAILED, DISPLACED))
                elif relayed.block_number is None or relayed.block_number > deep:
                    moved.append(action)
                elif is_to_be_sent_again(action, relayed):
                    action.state, action.busy_until = ActionState.REQUESTED, 0
                    action.relay_id = action.relay_place = action.transaction_hash = None
                    moved.append(action)
                else:
                    ends.append(end_of(session, action, relayed, reasons))
            _touch(session, [*moved, *(end.action for end in ends)])
            self._end(session, ends)

    def _follow(self, session: Session, moved: Sequence[RelayTransaction]) -> None:
        """Actions that have ended end again if their transactions did so otherwise, in blocks of another branch."""
        placed = {
            relayed.id: relayed
            for relayed in moved
            if relayed.block_number is not None and not (self._confirmations and relayed.state != RelayState.FINAL)
        }
        again, reasons = [], failed(session, placed)
        for action in session.scalars(_ENDED, {"relayed": list(placed)}):
            relayed = placed[action.relay_id or 0]
            action.transaction_hash = relayed.transaction_hash
            if (action.state == ActionState.DONE) != went_well(action, relayed, reasons):
                again.append(end_of(session, action, relayed, reasons))
        if again:
            _touch(session, [end.action for end in again])
            self._end(session, again)

    def _end(self, session: Session, ends: Sequence[End]) -> None:
        """Notes how actions have ended. Who has not done so yet is to `_touch` their invoices before."""
        over: list[tuple[Sequence[str], bool]] = []
        for action, state, error in ends:
            if action.state in (ActionState.REQUESTED, ActionState.SENT):
                wasted = action.state == ActionState.SENT and state == ActionState.FAILED and error is not DISPLACED
                over.append((action.subjects, wasted))
            action.state = state
            action.error = None if error is None else error.dump()
        # In this order, as who asks: first the invoices, then those who answer for them.
        self._guard.ended_all(session, over)
        changes = []
        for action, state, _ in ends:
            if action.kind in self.ended:
                self.ended[action.kind](session, action)
            kind = f"{action.kind}.{state.value}"
            changes.append(Change(action.program_id, action.invoice_number, kind, schemas.body(action)))
        events.record(session, changes)


def _call_of(action: Action) -> ContractCall:
    return ContractCall(action.contract, action.function, tuple(action.arguments))


def plain(value: Any) -> Any:
    """For JSON: bytes in hex, which web3 takes for them."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def _touch(session: Session, actions: Sequence[Action]) -> None:
    """Readers of the actions' invoices see a change."""
    numbers = sorted({action.invoice_number for action in actions if action.invoice_number is not None})
    if numbers:
        session.flush()
        connection = session.connection()
        if connection.dialect.name != "sqlite":
            # Locked one after the other, as everybody does: of two who want the same ones, one waits.
            connection.execute(_LOCK_INVOICES, {"numbers": numbers})
        connection.execute(_TOUCH_INVOICES, {"numbers": numbers})
