"""What a member has signed, sent once: the same for vaults of a brand and for vaults of nobody's brand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eth_hash.auto import keccak
from fastapi.responses import JSONResponse
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from fec.chain import deployments
from fec.core.node_id import NodeId
from fec.indexer.views import view
from fec.protocol.addresses import checked_address
from fec.protocol.members import account_of
from fec.service.actions.asking import ActionRequest, Add, Wanted
from fec.service.actions.schemas import Action as ActionModel
from fec.service.context import Service
from fec.service.http.problems import problem
from fec.service.models import Action, ActionState, Invoice
from fec.service.orders.lookup import any_invoice, payable


def invoice_of(service: Service, invoice_id: str) -> Invoice:
    """An invoice of this service. Raises a problem."""
    with Session(service.engine) as session:
        return any_invoice(session, invoice_id)


def in_vault(service: Service, vault: str, texts: Sequence[str]) -> list[int]:
    """Nodes that are in a vault, by the index: the service pays for gas to move no others. Raises a problem."""
    token_ids = list(map(int, texts))
    nodes = view("nodes_latest")
    query = select(nodes.c.token_id).where(nodes.c.owner == vault, nodes.c.token_id.in_(token_ids))
    with Session(service.engine) as session:
        held = set(session.scalars(query))
    for token_id in token_ids:
        if token_id not in held:
            raise problem("not-found", "Node {id} is not in this vault. Leave it out.", id=_name(token_id))
    return token_ids


def _name(token_id: int) -> str:
    try:
        return NodeId.decode(token_id).name
    except ValueError:
        return str(token_id)


def digest_of(member_id: str, body: str) -> str:
    """What tells an instruction that is sent again from another one; `member_id` is the vault's address without one."""
    return "0x" + keccak(f"{member_id} {body}".encode()).hex()


def check_signer(service: Service, signer: str) -> None:
    """Raises a problem for Relay as a signer.

    Custodian takes its caller for the signer: a vault whose signer is Relay is anybody's, and none that is served here.
    """
    if account_of(signer) == checked_address(deployments.contract(service.settings.deployment, "Relay")["address"]):
        raise problem(
            "not-the-member",
            "{signer} is the contract Relay, which calls for anybody. It is no member's signer.",
            signer=signer,
        )


@dataclass(frozen=True)
class Signed:
    """What a member has signed; `digest` is of all that they sent."""

    kind: str
    program_id: int
    digest: str
    invoice: Invoice | None
    whom: list[str]
    """Who answers for it if it fails."""

    @property
    def same(self) -> Select[Action]:
        """All attempts at it."""
        return select(Action).where(
            Action.program_id == self.program_id, Action.kind == self.kind, Action.digest == self.digest
        )


def ask_signed(
    service: Service,
    signed: Signed,
    prepare: Callable[[], Wanted],
    shape_of: type[ActionModel],
) -> JSONResponse:
    """Has sent what a member signed, once; what the contract refuses raises a ContractError."""

    def known(session: Session) -> Action | None:
        return session.scalars(signed.same.where(Action.state != ActionState.FAILED)).first()

    def keep(session: Session, add: Add) -> Action:
        invoice = None if signed.invoice is None else payable(session, signed.invoice)
        # One that has not failed holds the number after those that have: the same once more is refused, and found.
        failed = len(session.scalars(signed.same.where(Action.state == ActionState.FAILED)).all())
        request_key = f"{signed.kind} {signed.digest} {failed + 1}"
        return add(invoice=invoice, digest=signed.digest, request_key=request_key)

    asked = ActionRequest(signed.kind, signed.program_id, whom=signed.whom)
    return service.asking.ask(asked, prepare, lambda _, action: shape_of.of(action), keep=keep, known=known).response()
