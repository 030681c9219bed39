"""Members of the brand that the service's key is: announced by a hash, sold to by their vault's address.

The service keeps no key of a member's and can move nothing out of a vault: vaults.py has what members sign for that.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from fec.indexer.views import view
from fec.protocol import calls
from fec.service.access.auth import Reader, Seller
from fec.service.actions.asking import ActionRequest, Add, Wanted
from fec.service.actions.idempotency import Fingerprint, OptionalKey
from fec.service.context import Served
from fec.service.http.problems import declared, problem
from fec.service.http.rows import Before, Limit, following, newest, one_row
from fec.service.members import schemas
from fec.service.members.schemas import MemberPath
from fec.service.models import Action, ActionState, BrandMember

router = APIRouter(prefix="/v1/members", tags=["members"])

ENROLLMENT = "enrollment"


@router.post("", status_code=202, response_model=schemas.Member, responses=declared(401, 403, 409))
def enroll(
    body: schemas.NewMember, service: Served, caller: Seller, fingerprint: Fingerprint, key: OptionalKey = None
) -> JSONResponse:
    """Announce a member by their id, and learn where their vault is. A member is announced once.

    Key and salt stay with the member: without them, nobody moves anything out of the vault, this service neither.
    """
    mine = select(BrandMember).where(
        BrandMember.program_id == caller.program_id, BrandMember.member_id == body.member_id
    )

    def prepare() -> Wanted:
        vault = service.client.custody.vault(service.signer.address, body.member_id)
        return Wanted(calls.enroll(body.member_id), schemas.EnrollmentDetails(member_id=body.member_id, vault=vault))

    def known(session: Session) -> Action | None:
        return _announcement(session, session.scalars(mine).one_or_none())

    def keep(session: Session, add: Add) -> Action:
        member = session.scalars(mine.with_for_update()).one_or_none()
        earlier = _announcement(session, member)
        if earlier is not None:
            return earlier
        action = add()
        if member is None:
            member = BrandMember(
                program_id=caller.program_id,
                member_id=body.member_id,
                vault=action.details["vault"],
                created_at=int(time.time()),
            )
            session.add(member)
        member.action_number = action.number
        session.flush()
        return action

    asked = ActionRequest(ENROLLMENT, caller.program_id, key, fingerprint)
    return service.asking.ask(
        asked, prepare, lambda session, _: _members(session, [session.scalars(mine).one()])[0], keep=keep, known=known
    ).response()


@router.get("", responses=declared(401, 403))
def page(service: Served, caller: Reader, limit: Limit = 50, before: Before = None) -> schemas.MemberPage:
    """List the members that were announced, the newest first."""
    query = select(BrandMember).where(BrandMember.program_id == caller.program_id)
    with Session(service.engine) as session:
        found = newest(session, query, BrandMember.number, limit, before)
        return schemas.MemberPage(items=_members(session, found), next=following(found, limit))


@router.get("/{member_id}", responses=declared(401, 403, 404))
def one(member_id: MemberPath, service: Served, caller: Reader) -> schemas.Member:
    """Show a member: their vault, and whether it is on the chain. What is in it, /v1/custody says."""
    query = select(BrandMember).where(BrandMember.program_id == caller.program_id, BrandMember.member_id == member_id)
    missing = problem("not-found", "There is no member with id {id} here. Check the id, or enroll it.", id=member_id)
    with Session(service.engine) as session:
        return _members(session, [one_row(session, query, missing)])[0]


def _announcement(session: Session, member: BrandMember | None) -> Action | None:
    """The action that announces a member, or has done so; none if it has failed."""
    action = None if member is None else session.get_one(Action, member.action_number)
    return None if action is None or action.state == ActionState.FAILED else action


def _members(session: Session, members: Sequence[BrandMember]) -> list[schemas.Member]:
    latest = view("members_latest")
    query = select(latest.c.vault, latest.c.enrolled, latest.c.deployed).where(
        latest.c.vault.in_([member.vault for member in members])
    )
    vaults = {row.vault: row for row in session.execute(query)}
    actions = select(Action).where(Action.number.in_([member.action_number for member in members]))
    by_number = {action.number: action for action in session.scalars(actions)}
    return [
        schemas.Member(
            member_id=member.member_id,
            vault=member.vault,
            enrolled=member.vault in vaults and bool(vaults[member.vault].enrolled),
            deployed=member.vault in vaults and bool(vaults[member.vault].deployed),
            created_at=member.created_at,
            enrollment=schemas.Enrollment.of(by_number[member.action_number]),
        )
        for member in members
    ]
