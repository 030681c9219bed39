"""What is done with vaults of nobody's brand: pay, and whatever else their signers sign; sent without gas.

There is no API key: nothing moves without a signature of one of the vault's signers. The service takes signers whose
checks run nobody's code but the deployment's: accounts and passkeys. It simulates, sends, and one of its merchants pays
for gas: who sold, or for acts the one that the page names. Anybody else could send the same.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from web3 import Web3

from fec.chain import deployments
from fec.chain.rpc import clear_errors
from fec.core.amounts import exact_fec
from fec.core.durations import DAY
from fec.i18n.errors import InvalidArgument
from fec.protocol import calls
from fec.protocol.acts import Act, ActKind, Instruction
from fec.protocol.members import Member, account_of, code_of
from fec.protocol.signing import plain
from fec.service.actions.asking import Wanted
from fec.service.actions.guard import asked_from, subjects
from fec.service.context import Served, Service
from fec.service.http.problems import declared, later, problem
from fec.service.http.rows import one_row
from fec.service.http.schemas import Account, Identity
from fec.service.members import schemas
from fec.service.members.signed import Signed, ask_signed, check_signer, digest_of, in_vault, invoice_of
from fec.service.models import Action, Merchant
from fec.service.orders.lookup import SPEND, check_worth, order_of

router = APIRouter(prefix="/v1/vaults/{vault}", tags=["vaults"])

ACTS = "acts"

Vault = Annotated[Account, Path(description="The vault's address.")]


@router.get("", responses=declared())
def show(vault: Vault, service: Served) -> schemas.VaultState:
    """Show a vault as the chain has it: its signers, coins and successor."""
    custody = service.client.custody
    with clear_errors():
        code = service.web3.eth.get_code(Web3.to_checksum_address(vault))
    signers = [
        schemas.VaultSigner(
            signer=stored.signer, removable_from=stored.removable_from, next_nonce=custody.nonce(vault, stored.signer)
        )
        for stored in custody.signers(vault)
    ]
    return schemas.VaultState(
        vault=vault,
        deployed=bool(code),
        coins=exact_fec(service.client.balance(vault)),
        signers=signers,
        successor=custody.successor(vault),
        passkey_gas=service.passkey_gas,
    )


@router.post("/spends", status_code=202, response_model=schemas.VaultSpend, responses=declared(403, 404, 409))
def spend(vault: Vault, body: schemas.NewVaultSpend, service: Served) -> JSONResponse:
    """Send a payment out of a vault. Sent again, it is the same payment, and is answered alike."""
    _check_served(service, body.signer)
    invoice = invoice_of(service, body.invoice_id)
    order = order_of(invoice, vault, body.min_principal, body.cause)

    def prepare() -> Wanted:
        check_worth(service, invoice.amount)
        token_ids = in_vault(service, vault, body.token_ids)
        signature = plain(body.signer, service.client.custody.spend_message(order).hash, body.signature)
        call = calls.spend(Member(body.brand, body.signer, body.salt), order, token_ids, signature)
        return Wanted(call, schemas.VaultSpendDetails(invoice_id=invoice.id, vault=vault))

    whom = subjects(("invoice", invoice.number), ("vault", vault))
    signed = Signed(SPEND, invoice.program_id, digest_of(vault, body.model_dump_json()), invoice, whom)
    return ask_signed(service, signed, prepare, schemas.VaultSpend)


@router.post("/acts", status_code=202, response_model=schemas.Acts, responses=declared(403, 404, 409))
def act(vault: Vault, body: schemas.NewActs, service: Served) -> JSONResponse:
    """Send acts that a signer of a vault has signed. Sent again, it is the same instruction, and is answered alike."""
    _check_served(service, body.signer)
    _check_merchant(service, body.program_id)
    acts = tuple(Act(each.kind, each.data) for each in body.acts)
    instruction = Instruction(vault, body.signer, acts, body.nonce, body.deadline)
    try:
        token_ids = instruction.token_ids
    except InvalidArgument as error:
        # As the contract would, of what the address takes.
        raise problem("refused-by-contract", "{sentence}", sentence=error.message) from error

    whom = subjects(("vault", vault))

    def prepare() -> Wanted:
        _check_today(service, vault, whom)
        in_vault(service, vault, list(map(str, token_ids)))
        signature = plain(body.signer, service.client.custody.acts_message(instruction).hash, body.signature)
        details = schemas.ActsDetails(
            vault=vault, acts=[ActKind(each.kind).name.lower() for each in acts], node_ids=list(map(str, token_ids))
        )
        return Wanted(calls.act(Member(body.brand, body.signer, body.salt), instruction, signature), details)

    signed = Signed(ACTS, body.program_id, digest_of(vault, body.model_dump_json()), None, whom)
    return ask_signed(service, signed, prepare, schemas.Acts)


@router.get("/actions/{action_id}", responses=declared(404))
def one(vault: Vault, action_id: Identity, service: Served) -> schemas.VaultSpend | schemas.Acts:
    """Show how far a vault's payment or acts have come."""
    query = select(Action).where(
        Action.id == action_id, Action.kind.in_((SPEND, ACTS)), Action.details["vault"].as_string() == vault
    )
    missing = problem(
        "not-found", "Vault {vault} has asked for nothing with id {id}. Check the id.", vault=vault, id=action_id
    )
    with Session(service.engine) as session:
        found = one_row(session, query, missing)
    return schemas.Acts.of(found) if found.kind == ACTS else schemas.VaultSpend.of(found)


def _check_served(service: Service, signer: str) -> None:
    """Raises a problem for a signer whose check would run somebody's code at the service's cost."""
    check_signer(service, signer)
    verifier = deployments.contract(service.settings.deployment, "PasskeyVerifier")["address"]
    if account_of(signer) is None and code_of(signer) != verifier:
        raise problem(
            "not-the-member",
            "The service sends what accounts and passkeys sign. For another verifier, send it from a wallet that pays "
            "for gas itself.",
        )


def _check_merchant(service: Service, program_id: int) -> None:
    query = select(Merchant).where(Merchant.program_id == program_id)
    missing = problem("not-found", "Program {program} is not served here. Name one that is.", program=program_id)
    with Session(service.engine) as session:
        one_row(session, query, missing)


def _check_today(service: Service, vault: str, whom: Sequence[str]) -> None:
    """Raises a problem if as many instructions as may be were sent today, of a vault or for an address on the network.

    A vault costs nothing to make: without the second bound, one person with many could use up all gas.
    """
    midnight = int(time.time()) // DAY * DAY
    count = select(func.count()).select_from(Action).where(Action.kind == ACTS, Action.created_at >= midnight)
    with Session(service.engine) as session:
        of_vault = session.scalar(count.where(Action.details["vault"].as_string() == vault)) or 0
        of_caller = session.scalar(count.where(asked_from(whom))) or 0
    if of_vault >= service.settings.acts_a_day:
        raise later(
            "too-many-at-once",
            DAY - int(time.time()) % DAY,
            "As much as may be was done without gas for vault {vault} today. Ask again tomorrow, or send it from a "
            "wallet that pays for gas itself.",
            vault=vault,
        )
    if of_caller >= service.settings.caller_limits.acts_a_day:
        raise later(
            "too-many-at-once",
            DAY - int(time.time()) % DAY,
            "As much as may be was done without gas from your network today. Ask again tomorrow, or send it from a "
            "wallet that pays for gas itself.",
        )
