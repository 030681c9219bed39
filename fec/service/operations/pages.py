"""The web pages, handed out beside the API: wallet, pay, merchant, transparency."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from fec.pages import bundle
from fec.service.context import Service


def router_of(service: Service) -> APIRouter:
    """Routes of the pages, told of the service's chain and merchants. Raises PagesMissing if they were not built."""
    found = bundle.Pages(_configuration(service))
    router = APIRouter(include_in_schema=False)

    def answer(request: Request) -> Response:
        asked = request.headers
        if request.url.path == bundle.CONFIGURATION:
            # Merchants come and are named while the service runs.
            found.configure(_configuration(service))
        page = found.get(request.url.path, known=asked.get("if-none-match"), accepted=asked.get("accept-encoding", ""))
        if page is None:
            raise LookupError("routed for paths of pages only")
        return Response(page.body, page.status, dict(page.headers))

    for path in found.paths:
        router.add_api_route(path, answer, methods=["GET", "HEAD"])
    return router


def _configuration(service: Service) -> dict[str, object]:
    settings = service.settings
    return bundle.config(
        settings.deployment,
        rpc=settings.pages_rpc,
        service="",
        names={merchant.program_id: merchant.name for merchant in service.keys.merchants()},
        walletconnect=settings.walletconnect,
        passkey_gas=service.passkey_gas,
    )
