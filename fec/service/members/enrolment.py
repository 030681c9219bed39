"""Members of the brand that the service's key is: announced by a hash, sold to by their vault's address.

The service keeps no key of a member's and can move nothing out of a vault: custody.py has what members sign for that.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from fec.indexer.views import view
from fec.service.actions.events import Change
from fec.service.actions.outbox import Call, action_body
from fec.service.http.auth import Reader, Seller, Served
from fec.service.http.idempotency import Answer, Effect, Fingerprint, OptionalKey
from fec.service.http.problems import declared, problem
from fec.service.members import schemas
from fec.service.models import Action, ActionState, BrandMember
from fec.service.orders.payments import push_soon
from fec.service.rewards.single import Before, Limit

router = APIRouter(prefix="/v1/members", tags=["members"])

ENROLLMENT = "enrollment"

MemberId = Annotated[schemas.MemberId, Path()]


@router.post("", status_code=202, response_model=schemas.Member, responses=declared(401, 403, 409))
def enroll(
    body: schemas.NewMember,
    service: Served,
    caller: Seller,
    fingerprint: Fingerprint,
    key: OptionalKey = None,
) -> JSONResponse:
    """Announce a member by their id, and learn where their vault is. A member is announced once.

    Key and salt stay with the member: without them, nobody moves anything out of the vault, this service neither.
    """
    call = Call("Custodian", "enroll", body.member_id)
    pushed: list[int] = []

    def prepare() -> str:
        service.outbox.simulate(call, caller.program_id)
        return service.client.custody.vault(service.signer.address, body.member_id)

    def commit(session: Session, vault: str) -> Effect:
        mine = BrandMember.program_id == caller.program_id, BrandMember.member_id == body.member_id
        member = session.scalars(select(BrandMember).where(*mine).with_for_update()).one_or_none()
        known = None if member is None else session.get_one(Action, member.action_number)
        if member is not None and known is not None and known.state != ActionState.FAILED:
            return Effect(Answer(202, _bodies(session, [member])[0]))
        details = {"memberId": body.member_id, "vault": vault}
        action = service.outbox.add(session, ENROLLMENT, call, program_id=caller.program_id, details=details)
        if member is None:
            member = BrandMember(
                program_id=caller.program_id, member_id=body.member_id, vault=vault, created_at=int(time.time())
            )
            session.add(member)
        member.action_number = action.number
        session.flush()
        pushed.append(action.number)
        change = Change(caller.program_id, None, f"{ENROLLMENT}.requested", action_body(action))
        return Effect(Answer(202, _bodies(session, [member])[0]), [change])

    answer = service.idempotency.do(caller.program_id, key, fingerprint, prepare, commit)
    for number in pushed:
        push_soon(service, number, call)
    return answer


@router.get("", response_model=schemas.MemberPage, responses=declared(401, 403))
def page(service: Served, caller: Reader, limit: Limit = 50, before: Before = None) -> JSONResponse:
    """List the members that were announced, the newest first."""
    query = select(BrandMember).where(BrandMember.program_id == caller.program_id)
    if before is not None:
        query = query.where(BrandMember.number < before)
    with Session(service.engine) as session:
        found = session.scalars(query.order_by(BrandMember.number.desc()).limit(limit)).all()
        shown = _bodies(session, found)
    return JSONResponse({"items": shown, "next": str(found[-1].number) if len(found) == limit else None})


@router.get("/{member_id}", response_model=schemas.Member, responses=declared(401, 403, 404))
def one(member_id: MemberId, service: Served, caller: Reader) -> JSONResponse:
    """Show a member: their vault, and whether it is on the chain. What is in it, /v1/custody says."""
    query = select(BrandMember).where(BrandMember.program_id == caller.program_id, BrandMember.member_id == member_id)
    with Session(service.engine) as session:
        found = session.scalars(query).one_or_none()
        if found is None:
            raise problem("not-found", "There is no member {id} here. Check the id, or enroll it.", id=member_id)
        return JSONResponse(_bodies(session, [found])[0])


def _bodies(session: Session, members: Sequence[BrandMember]) -> list[dict[str, Any]]:
    latest = view("members_latest")
    query = select(latest.c.vault, latest.c.enrolled, latest.c.deployed).where(
        latest.c.vault.in_([member.vault for member in members])
    )
    vaults = {row.vault: row for row in session.execute(query)}
    actions = select(Action).where(Action.number.in_([member.action_number for member in members]))
    by_number = {action.number: action for action in session.scalars(actions)}
    return [
        {
            "memberId": member.member_id,
            "vault": member.vault,
            "enrolled": member.vault in vaults and bool(vaults[member.vault].enrolled),
            "deployed": member.vault in vaults and bool(vaults[member.vault].deployed),
            "createdAt": member.created_at,
            "enrollment": action_body(by_number[member.action_number]),
        }
        for member in members
    ]
