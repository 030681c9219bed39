"""Signing in with Ethereum (EIP-4361): the operator of a program on the chain is its manager here."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from fec.chain.signatures import has_signed
from fec.i18n.errors import NotFound
from fec.protocol import sign_in_message
from fec.protocol.signing import text_hash
from fec.service.access import schemas
from fec.service.access.auth import Reader
from fec.service.actions.guard import subjects
from fec.service.context import Served, Service
from fec.service.http.problems import Problem, declared, problem
from fec.service.models import Merchant, Role
from fec.service.settings import SESSION_COOKIE

router = APIRouter(prefix="/v1/session", tags=["session"])


@router.post("/nonce", status_code=201, responses=declared())
def nonce(service: Served) -> schemas.Nonce:
    """Get a nonce for one sign-in, to be put into the EIP-4361 message with the domain and the chain given."""
    return schemas.Nonce(
        nonce=service.keys.new_nonce(),
        domain=service.settings.domain,
        chain_id=service.settings.deployment["chainId"],
    )


@router.post("", status_code=201, responses=declared(403, 404))
def sign_in(body: schemas.SignIn, service: Served, response: Response) -> schemas.SignedIn:
    """Sign in with a signed EIP-4361 message, as the operator of a program."""
    with Session(service.engine) as session:
        if session.get(Merchant, body.program_id) is None:
            raise problem(
                "not-found", "Program {program} is not served here. Check its number.", program=body.program_id
            )
    address = _verified(service, body.message, body.signature)
    try:
        operator = service.client.programs.get(body.program_id).operator
    except NotFound:
        operator = None
    if operator != address:
        raise problem(
            "sign-in-refused",
            "{address} does not operate program {program}. Sign in as its operator.",
            address=address,
            program=body.program_id,
        )
    token = service.keys.open_session(body.program_id, address, service.settings.session_seconds)
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=service.settings.session_seconds,
        path="/v1",
        secure=service.settings.secure,
        httponly=True,
        samesite="strict",
    )
    return schemas.SignedIn(token=token, program_id=body.program_id, address=address, role=Role.MANAGER)


@router.get("", responses=declared(401, 403))
def who(caller: Reader) -> schemas.Me:
    """Say who calls."""
    return schemas.Me(program_id=caller.program_id, role=caller.role, name=caller.name)


@router.delete("", status_code=204, response_class=Response, responses=declared(401, 403))
def sign_out(request: Request, service: Served, _: Reader) -> Response:
    """End the session. An API key stays: revoke it where it was made."""
    bearer = request.headers.get("authorization", "").partition(" ")[2]
    service.keys.close_session(bearer or request.cookies.get(SESSION_COOKIE, ""))
    response = Response(status_code=204)
    response.delete_cookie(SESSION_COOKIE, path="/v1")
    return response


def _verified(service: Service, text: str, signature: str) -> str:
    """Who signed a message that is for this service, this chain and now. Raises a problem."""
    try:
        message = sign_in_message.read(text)
    except ValueError as error:
        raise _refused("It is no message of EIP-4361.") from error
    if message.domain not in service.settings.domains:
        raise _refused("It was signed for another domain.")
    if message.chain_id != service.settings.deployment["chainId"]:
        raise _refused("It was signed for another chain.")
    if not service.keys.use_nonce(message.nonce):
        raise _refused("Its nonce was used before, is too old, or was never given.")
    now = datetime.now(UTC)
    if (message.begins is not None and now < message.begins) or (message.ends is not None and now >= message.ends):
        raise _refused("It is too old, or not valid yet.")
    with service.guard.simulating(subjects(("signer", message.address))):
        signed = has_signed(service.web3, message.address, text_hash(text), signature)
    if not signed:
        raise _refused("Somebody else signed it.")
    return message.address


def _refused(reason: str) -> Problem:
    return problem("sign-in-refused", "{reason} Get a new nonce, and sign again.", reason=reason)
