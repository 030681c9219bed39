"""The application: settings and a key in, ASGI out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute

from fec.relayer import TransactionSigner
from fec.service.access import sign_in
from fec.service.context import Service
from fec.service.feed import feed
from fec.service.gathering.plain import Gathering
from fec.service.http import problems, schemas
from fec.service.http.access_log import AccessLog
from fec.service.http.limits import Limits
from fec.service.members import acts, enrolment, top_ups, vaults
from fec.service.operations import health, pages
from fec.service.operations.background import Background
from fec.service.orders import captures, invoices, payments, refunds, stream
from fec.service.reports import reports
from fec.service.reports.figures import PageFigures
from fec.service.rewards import batches, single
from fec.service.sales import claims, files, openings, program, sales, settlements
from fec.service.settings import Settings
from fec.service.shoppers import payouts, shoppers
from fec.service.webhooks import endpoints
from fec.service.webhooks.deliveries import Deliveries

_ROUTERS = (
    invoices.router,
    payments.router,
    refunds.router,
    captures.router,
    single.router,
    batches.router,
    program.router,
    files.router,
    sales.router,
    claims.router,
    openings.router,
    settlements.router,
    enrolment.router,
    vaults.router,
    acts.router,
    top_ups.router,
    shoppers.router,
    payouts.router,
    reports.router,
    endpoints.router,
    feed.router,
    stream.router,
    sign_in.router,
    health.router,
)
_ABOUT: dict[str, Any] = {
    "title": "FEC service",
    "summary": "Invoices, payments without gas, refunds and captures for merchants.",
    # The API's, as its paths have it; the package's own changes with every release.
    "version": "1",
}


def create_app(settings: Settings, signer: TransactionSigner) -> FastAPI:
    """The service, as ASGI. `signer` signs invoices and sends transactions. Raises what `Service` raises."""
    service = Service(settings, signer)
    deliveries = Deliveries(service.engine, settings.secret, settings.webhooks)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        background = Background(service, deliveries)
        app.state.background = background
        background.start()
        try:
            yield
        finally:
            background.stop()
            service.close()

    app = FastAPI(**_ABOUT, routes=_routes(), lifespan=lifespan, redirect_slashes=False)
    app.state.service = service
    app.state.deliveries = deliveries
    app.state.figures = PageFigures(settings.database)
    if settings.pages:
        app.include_router(pages.router_of(service))
    problems.install(app)
    # The library's own way to change it.
    setattr(app, "openapi", lambda: _described(app))  # noqa: B010
    # From the inside out: what is done for many at once, pages that may call, what is let in, who keeps the record.
    app.add_middleware(Gathering, service=service)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_credentials=True,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Last-Event-ID"],
            expose_headers=["ETag", "Retry-After", "X-Request-ID", "Idempotency-Replayed"],
        )
    app.add_middleware(Limits, settings=settings, counter=service.counter)
    app.add_middleware(AccessLog, metrics=service.metrics)
    return app


def openapi_document() -> dict[str, Any]:
    """What `/openapi.json` serves, without a chain or a database."""
    return _described(FastAPI(**_ABOUT, routes=_routes()))


def _routes() -> list[BaseRoute]:
    """All routes, as they are. An included router would have each of its routes made anew when it is first asked."""
    return [route for router in _ROUTERS for route in router.routes]


def _described(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes, openapi_version="3.1.0"
        )
        known = document.setdefault("components", {}).setdefault("schemas", {})
        known["Problem"] = schemas.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        app.openapi_schema = document
    return app.openapi_schema
