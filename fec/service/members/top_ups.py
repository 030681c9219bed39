"""FEC sold at the till: the service's key sends it to a vault or wallet, bounded for each API key and day.

A new vault may be greeted with some FEC, once, as soon as a second signer keeps it from being lost with one device.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any

from eth_utils.address import is_address
from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse
from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from fec.core.amounts import exact_fec
from fec.core.durations import DAY
from fec.i18n.parsing import parse_fec
from fec.protocol import calls
from fec.service.access.auth import Reader, Seller
from fec.service.actions.asking import ActionRequest, Add, Wanted
from fec.service.actions.guard import asked_from, subjects
from fec.service.actions.idempotency import Fingerprint, RequiredKey
from fec.service.context import Served, Service
from fec.service.http.problems import declared, later, problem
from fec.service.http.rows import Before, Limit, following, newest, one_row
from fec.service.http.schemas import Account, Identity
from fec.service.members import schemas
from fec.service.models import Action, ActionState, Merchant

router = APIRouter(tags=["top-ups"])

TOP_UP = "top-up"
#: As who sold what a new vault is greeted with.
WELCOME = "welcome"
_SIGNERS_OF_A_SAFE_VAULT = 2

Vault = Annotated[Account, Path(description="The vault's address.")]


@router.post("/v1/top-ups", status_code=202, response_model=schemas.TopUp, responses=declared(401, 403, 409))
def sell(
    body: schemas.NewTopUp, service: Served, caller: Seller, fingerprint: Fingerprint, key: RequiredKey
) -> JSONResponse:
    """Send FEC that a shopper has paid for in cash or by card. Each key is one sale, however often it is sent."""
    amount = parse_fec(body.amount)
    details = schemas.TopUpDetails(
        to=body.to,
        amount=exact_fec(amount),
        price=body.price,
        currency=body.currency,
        paid_by=body.paid_by,
        by=caller.name,
    )

    def keep(session: Session, add: Add) -> Action:
        # Locked, so that two at once do not both find room.
        session.get_one(Merchant, caller.program_id, with_for_update=True)
        _check_room(session, service, caller.program_id, caller.name, amount)
        return add()

    asked = ActionRequest(TOP_UP, caller.program_id, key, fingerprint)
    wanted = Wanted(calls.transfer(body.to, amount), details)
    return service.asking.ask(asked, lambda: wanted, lambda _, action: schemas.TopUp.of(action), keep=keep).response()


@router.get("/v1/top-ups", responses=declared(401, 403))
def page(service: Served, caller: Reader, limit: Limit = 50, before: Before = None) -> schemas.TopUpPage:
    """List FEC that was sold, the newest first: sales of coupons, for the books."""
    query = select(Action).where(Action.program_id == caller.program_id, Action.kind == TOP_UP)
    with Session(service.engine) as session:
        found = newest(session, query, Action.number, limit, before)
    return schemas.TopUpPage(items=[schemas.TopUp.of(action) for action in found], next=following(found, limit))


@router.get("/v1/top-ups/{top_up_id}", responses=declared(401, 403, 404))
def one(top_up_id: Identity, service: Served, caller: Reader) -> schemas.TopUp:
    """Show how far a sale of FEC has come."""
    query = select(Action).where(Action.id == top_up_id, Action.program_id == caller.program_id, Action.kind == TOP_UP)
    missing = problem("not-found", "There is no top-up with id {id} here. Check the id.", id=top_up_id)
    with Session(service.engine) as session:
        return schemas.TopUp.of(one_row(session, query, missing))


@router.post(
    "/v1/vaults/{vault}/welcome", status_code=202, response_model=schemas.TopUp, responses=declared(403, 404, 409)
)
def welcome(vault: Vault, service: Served) -> JSONResponse:
    """Greet a new vault with some FEC, where this service does: once, and after a second signer was added."""
    amount = service.settings.welcome
    if not amount:
        raise problem("not-found", "This service greets no vaults. Get FEC at the till.")
    if len(service.client.custody.signers(vault)) < _SIGNERS_OF_A_SAFE_VAULT:
        raise problem(
            "vault-not-safe", "Vault {vault} has no second signer yet. Add a printed code first.", vault=vault
        )
    with Session(service.engine) as session:
        program_id = session.scalars(select(Merchant.program_id).order_by(Merchant.program_id).limit(1)).one()

    asked = ActionRequest(TOP_UP, program_id, whom=subjects(("vault", vault)))

    def known(session: Session) -> Action | None:
        query = select(Action).where(
            Action.kind == TOP_UP, Action.digest == _digest(vault), Action.state != ActionState.FAILED
        )
        return session.scalars(query).first()

    def keep(session: Session, add: Add) -> Action:
        session.get_one(Merchant, program_id, with_for_update=True)
        earlier = known(session)
        if earlier is not None:
            return earlier
        _check_room(session, service, program_id, WELCOME, amount)
        _check_caller(session, service, asked.whom)
        return add(digest=_digest(vault), request_key=f"welcome {vault} {int(time.time())}")

    details = schemas.TopUpDetails(
        to=vault, amount=exact_fec(amount), price=None, currency=None, paid_by=None, by=WELCOME
    )
    wanted = Wanted(calls.transfer(vault, amount), details)
    return service.asking.ask(
        asked, lambda: wanted, lambda _, action: schemas.TopUp.of(action), keep=keep, known=known
    ).response()


def _check_room(session: Session, service: Service, program_id: int, name: str, amount: int) -> None:
    """Raises a problem if a key, or the greeting of vaults, would send more today than it may.

    All operators of a program are one seller: it can be handed on to ever new addresses.
    """
    most = service.settings.top_ups_a_day
    details = session.scalars(_today(Action.details).where(Action.program_id == program_id))
    sellers = is_address if is_address(name) else name.__eq__
    spent = sum(parse_fec(one["amount"]) for one in details if sellers(one["by"]))
    if spent + amount > most:
        raise later(
            "top-ups-spent",
            DAY - int(time.time()) % DAY,
            "{who} has sent {spent:fec} today, and may send {most:fec}. Try again tomorrow, or raise --top-ups-a-day.",
            who=name,
            spent=spent,
            most=most,
        )


def _check_caller(session: Session, service: Service, whom: Sequence[str]) -> None:
    """Raises a problem if as many vaults as may be were greeted today for one address on the network.

    A vault costs nothing to make: otherwise one person with many would get what is there for all.
    """
    details = session.scalars(_today(Action.details).where(asked_from(whom)))
    if sum(one["by"] == WELCOME for one in details) >= service.settings.caller_limits.welcomes_a_day:
        raise later(
            "top-ups-spent",
            DAY - int(time.time()) % DAY,
            "As many new vaults as may be were greeted from your network today. Get FEC at the till.",
        )


def _today(column: InstrumentedAttribute[Any]) -> Select[Any]:
    """That column of what was sold today, or is being sold."""
    midnight = int(time.time()) // DAY * DAY
    return select(column).where(
        Action.kind == TOP_UP, Action.created_at >= midnight, Action.state != ActionState.FAILED
    )


def _digest(vault: str) -> str:
    return "0x" + vault[2:].lower().rjust(64, "0")
