"""A merchant's charts, and the protocol's: their data as JSON, and drawn."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from fec.core.amounts import exact_fec
from fec.service.access.auth import Reader
from fec.service.context import Served, Service
from fec.service.http.images import SVG
from fec.service.http.problems import declared
from fec.service.reports import schemas
from fec.service.reports.figures import PageFigures
from fec.service.reports.pictures import Looking, picture

router = APIRouter(prefix="/v1/reports", tags=["reports"])

Name = Literal["flowback", "cohorts", "liability"]


def figures_of(request: Request) -> PageFigures:
    """The figures that the application makes."""
    figures: PageFigures = request.app.state.figures
    return figures


Made = Annotated[PageFigures, Depends(figures_of)]


@router.get("/supply", responses=declared(501, 503))
async def supply(service: Served, figures: Made) -> schemas.Report:
    """Say what exists and what is owed, through time. For anybody."""
    return await _supply(service, figures)


@router.get("/supply.svg", response_class=Response, responses={**declared(501, 503), **SVG})
async def supply_svg(service: Served, figures: Made, look: Looking) -> Response:
    """Draw what exists and what is owed, through time. For anybody."""
    report = await _supply(service, figures)
    return await run_in_threadpool(picture, "supply", report.data, look)


@router.get("/{name}.svg", response_class=Response, responses={**declared(401, 403, 501, 503), **SVG})
async def drawing(name: Name, figures: Made, caller: Reader, look: Looking) -> Response:
    """Draw what flows back when, cohorts of shoppers, or how the liability rolls forward."""
    report = await _report(figures, caller.program_id, name)
    return await run_in_threadpool(picture, name, report.data, look)


@router.get("/{name}", responses=declared(401, 403, 501, 503))
async def one(name: Name, figures: Made, caller: Reader) -> schemas.Report:
    """Say what flows back when, which cohorts of shoppers came back, or how the liability rolls forward, in FEC.

    Figures may be of a minute ago, or of longer for large shops: `asOf` says of when.
    """
    return await _report(figures, caller.program_id, name)


async def _supply(service: Service, figures: PageFigures) -> schemas.Report:
    report = await _report(figures, None, "supply")
    now = await run_in_threadpool(service.client.figures)
    return schemas.Report(as_of=report.as_of, data={**report.data, "cap": exact_fec(now.cap)})


async def _report(figures: PageFigures, program_id: int | None, name: str) -> schemas.Report:
    found = await figures.of(program_id)
    return schemas.Report(as_of=found["asOf"], data=found[name])
