"""Claim codes: who has one, from a receipt, may see what it is for, and make an account or a vault its owner.

Nobody needs an API key for it. A code has 128 bits, and who tries wrong ones has to wait longer and longer. The owner
signs for it (EIP-712): code, program and chain, so that nobody becomes the owner of what they did not ask for.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path
from sqlalchemy import select
from sqlalchemy.orm import Session

from fec.chain.signatures import has_signed
from fec.core.amounts import exact_fec
from fec.core.shares import burn_up
from fec.i18n import N_, Message
from fec.indexer.views import view
from fec.protocol.members import Member
from fec.protocol.signing import TypedMessage, sale_binding_message
from fec.protocol.terms import Tier
from fec.service.actions import events
from fec.service.actions.events import Change
from fec.service.actions.guard import CALLER, subject
from fec.service.context import Served, Service
from fec.service.http.callers import current_caller
from fec.service.http.language import language_of, say
from fec.service.http.problems import declared, problem
from fec.service.http.schemas import Account
from fec.service.http.typed_data import document
from fec.service.models import Merchant
from fec.service.sales import schemas
from fec.service.sales.codes import hash_of
from fec.service.sales.lookup import sale_model, settles_at
from fec.service.sales.models import Sale, SaleProgram, SaleState
from fec.service.sales.money import exact_money
from fec.service.sales.planning import burn_bps, own_spends
from fec.service.sales.recording import Done, log
from fec.store import writer

router = APIRouter(prefix="/v1", tags=["sales"])

_LISTED = 200
_NOT_YET = N_("Pending, and not yet yours: it is a promise of the shop, of which the chain has nothing. Claim it.")
_PENDING = N_(
    "Pending: it is yours, and a promise of the shop until it is settled. Its node starts then; the chain has nothing "
    "of it before."
)
_SENTENCES = {
    SaleState.HELD: N_("Pending: the shop has still to approve it."),
    SaleState.BATCHED: N_("It is being settled: your node is on its way."),
    SaleState.SETTLED: N_("It is settled: your node pays from its first period on."),
    SaleState.RETURNED: N_("The sale was returned: there is nothing to claim."),
    SaleState.REFUSED: N_("The shop does not settle this sale. Ask the shop why."),
    SaleState.LAPSED: N_("The claim code has ended. Ask the shop."),
}

Language = Annotated[str | None, Header(alias="Accept-Language", max_length=500)]


@router.post("/claims", responses=declared(403))
def look(body: schemas.NewLook, service: Served, language: Language = None) -> schemas.Claimed:
    """Show what a claim code is for; with an owner, what they would get and what they are to sign."""
    sale = _sale(service, body.code)
    return _claimed(service, sale, body.owner, language)


@router.post("/claims/bindings", status_code=201, responses=declared(403, 409))
def bind(body: schemas.NewBinding, service: Served, language: Language = None) -> schemas.Claimed:
    """Make an account or a vault the owner of a claim code's sale, by its signature, once and for all."""
    sale = _sale(service, body.code)
    _check_signed(service, sale, body)
    now = service.client.now()
    with Session(writer(service.engine), expire_on_commit=False) as session, session.begin():
        sale = session.get_one(Sale, sale.number, with_for_update=True)
        if sale.owner is None:
            _check_usable(sale, now)
            sale.owner, sale.bound_at = body.owner, now
            session.flush()
            log(session.connection(), Done(sale.program_id, body.owner, "bound", now), [sale.number])
            told = sale_model(service, sale, None, codes=False).dump()
            events.record(session, [Change(sale.program_id, None, "sale.bound", told)])
        elif sale.owner != body.owner:
            raise problem(
                "code-used",
                "This claim code was used: its sale belongs to another account. If that is not yours, ask the shop.",
            )
    return _claimed(service, sale, body.owner, language)


@router.get("/accounts/{address}/pending-sales", responses=declared())
def pending(
    address: Annotated[Account, Path(description="The owner's account or vault.")],
    service: Served,
    language: Language = None,
) -> schemas.PendingSales:
    """List an account's sales that are not settled yet, and when each will be: promises of the shops."""
    now = service.client.now()
    query = (
        select(Sale, SaleProgram)
        .join(SaleProgram, SaleProgram.program_id == Sale.program_id)
        .where(Sale.owner == address, Sale.state.in_((SaleState.HELD, SaleState.PENDING, SaleState.BATCHED)))
        .order_by(Sale.due_at, Sale.number)
        .limit(_LISTED)
    )
    with Session(service.engine) as session:
        found = [(sale, program) for sale, program in session.execute(query)]
        own: dict[tuple[int, str], int] = {}
        for program_id in {sale.program_id for sale, _ in found}:
            own |= {(program_id, owner): spend for owner, spend in own_spends(session, program_id, [address]).items()}
        tiers = {program_id: _tiers(session, program_id) for program_id in {sale.program_id for sale, _ in found}}
    chain = {program_id: service.client.terms.spend(program_id, address) for program_id in tiers}
    items = []
    for sale, program in found:
        before = own.get((sale.program_id, address), 0) if sale.principal is None else 0
        expected = sale.principal
        if expected is None:
            expected = burn_up(sale.value, burn_bps(tiers[sale.program_id], chain[sale.program_id] + before))
            own[sale.program_id, address] = before + sale.value
        items.append(
            schemas.PendingSale(
                program_id=sale.program_id,
                amount=exact_money(sale.amount - sale.returned),
                currency=sale.currency,
                value=exact_fec(sale.value),
                expected=exact_fec(expected),
                sold_at=sale.sold_at,
                settles_at=settles_at(program, sale.due_at, now),
            )
        )
    return schemas.PendingSales(items=items, sentence=say(_PENDING, {}, language_of(language)))


def _sale(service: Service, code: str) -> Sale:
    """The sale of a code. Raises a problem for a code that is none, and for who has tried too many of these."""
    whom = [subject(CALLER, f"codes {current_caller.get()}")]
    with service.engine.connect() as connection:
        service.guard.check(connection, whom)
    with Session(service.engine, expire_on_commit=False) as session:
        found = session.scalars(select(Sale).where(Sale.code_hash == hash_of(code))).one_or_none()
    if found is None:
        with Session(writer(service.engine)) as session, session.begin():
            service.guard.ended_all(session, [(whom, True)])
        raise problem(
            "code-refused",
            "There is no sale with this claim code. Scan the receipt again; after some wrong codes you have to wait.",
        )
    return found


def _check_usable(sale: Sale, now: int) -> None:
    """Raises a problem unless a sale that nobody owns can get an owner."""
    if sale.code_ends_at is not None and sale.code_ends_at < now:
        raise problem(
            "code-refused",
            "The claim code ended on {ended:date}. Ask the shop.",
            ended=sale.code_ends_at,
        )
    if sale.state not in (SaleState.HELD, SaleState.PENDING):
        raise problem(
            "code-refused",
            "{sentence}",
            sentence=Message(_sentence(sale)),
        )


def _check_signed(service: Service, sale: Sale, body: schemas.NewBinding) -> None:
    """Raises a problem unless the owner has signed: an account itself, a vault by its member's key."""
    contracts = service.settings.deployment["contracts"].values()
    if body.owner in {contract["address"] for contract in contracts}:
        raise problem(
            "sale-refused",
            "{owners} is one of the protocol's own contracts, which can never use a node. Name the shopper's account.",
            owners=body.owner,
        )
    signer = body.owner if body.signer is None else _signer_of_vault(service, body, body.signer)
    message = _message_of(service, sale, body.owner)
    with service.guard.simulating(["code " + str(sale.number)]):
        signed = has_signed(service.web3, signer, message.hash, body.signature)
    if not signed:
        raise problem(
            "code-refused",
            "{signer} did not sign for this claim code, this program and this chain. Sign again with the owner's key.",
            signer=signer,
        )
    if sale.owner is None:
        # A contract that does not accept nodes could never move its own.
        with service.guard.simulating(["code " + str(sale.number)]):
            service.client.orders.check_customer(body.owner)


def _signer_of_vault(service: Service, body: schemas.NewBinding, signer: str) -> str:
    """A signer of the vault that the owner is. Raises a problem if it is another's.

    Once a vault has stored signers these alone count: the first one, if it was removed, signs for nothing any more.
    """
    custody = service.client.custody
    if custody.has_stored_signers(body.owner):
        is_one = custody.is_stored_signer(body.owner, signer)
    else:
        brand = body.brand or service.signer.address
        is_one = body.salt is not None and custody.vault(brand, Member(brand, signer, body.salt).id) == body.owner
    if not is_one:
        raise problem(
            "not-the-member",
            "{signer} is no signer of the vault {vault}. Send signer, salt and brand that the vault was made of, or a "
            "signer that was added to it.",
            signer=signer,
            vault=body.owner,
        )
    return signer


def _message_of(service: Service, sale: Sale, owner: str) -> TypedMessage:
    return sale_binding_message(
        service.client.orders.domain, code_hash=str(sale.code_hash), program_id=sale.program_id, owner=owner
    )


def _claimed(service: Service, sale: Sale, owner: str | None, language: str | None) -> schemas.Claimed:
    """A sale as who has its code may see it; what its owner gets, to the owner alone."""
    now = service.client.now()
    with Session(service.engine) as session:
        program = session.get_one(SaleProgram, sale.program_id)
        shop = session.get_one(Merchant, sale.program_id).name
        tiers = _tiers(session, sale.program_id)
        own = 0 if owner is None else own_spends(session, sale.program_id, [owner]).get(owner, 0)
    free = sale.owner is None
    expected = sale.principal
    if expected is None and owner is not None and tiers:
        spend = service.client.terms.spend(sale.program_id, owner) + own
        expected = burn_up(sale.value, burn_bps(tiers, spend))
    to_sign = document(_message_of(service, sale, owner)) if free and owner is not None else None
    return schemas.Claimed(
        program_id=sale.program_id,
        shop=shop,
        amount=exact_money(sale.amount - sale.returned),
        currency=sale.currency,
        value=exact_fec(sale.value),
        sold_at=sale.sold_at,
        due_at=sale.due_at,
        settles_at=settles_at(program, sale.due_at, now),
        ends_at=int(sale.code_ends_at or 0),
        state=SaleState(sale.state),
        owner=sale.owner,
        expected=None if expected is None else exact_fec(expected),
        sentence=say(_sentence(sale), {}, language_of(language)),
        document=to_sign,
    )


def _sentence(sale: Sale) -> str:
    """What a sale's state means to who has its code."""
    state = SaleState(sale.state)
    if state == SaleState.PENDING:
        return _NOT_YET if sale.owner is None else _PENDING
    return _SENTENCES[state]


def _tiers(session: Session, program_id: int) -> tuple[Tier, ...]:
    """A program's tiers, by the index."""
    terms = view("terms_latest").c
    found = session.scalar(select(terms.tiers).where(terms.program_id == program_id))
    return tuple(Tier(least, bps) for least, bps in found or ())
