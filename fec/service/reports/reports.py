"""A merchant's charts, and the protocol's: their data as JSON, and drawn."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from fec.service.context import Service
from fec.service.http.auth import Reader, Served
from fec.service.http.language import exact
from fec.service.http.problems import declared
from fec.service.http.schemas import Seconds
from fec.service.http.schemas import _Model as Model
from fec.service.reports.pictures import SVG, Looking, picture

router = APIRouter(prefix="/v1/reports", tags=["reports"])

Name = Literal["flowback", "cohorts", "liability"]


class AsOf(Model):
    """The block that a report is of."""

    block: int
    block_hash: str
    timestamp: Seconds


class Report(Model):
    """A chart's data."""

    as_of: AsOf
    data: dict[str, Any] = Field(description="As `fec chart` takes it; docs/reference/charts.md says what is in it.")


@router.get("/supply", response_model=Report, responses=declared(501, 503))
async def supply(service: Served) -> JSONResponse:
    """Say what exists and what is owed, through time. For anybody."""
    return JSONResponse(await _supply(service))


@router.get("/supply.svg", response_class=Response, responses={**declared(501, 503), **SVG})
async def supply_svg(service: Served, look: Looking) -> Response:
    """Draw what exists and what is owed, through time. For anybody."""
    report = await _supply(service)
    return await run_in_threadpool(picture, "supply", report["data"], look)


@router.get("/{name}.svg", response_class=Response, responses={**declared(401, 403, 501, 503), **SVG})
async def drawn(name: Name, service: Served, caller: Reader, look: Looking) -> Response:
    """Draw what flows back when, cohorts of shoppers, or how the liability rolls forward."""
    report = await _report(service, caller.program_id, name)
    return await run_in_threadpool(picture, name, report["data"], look)


@router.get("/{name}", response_model=Report, responses=declared(401, 403, 501, 503))
async def one(name: Name, service: Served, caller: Reader) -> JSONResponse:
    """Say what flows back when, which cohorts of shoppers came back, or how the liability rolls forward, in FEC.

    Figures may be of a minute ago, or of longer for large shops: `asOf` says of when.
    """
    return JSONResponse(await _report(service, caller.program_id, name))


async def _supply(service: Service) -> dict[str, Any]:
    report = await _report(service, None, "supply")
    figures = await run_in_threadpool(service.client.figures)
    return {**report, "data": {**report["data"], "cap": exact(figures.cap)}}


async def _report(service: Service, program_id: int | None, name: str) -> dict[str, Any]:
    found = await service.figures.of(program_id)
    return {"asOf": found["asOf"], "data": found[name]}
