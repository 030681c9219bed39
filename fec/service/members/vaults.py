"""What members do with their vaults: look, spend, withdraw. Each act is signed by the member's own key.

No API key: whoever knows a member's id may look, as the chain has it all, and nothing moves without the member's
signature. The service checks by simulation, sends, and pays for gas, for members that one of its merchants announced.
Anybody else could send the same. It cannot act by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from eth_utils.crypto import keccak
from fastapi import APIRouter, Header, Query
from fastapi.responses import JSONResponse
from sqlalchemy import Select, Text, cast, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fec.core.node_id import NodeId
from fec.i18n.errors import ContractError
from fec.i18n.parsing import parse_fec
from fec.indexer.database import cursor_of
from fec.indexer.views import view
from fec.protocol.members import ALL_COINS, Member, Withdrawal
from fec.protocol.orders import Order
from fec.protocol.signing import TypedMessage, is_usual, plain
from fec.protocol.types import Node
from fec.service.actions import events
from fec.service.actions.events import Change
from fec.service.actions.guard import subjects
from fec.service.actions.outbox import Call, action_body
from fec.service.context import Service
from fec.service.http import schemas
from fec.service.http.auth import Served
from fec.service.http.idempotency import busy
from fec.service.http.language import exact
from fec.service.http.problems import Problem, declared, problem
from fec.service.members import schemas as schemas_members
from fec.service.members.enrolment import MemberId
from fec.service.models import Action, ActionState, BrandMember, Invoice
from fec.service.orders.invoices import SPEND, any_invoice
from fec.service.orders.links import signed
from fec.service.orders.payments import Cause, MinPrincipal, check_worth, payable, push_soon
from fec.service.shoppers import shoppers
from fec.store import reading, writer

router = APIRouter(prefix="/v1/custody/{member_id}", tags=["members"])

WITHDRAWAL = "withdrawal"
_NODES = 200

TokenIds = Annotated[
    list[schemas_members.TokenIdText], Query(alias="tokenId", max_length=50, description="Nodes to take out.")
]
After = Annotated[schemas_members.TokenIdText | None, Query(description="`more` of the answer before.")]


@router.get("", response_model=schemas_members.Vault, responses=declared(404))
def show(
    member_id: MemberId,
    service: Served,
    after: After = None,
    language: Annotated[str | None, Header(alias="Accept-Language", max_length=500)] = None,
) -> JSONResponse:
    """Show what is in a member's vault: nodes by the index, coins by the chain."""
    member = _member(service, member_id)
    now = service.client.now()
    nodes = view("nodes_latest")
    query = select(nodes.c.token_id, nodes.c.owner, nodes.c.principal, nodes.c.claimed)
    with reading(service.engine) as connection:
        block = cursor_of(connection).block
        # By number: as text, 10 would come before 9.
        digits = func.length(cast(nodes.c.token_id, Text))
        if after is not None:
            longer = digits > len(after)
            query = query.where(longer | ((digits == len(after)) & (nodes.c.token_id > int(after))))
        mine = query.where(nodes.c.owner == member.vault).order_by(digits, nodes.c.token_id).limit(_NODES + 1)
        held = [Node(*row) for row in connection.execute(mine)]
    return JSONResponse(
        {
            "memberId": member_id,
            "brand": service.signer.address,
            "vault": member.vault,
            "coins": exact(service.client.balance(member.vault)),
            "nodes": [shoppers.node_body(node, now) for node in held[:_NODES]],
            "more": str(held[_NODES - 1].token_id) if len(held) > _NODES else None,
            "nextWithdrawal": str(service.client.custody.nonce(member.vault)),
            "asOf": {"block": block, "timestamp": now},
            "shape": shoppers.shape(language),
        }
    )


@router.get("/spend", response_model=schemas_members.ToSign, responses=declared(404))
def to_spend(
    *,
    member_id: MemberId,
    service: Served,
    invoice_id: Annotated[schemas.Identity, Query(alias="invoiceId", description="What to pay.")],
    min_principal: MinPrincipal = "0",
    cause: Cause = None,
) -> JSONResponse:
    """Say what a member's key is to sign to pay an invoice out of the vault."""
    member = _member(service, member_id)
    order = _order(_invoice(service, invoice_id), member.vault, min_principal, cause)
    return _to_sign(service.client.custody.spend_message(order))


@router.post("/spends", status_code=202, response_model=schemas_members.Spend, responses=declared(403, 404, 409))
def spend(member_id: MemberId, body: schemas_members.NewSpend, service: Served) -> JSONResponse:
    """Send a payment that a member's key has signed. Sent again, it is the same payment, and is answered alike."""
    member = _member(service, member_id)
    revealed = _revealed(service, member_id, body.key, body.salt)
    invoice = _invoice(service, body.invoice_id)
    check_worth(service, invoice.amount)
    order = _order(invoice, member.vault, body.min_principal, body.cause)

    def call() -> Call:
        token_ids = _in_vault(service, member, body.token_ids)
        signature = plain(body.key, service.client.custody.spend_message(order).hash, body.signature)
        return Call("Custodian", "spend", revealed.fields, order.fields, token_ids, signature)

    details = {"invoiceId": invoice.id, "memberId": member_id, "vault": member.vault}
    whom = subjects(("invoice", invoice.number), ("member", member_id))
    asked = _Asked(SPEND, invoice.program_id, _digest(member_id, body.model_dump_json()), details, invoice, whom)
    return _relay(service, asked, call)


@router.get("/withdrawal", response_model=schemas_members.ToSign, responses=declared(404))
def to_withdraw(
    *,
    member_id: MemberId,
    service: Served,
    to: Annotated[schemas.Account, Query(description="Who gets it.")],
    deadline: Annotated[schemas.Seconds, Query(description="Last second at which it may be carried out.")],
    amount: Annotated[schemas.FecOrZero | None, Query(description="All coins, unless given.")] = None,
    token_ids: TokenIds = [],  # noqa: B006 (never changed)
) -> JSONResponse:
    """Say what a member's key is to sign to take nodes and coins out of the vault."""
    member = _member(service, member_id)
    nonce = service.client.custody.nonce(member.vault)
    taken = Withdrawal(member.vault, tuple(_in_vault(service, member, token_ids)), _coins(amount), to, nonce, deadline)
    return _to_sign(service.client.custody.withdrawal_message(taken))


@router.post(
    "/withdrawals", status_code=202, response_model=schemas_members.Withdrawal, responses=declared(403, 404, 409)
)
def withdraw(member_id: MemberId, body: schemas_members.NewWithdrawal, service: Served) -> JSONResponse:
    """Send a withdrawal that a member's key has signed. Sent again, it is the same one, and is answered alike."""
    member = _member(service, member_id)
    revealed = _revealed(service, member_id, body.key, body.salt)
    coins = _coins(body.amount)
    _check_something(service, member, body.token_ids, coins)

    def call() -> Call:
        token_ids = _in_vault(service, member, body.token_ids)
        signature = body.signature
        if not is_usual(signature):
            nonce = service.client.custody.nonce(member.vault)
            taken = Withdrawal(member.vault, tuple(token_ids), coins, body.to, nonce, body.deadline)
            signature = plain(body.key, service.client.custody.withdrawal_message(taken).hash, signature)
        terms = (token_ids, coins, body.to, body.deadline, signature)
        return Call("Custodian", "withdraw", revealed.fields, *terms)

    details = {
        "memberId": member_id,
        "vault": member.vault,
        "to": body.to,
        "tokenIds": body.token_ids,
        "amount": None if body.amount is None else exact(coins),
    }
    whom = subjects(("member", member_id))
    asked = _Asked(WITHDRAWAL, member.program_id, _digest(member_id, body.model_dump_json()), details, None, whom)
    return _relay(service, asked, call)


@router.get("/actions/{action_id}", response_model=schemas.Action, responses=declared(404))
def one(member_id: MemberId, action_id: schemas.Identity, service: Served) -> JSONResponse:
    """Show how far a member's payment or withdrawal has come."""
    query = select(Action).where(Action.id == action_id, Action.kind.in_((SPEND, WITHDRAWAL)))
    with Session(service.engine) as session:
        found = session.scalars(query).one_or_none()
        if found is None or found.details["memberId"] != member_id:
            raise problem(
                "not-found", "Member {member} has asked for no {id}. Check the id.", member=member_id, id=action_id
            )
        return JSONResponse(action_body(found))


# ------------------------------------------------------------------- shared


def _member(service: Service, member_id: str) -> BrandMember:
    """A member that a merchant of this service has announced. Raises a problem if there is none."""
    query = select(BrandMember).where(BrandMember.member_id == member_id).order_by(BrandMember.number).limit(1)
    with Session(service.engine) as session:
        found = session.scalars(query).one_or_none()
    if found is None:
        raise problem("not-found", "There is no member {id} here. Check the id, or enroll it.", id=member_id)
    return found


def _revealed(service: Service, member_id: str, key: str, salt: str) -> Member:
    """Who a member is, by what they reveal to act. Raises a problem if it is not what the id is the hash of."""
    revealed = Member(service.signer.address, key, salt)
    if revealed.id != member_id:
        raise problem(
            "not-the-member", "Key and salt are not those of member {id}. Send the member's own.", id=member_id
        )
    return revealed


def _invoice(service: Service, invoice_id: str) -> Invoice:
    with Session(service.engine) as session:
        return any_invoice(session, invoice_id)


def _order(invoice: Invoice, vault: str, min_principal: str, cause: str | None) -> Order:
    return Order(signed(invoice), invoice.signature, vault, parse_fec(min_principal), cause)


def _coins(amount: str | None) -> int:
    return ALL_COINS if amount is None else parse_fec(amount)


def _check_something(service: Service, member: BrandMember, token_ids: list[str], coins: int) -> None:
    """Raises a problem if a withdrawal would move nothing that its gas is worth."""
    if token_ids:
        return
    moved = service.client.balance(member.vault) if coins == ALL_COINS else coins
    if not moved:
        raise problem("nothing-to-withdraw", "Nothing would leave the vault. Name nodes, or an amount of coins.")
    check_worth(service, moved)


def _in_vault(service: Service, member: BrandMember, texts: list[str]) -> list[int]:
    """Nodes that are in a vault, by the index: the service pays for gas to move no others. Raises a problem."""
    token_ids = list(map(int, texts))
    nodes = view("nodes_latest")
    query = select(nodes.c.token_id).where(nodes.c.owner == member.vault, nodes.c.token_id.in_(token_ids))
    with Session(service.engine) as session:
        held = set(session.scalars(query))
    for token_id in token_ids:
        if token_id not in held:
            raise problem("not-found", "Node {id} is not in the vault. Leave it out.", id=_name(token_id))
    return token_ids


def _name(token_id: int) -> str:
    try:
        return NodeId.decode(token_id).name
    except ValueError:
        return str(token_id)


def _to_sign(message: TypedMessage) -> JSONResponse:
    """For JSON, whose readers take no large numbers: as text, which wallets take as well."""

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(item) for item in value]
        return str(value) if isinstance(value, int) else value

    values = {name: plain(value) for name, value in message.document["message"].items()}
    return JSONResponse({"document": {**message.document, "message": values}})


def _digest(member_id: str, body: str) -> str:
    return "0x" + keccak(text=f"{member_id} {body}").hex()


@dataclass(frozen=True)
class _Asked:
    """What a member asks for; `digest` is of all that they sent."""

    kind: str
    program_id: int
    digest: str
    details: dict[str, Any]
    invoice: Invoice | None
    whom: list[str]
    """Who answers for it if it fails."""

    def known(self, service: Service) -> JSONResponse | None:
        """The answer, if it was asked for before in the same words, and has not failed."""
        with Session(service.engine) as session:
            found = session.scalars(self.same.where(Action.state != ActionState.FAILED)).first()
            return None if found is None else JSONResponse(action_body(found), 202)

    @property
    def same(self) -> Select[Action]:
        """All attempts at it."""
        return select(Action).where(
            Action.program_id == self.program_id, Action.kind == self.kind, Action.digest == self.digest
        )


def _relay(service: Service, asked: _Asked, make: Callable[[], Call]) -> JSONResponse:
    """Has sent what a member signed, once; what the contract refuses raises a ContractError."""
    known = asked.known(service)
    if known is not None:
        return known
    try:
        call = make()
        service.outbox.simulate(call, asked.program_id, asked.whom)
        with Session(writer(service.engine)) as session, session.begin():
            invoice = None if asked.invoice is None else payable(session, asked.invoice)
            # One that has not failed holds the number after those that have: the same once more is refused, and found.
            failed = len(session.scalars(asked.same.where(Action.state == ActionState.FAILED)).all())
            action = service.outbox.add(
                session,
                asked.kind,
                call,
                program_id=asked.program_id,
                details=asked.details,
                invoice=invoice,
                digest=asked.digest,
                request_key=f"{asked.kind} {asked.digest} {failed + 1}",
                whom=asked.whom,
            )
            shown, number = action_body(action), action.number
            change = Change(asked.program_id, action.invoice_number, f"{asked.kind}.requested", shown)
            events.record(session, [change])
    except (Problem, ContractError, IntegrityError) as error:
        # The same may have been sent twice at once: then there is but one answer.
        known = asked.known(service)
        if known is not None:
            return known
        if isinstance(error, IntegrityError):
            raise busy() from error
        raise
    push_soon(service, number, call)
    return JSONResponse(shown, 202)
