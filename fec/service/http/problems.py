"""What goes wrong, as RFC 9457 has it: application/problem+json, in the reader's language where there is one.

raise problem("invoice-expired", "The invoice expired at {expiry:date}. Ask for a new one.", expiry=invoice.expiry)

Titles and sentences are written once, in English, with places for values as `fec.i18n` has them; `language.say` puts
them into the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from fec.client.errors import CustomerRefusesNodes
from fec.i18n import N_, language_tag
from fec.i18n.errors import (
    ContractError,
    FECError,
    InsufficientGasCoin,
    InvalidAmount,
    InvalidArgument,
    InvalidInput,
    LimitExceeded,
    NotAllowed,
    NotFound,
    RPCFailed,
    RPCUnreachable,
    StateConflict,
)
from fec.relayer import BudgetSpent, FeesTooHigh, GasTooHigh
from fec.service.http import schemas
from fec.service.http.language import language_of, say
from fec.service.http.validation import sentence_of

MEDIA_TYPE = "application/problem+json"

#: By kind: HTTP status and title.
KINDS: dict[str, tuple[int, str]] = {
    "invalid-request": (422, N_("The request is not what this address takes")),
    "malformed-request": (400, N_("The request cannot be read")),
    "not-found": (404, N_("There is nothing here")),
    "method-not-allowed": (405, N_("This address does not take that method")),
    "request-too-large": (413, N_("The request is too large")),
    "request-too-slow": (408, N_("The request took too long to arrive")),
    "limits-unavailable": (503, N_("The storage for rate limits does not answer")),
    "too-many-requests": (429, N_("Too many requests")),
    "not-signed-in": (401, N_("Who are you?")),
    "role-too-low": (403, N_("This key may not do that")),
    "origin-not-trusted": (403, N_("This web page may not do that")),
    "sign-in-refused": (403, N_("The sign-in was refused")),
    "not-the-signer": (409, N_("The program's terms name another signer")),
    "order-id-taken": (409, N_("The order id is taken")),
    "order-already-paid": (409, N_("The order was paid before")),
    "invoice-expired": (409, N_("The invoice has expired")),
    "payment-under-way": (409, N_("Another payment is under way")),
    "payment-not-signed": (403, N_("The payer did not sign this payment")),
    "nothing-to-capture": (409, N_("There is nothing to capture")),
    "refund-impossible": (409, N_("There is nothing to refund")),
    "sales-not-allowed": (403, N_("This key may not record sales")),
    "sales-not-set-up": (409, N_("The program takes no sales yet")),
    "sale-refused": (409, N_("The sale cannot be recorded")),
    "sale-final": (409, N_("The sale can no longer be changed")),
    "rate-missing": (409, N_("There is no rate for this currency")),
    "rate-known": (409, N_("There is a rate for this moment")),
    "day-bound-reached": (409, N_("This key has recorded enough today")),
    "code-refused": (403, N_("The claim code is not valid")),
    "code-used": (409, N_("The claim code was used")),
    "nodes-opening": (409, N_("Nodes have to be opened first")),
    "not-opened": (409, N_("The service does not open this node")),
    "idempotency-key-missing": (400, N_("The Idempotency-Key is missing")),
    "idempotency-key-reused": (422, N_("The Idempotency-Key was used for another request")),
    "idempotency-key-busy": (409, N_("The first request with this Idempotency-Key is under way")),
    "too-many-webhooks": (409, N_("There are too many webhooks")),
    "webhook-address-refused": (409, N_("No events can be sent there")),
    "not-the-member": (403, N_("This is not the member's")),
    "failed-too-often": (429, N_("What was sent for you failed too often")),
    "too-many-at-once": (429, N_("Too much at once")),
    "top-ups-spent": (429, N_("As much FEC as may be was sold today")),
    "vault-not-safe": (409, N_("The vault would be lost with one device")),
    "too-little": (409, N_("This is too little to pay gas for")),
    "nothing-to-claim": (409, N_("There is nothing to claim")),
    "nothing-to-open": (409, N_("There is nothing to open")),
    "nothing-to-withdraw": (409, N_("There is nothing to withdraw")),
    "budget-spent": (503, N_("The day's budget for gas is spent")),
    "customer-refuses-nodes": (409, N_("The customer does not accept nodes")),
    "gas-too-high": (409, N_("This takes too much gas")),
    "refused-by-contract": (409, N_("The contract refuses")),
    "chain-unavailable": (503, N_("The chain does not answer")),
    "database-unavailable": (503, N_("The database does not answer")),
    "not-installed": (501, N_("This service has no reports")),
    "figures-unable": (503, N_("There are no figures now")),
    "relayer-unable": (503, N_("The service cannot send transactions now")),
    "internal-error": (500, N_("Something is wrong with the service")),
}
_KEY = ("header", "Idempotency-Key")
#: HTTP status by what kind of refusal a contract's error is.
_REFUSALS = ((NotAllowed, 403), (NotFound, 404), (InvalidInput, 409), (LimitExceeded, 409), (StateConflict, 409))


#: Troubles that the caller has not caused: by error, the kind and the sentence.
_TROUBLES: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    (
        (InsufficientGasCoin, FeesTooHigh),
        "relayer-unable",
        N_("The service's key cannot pay for gas now. Try again later; nothing was sent."),
    ),
    (
        (RPCUnreachable, RPCFailed),
        "chain-unavailable",
        N_("The chain's node does not answer as it should. Try again in a moment."),
    ),
    ((OperationalError,), "database-unavailable", N_("The database does not answer. Try again in a moment.")),
)


#: Refusals of contracts that the service makes too, before it asks: one kind for both.
_KIND_OF = {"Checkout_OrderAlreadyPaid": "order-already-paid"}


class Problem(Exception):
    """Something that the caller is told."""

    def __init__(self, kind: str, detail: str, values: Mapping[str, Any], status: int | None = None) -> None:
        """Takes the kind, the sentence with places for values, the values, and a status other than the kind's."""
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.values = dict(values)
        self.status = status or KINDS[kind][0]
        self.public_values = self.values
        """For machines: the values, or those of the contract's error."""
        self.error: str | None = None
        self.headers: dict[str, str] = {}

    def body(self, language: str, request_id: str | None = None) -> dict[str, Any]:
        """The document, in a language."""
        return schemas.Problem(
            type=f"urn:fec:problem:{self.kind}",
            title=say(KINDS[self.kind][1], {}, language),
            status=self.status,
            detail=say(self.detail, self.values, language),
            error=self.error,
            values={name: safe(value) for name, value in self.public_values.items()},
            request_id=request_id,
        ).dump()


def problem(kind: str, detail: str, **values: Any) -> Problem:
    """A problem to raise. `detail` says what is wrong and what to do next, with places for values: `{left:fec}`."""
    return Problem(kind, detail, values)


def later(kind: str, pause: int, detail: str, **values: Any) -> Problem:
    """A problem that is over in so many seconds, as Retry-After says."""
    found = problem(kind, detail, **values)
    found.headers["Retry-After"] = str(pause)
    return found


def of_error(error: Exception) -> Problem:
    """The problem that an error of the package is."""
    if isinstance(error, ContractError):
        status = next((status for kind, status in _REFUSALS if isinstance(error, kind)), 409)
        found = Problem(
            _KIND_OF.get(error.name, "refused-by-contract"), "{sentence}", {"sentence": error.message}, status
        )
        found.error, found.public_values = error.name, error.values
        return found
    if isinstance(error, CustomerRefusesNodes):
        return problem("customer-refuses-nodes", "{sentence}", sentence=error.message)
    if isinstance(error, BudgetSpent):
        return later("budget-spent", error.seconds, "{sentence}", sentence=error.message)
    if isinstance(error, InvalidAmount | InvalidArgument | GasTooHigh):
        kind = "gas-too-high" if isinstance(error, GasTooHigh) else "invalid-request"
        return problem(kind, "{sentence}", sentence=error.message)
    for kinds, kind, sentence in _TROUBLES:
        if isinstance(error, kinds):
            return problem(kind, sentence)
    return problem("internal-error", "This was not foreseen; it is in the service's log. Try again, or report it.")


def safe(value: Any) -> Any:
    """A value for JSON: whole numbers as text, for many readers take no large ones."""
    if isinstance(value, bool) or value is None:
        return value
    return str(value) if isinstance(value, int) else value if isinstance(value, str | list | dict) else str(value)


def answer(found: Problem, request: Request) -> JSONResponse:
    """A problem as the answer to a request."""
    language = language_of(request.headers.get("accept-language"))
    request_id = getattr(request.state, "request_id", None)
    headers = {**found.headers, "Content-Language": language_tag(language), "Vary": "Accept-Language"}
    return JSONResponse(found.body(language, request_id), found.status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Has all that goes wrong in an application answered as a problem."""

    def on_problem(request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, Problem):
            raise TypeError("registered for problems only")
        return answer(error, request)

    def on_error(request: Request, error: Exception) -> JSONResponse:
        request.state.error = error
        return answer(of_error(error), request)

    def on_invalid(request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, RequestValidationError):
            raise TypeError("registered for invalid requests only")
        errors = [{"where": "/".join(map(str, one["loc"])), "what": sentence_of(one)} for one in error.errors()[:10]]
        if any(one["type"] == "missing" and one["loc"] == _KEY for one in error.errors()):
            missing = problem("idempotency-key-missing", "Choose a key for this, and send it as Idempotency-Key.")
            return answer(missing, request)
        found = problem(
            "invalid-request",
            "{where}: {what}. Correct that and send it again.",
            where=errors[0]["where"],
            what=errors[0]["what"],
            errors=errors,
        )
        return answer(found, request)

    def on_http(request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, HTTPException):
            raise TypeError("registered for HTTP errors only")
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            found = problem(
                "method-not-allowed", "The address is right, the method is not. /openapi.json says which is."
            )
        elif error.status_code == HTTPStatus.NOT_FOUND:
            found = problem("not-found", "Nothing is at this address. /openapi.json lists those that there are.")
        else:
            found = problem(
                "malformed-request",
                "The request cannot be read. Send what /openapi.json describes, as JSON.",
                reason=str(error.detail),
            )
            found.status = error.status_code
        found.headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            found.headers["Allow"] = ", ".join(_methods(app, request))
        return answer(found, request)

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(FECError, on_error)
    app.add_exception_handler(OperationalError, on_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)


def _methods(app: FastAPI, request: Request) -> list[str]:
    """What an address takes: each method has a route of its own, and the framework names the first one's only."""
    matching = (
        route for route in app.routes if route.matches({**request.scope, "path": request.url.path})[0] != Match.NONE
    )
    return sorted({method for route in matching for method in getattr(route, "methods", None) or ()})


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of an operation, for its description; those that every operation has are added."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    always = (400, 413, 422, 429, 500, 503)
    return {
        status: {"description": "A problem (RFC 9457).", "content": content} for status in sorted({*statuses, *always})
    }
