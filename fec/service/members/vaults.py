"""What members do with their vaults: look, spend, withdraw. Each act is signed by the member.

There is no API key: who knows a member's id may look, as the chain has it all, and nothing moves without the member's
signature. The service checks by simulation, sends, and pays for gas, for members that one of its merchants announced.
Anybody else could send the same. It cannot act by itself.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import JSONResponse
from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from fec.chain.signatures import has_signed
from fec.core.amounts import exact_fec
from fec.i18n.parsing import parse_fec
from fec.indexer.views import view
from fec.protocol import acts, calls
from fec.protocol.acts import Instruction
from fec.protocol.members import ALL_COINS, Member
from fec.protocol.signing import plain
from fec.protocol.types import Node
from fec.service.actions.asking import Wanted
from fec.service.actions.guard import subjects
from fec.service.context import Served, Service
from fec.service.http.problems import declared, problem
from fec.service.http.rows import one_row
from fec.service.http.schemas import Account, FecOrZero, Identity, Seconds, Signer, TokenIdText
from fec.service.http.typed_data import document
from fec.service.members import schemas
from fec.service.members.schemas import MemberPath
from fec.service.members.signed import Signed, ask_signed, check_signer, digest_of, in_vault, invoice_of
from fec.service.models import Action, BrandMember
from fec.service.orders.lookup import SPEND, check_worth, order_of
from fec.service.orders.schemas import Cause, MinPrincipal
from fec.service.sales.opening import open_first
from fec.service.shoppers.holdings import held_node, indexed, shape
from fec.store import reading

router = APIRouter(prefix="/v1/custody/{member_id}", tags=["members"])

WITHDRAWAL = "withdrawal"
_NODES = 200

TokenIds = Annotated[list[TokenIdText], Query(alias="tokenId", max_length=50, description="Nodes to take out.")]
After = Annotated[TokenIdText | None, Query(description="`more` of the answer before.")]


@router.get("", responses=declared(404))
def show(
    member_id: MemberPath,
    service: Served,
    after: After = None,
    language: Annotated[str | None, Header(alias="Accept-Language", max_length=500)] = None,
) -> schemas.Vault:
    """Show what is in a member's vault: nodes by the index, coins by the chain."""
    member = _member(service, member_id)
    now = service.client.now()
    nodes = view("nodes_latest")
    query = select(nodes.c.token_id, nodes.c.owner, nodes.c.principal, nodes.c.claimed, nodes.c.opened)
    with reading(service.engine) as connection:
        as_of = indexed(connection, now)
        # By number: as text, 10 would come before 9.
        digits = func.length(cast(nodes.c.token_id, Text))
        if after is not None:
            longer = digits > len(after)
            query = query.where(longer | ((digits == len(after)) & (nodes.c.token_id > int(after))))
        mine = query.where(nodes.c.owner == member.vault).order_by(digits, nodes.c.token_id).limit(_NODES + 1)
        held = [Node(*row) for row in connection.execute(mine)]
    return schemas.Vault(
        member_id=member_id,
        brand=service.signer.address,
        vault=member.vault,
        coins=exact_fec(service.client.balance(member.vault)),
        nodes=[held_node(node, now) for node in held[:_NODES]],
        more=str(held[_NODES - 1].token_id) if len(held) > _NODES else None,
        as_of=as_of,
        shape=shape(language),
    )


@router.get("/spend", responses=declared(404))
def to_spend(
    *,
    member_id: MemberPath,
    service: Served,
    invoice_id: Annotated[Identity, Query(alias="invoiceId", description="What to pay.")],
    min_principal: MinPrincipal = "0",
    cause: Cause = None,
) -> schemas.ToSign:
    """Say what a member's key is to sign to pay an invoice out of the vault."""
    member = _member(service, member_id)
    order = order_of(invoice_of(service, invoice_id), member.vault, min_principal, cause)
    return schemas.ToSign(document=document(service.client.custody.spend_message(order)))


@router.post("/spends", status_code=202, response_model=schemas.Spend, responses=declared(403, 404, 409))
def spend(member_id: MemberPath, body: schemas.NewSpend, service: Served) -> JSONResponse:
    """Send a payment that a member's key has signed. Sent again, it is the same payment, and is answered alike."""
    member = _member(service, member_id)
    revealed = _revealed(service, member_id, body.signer, body.salt)
    invoice = invoice_of(service, body.invoice_id)
    order = order_of(invoice, member.vault, body.min_principal, body.cause)

    whom = subjects(("invoice", invoice.number), ("member", member_id))

    def prepare() -> Wanted:
        check_worth(service, invoice.amount)
        token_ids = in_vault(service, member.vault, body.token_ids)
        message_hash = service.client.custody.spend_message(order).hash
        open_first(service, member.vault, token_ids, lambda: _has_signed(service, whom, body, message_hash))
        details = schemas.SpendDetails(invoice_id=invoice.id, member_id=member_id, vault=member.vault)
        signature = plain(body.signer, message_hash, body.signature)
        return Wanted(calls.spend(revealed, order, token_ids, signature), details)

    signed = Signed(SPEND, invoice.program_id, digest_of(member_id, body.model_dump_json()), invoice, whom)
    return ask_signed(service, signed, prepare, schemas.Spend)


@router.get("/withdrawal", responses=declared(404))
def to_withdraw(
    *,
    member_id: MemberPath,
    service: Served,
    to: Annotated[Account, Query(description="Who gets it.")],
    signer: Annotated[Signer, Query()],
    deadline: Annotated[Seconds, Query(description="Last second at which it may be carried out.")],
    amount: Annotated[FecOrZero | None, Query(description="All coins, unless given.")] = None,
    token_ids: TokenIds = [],  # noqa: B006 (never changed)
) -> schemas.ToSign:
    """Say what a member's signer is to sign to take nodes and coins out of the vault."""
    member = _member(service, member_id)
    nonce = service.client.custody.nonce(member.vault, signer)
    taken = acts.withdraw(to, in_vault(service, member.vault, token_ids), _coins(amount))
    instruction = Instruction(member.vault, signer, (taken,), nonce, deadline)
    return schemas.ToSign(document=document(service.client.custody.acts_message(instruction)))


@router.post("/withdrawals", status_code=202, response_model=schemas.Withdrawal, responses=declared(403, 404, 409))
def withdraw(member_id: MemberPath, body: schemas.NewWithdrawal, service: Served) -> JSONResponse:
    """Send a withdrawal that a member's key has signed. Sent again, it is the same one, and is answered alike."""
    member = _member(service, member_id)
    revealed = _revealed(service, member_id, body.signer, body.salt)
    coins = _coins(body.amount)
    whom = subjects(("member", member_id))

    def prepare() -> Wanted:
        _check_something(service, member, body.token_ids, coins)
        token_ids = in_vault(service, member.vault, body.token_ids)
        taken = acts.withdraw(body.to, token_ids, coins)
        instruction = Instruction(member.vault, revealed.signer, (taken,), body.nonce, body.deadline)
        message_hash = service.client.custody.acts_message(instruction).hash
        open_first(service, member.vault, token_ids, lambda: _has_signed(service, whom, body, message_hash))
        details = schemas.WithdrawalDetails(
            member_id=member_id,
            vault=member.vault,
            to=body.to,
            token_ids=body.token_ids,
            amount=None if body.amount is None else exact_fec(coins),
        )
        return Wanted(calls.act(revealed, instruction, plain(body.signer, message_hash, body.signature)), details)

    signed = Signed(WITHDRAWAL, member.program_id, digest_of(member_id, body.model_dump_json()), None, whom)
    return ask_signed(service, signed, prepare, schemas.Withdrawal)


@router.get("/actions/{action_id}", responses=declared(404))
def one(member_id: MemberPath, action_id: Identity, service: Served) -> schemas.Spend | schemas.Withdrawal:
    """Show how far a member's payment or withdrawal has come."""
    query = select(Action).where(Action.id == action_id, Action.kind.in_((SPEND, WITHDRAWAL)))
    with Session(service.engine) as session:
        found = session.scalars(query).one_or_none()
    if found is None or found.details.get("memberId") != member_id:
        raise problem(
            "not-found",
            "Member {member} has no payment or withdrawal with id {id}. Check the id.",
            member=member_id,
            id=action_id,
        )
    return schemas.Spend.of(found) if found.kind == SPEND else schemas.Withdrawal.of(found)


# ------------------------------------------------------------------- shared


def _member(service: Service, member_id: str) -> BrandMember:
    """A member that a merchant of this service has announced. Raises a problem if there is none."""
    query = select(BrandMember).where(BrandMember.member_id == member_id).order_by(BrandMember.number).limit(1)
    missing = problem("not-found", "There is no member with id {id} here. Check the id, or enroll it.", id=member_id)
    with Session(service.engine) as session:
        return one_row(session, query, missing)


def _revealed(service: Service, member_id: str, signer: str, salt: str) -> Member:
    """Who a member is, by what they reveal to act. Raises a problem if it is not what the id is the hash of."""
    check_signer(service, signer)
    revealed = Member(service.signer.address, signer, salt)
    if revealed.id != member_id:
        raise problem(
            "not-the-member", "Signer and salt are not those of member {id}. Send the member's own.", id=member_id
        )
    return revealed


def _has_signed(service: Service, whom: list[str], body: schemas.Revealed, message_hash: str) -> bool:
    """Whether the signer that was named has signed: before the service pays for gas to open what is to be moved."""
    with service.guard.simulating(whom):
        return has_signed(service.web3, body.signer, message_hash, body.signature)


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
