"""For those who watch the service: is it alive, can it do its work, and how much does it do."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from fec.chain.rpc import clear_errors
from fec.i18n.errors import FECError
from fec.relayer.models import RelayTransaction
from fec.service.context import Served, Service
from fec.service.http.counters import answers
from fec.service.http.problems import declared
from fec.service.models import Action, Invoice

router = APIRouter(tags=["health"])

#: Blocks that the index may be behind before the service says that it is not ready.
_MOST_BEHIND = 25
#: Gas that the relayer should be able to pay for at least, at the price of now.
_LEAST_GAS = 2_000_000


class Health(BaseModel):
    """Alive."""

    status: str


class Check(BaseModel):
    """One thing that the service needs."""

    ok: bool
    detail: str


class Readiness(BaseModel):
    """Whether the service can do its work."""

    ready: bool
    checks: dict[str, Check]


@router.get("/healthz", responses=declared())
def healthz() -> Health:
    """Say that the process answers."""
    return Health(status="ok")


@router.get(
    "/readyz",
    responses={**declared(), 503: {"model": Readiness, "description": "Not ready."}},
)
def readyz(service: Served, response: Response) -> Readiness:
    """Say whether database, chain, index and relayer are as they should be."""
    checks = service.recent.get("checks", lambda: {name: _check(probe, service) for name, probe in _PROBES.items()})
    ready = all(check.ok for check in checks.values())
    response.status_code = 200 if ready else 503
    return Readiness(ready=ready, checks=checks)


@router.get(
    "/metrics",
    response_class=Response,
    responses={**declared(), 200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(service: Served) -> Response:
    """Give figures for Prometheus."""
    service.recent.get("figures", lambda: _gauge(service))
    return Response(generate_latest(service.metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _check(probe: Any, service: Service) -> Check:
    try:
        ok, detail = probe(service)
    except (FECError, DBAPIError) as error:
        # The sentence may name the address of the chain or the database, which is nobody's business here.
        ok, detail = False, type(error).__name__
    return Check(ok=ok, detail=detail)


def _database(service: Service) -> tuple[bool, str]:
    with Session(service.engine) as session:
        session.execute(select(1))
    return True, "answers"


def _chain(service: Service) -> tuple[bool, str]:
    return True, f"block {_head(service)}"


def _index(service: Service) -> tuple[bool, str]:
    behind = max(0, _head(service) - service.index.cursor().block)
    return behind <= _MOST_BEHIND, f"{behind} blocks behind"


def _relayer(service: Service) -> tuple[bool, str]:
    with clear_errors():
        coin = service.web3.eth.get_balance(service.relayer.address)
        needed = _LEAST_GAS * service.web3.eth.gas_price
    return coin >= needed, "has coin for gas" if coin >= needed else f"{service.relayer.address} needs coin for gas"


def _queue(service: Service) -> tuple[bool, str]:
    waiting = service.relayer.waiting()
    if waiting is None:
        return True, "nothing waits for a block"
    return waiting.seconds <= service.settings.stalled_after, f"nonce {waiting.nonce} waits for {waiting.seconds} s"


def _limits(service: Service) -> tuple[bool, str]:
    counted = answers(service.counter)
    return counted, "requests are counted" if counted else "where requests are counted does not answer"


def _budget(service: Service) -> tuple[bool, str]:
    limit, (spent, _) = service.relayer.budget.key, service.relayer.spent()
    if not limit:
        return True, "no budget is set"
    return spent < limit, f"{100 * spent // limit}% of today's is spent"


_PROBES = {
    "database": _database,
    "chain": _chain,
    "index": _index,
    "relayer": _relayer,
    "queue": _queue,
    "budget": _budget,
    "limits": _limits,
}


def _head(service: Service) -> int:
    with clear_errors():
        return int(service.web3.eth.block_number)


def _gauge(service: Service) -> None:
    """Brings the figures up to date that nobody counts."""
    figures = service.metrics
    with Session(service.engine) as session:
        for status, count in session.execute(select(Invoice.status, func.count()).group_by(Invoice.status)):
            figures.invoices.labels(str(status)).set(count)
        for kind, state, count in session.execute(
            select(Action.kind, Action.state, func.count()).group_by(Action.kind, Action.state)
        ):
            figures.actions.labels(kind, str(state)).set(count)
        for relay, count in session.execute(
            select(RelayTransaction.state, func.count()).group_by(RelayTransaction.state)
        ):
            figures.relays.labels(str(relay)).set(count)
    waiting = service.relayer.waiting()
    figures.oldest.set(0 if waiting is None else waiting.seconds)
    spent, by_purse = service.relayer.spent()
    figures.spent.clear()
    for purse, wei in {"all": spent, **by_purse}.items():
        figures.spent.labels(purse).set(wei)
    figures.budget.set(service.relayer.budget.key or 0)
    block = service.index.cursor().block
    figures.index_block.set(block)
    try:
        figures.index_lag.set(max(0, _head(service) - block))
        with clear_errors():
            figures.coin.set(service.web3.eth.get_balance(service.relayer.address))
    except FECError:
        # The chain does not answer: what was known last stays, and readiness says so.
        return
