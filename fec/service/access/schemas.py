"""Sign-ins, over the wire."""

from __future__ import annotations

from pydantic import Field

from fec.service.http.schemas import TEXT, Account, Model, Program, Request, Signature
from fec.service.models import Role


class Nonce(Model):
    """For one sign-in, within ten minutes."""

    nonce: str
    domain: str
    chain_id: int


class SignIn(Request):
    """A signed EIP-4361 message."""

    program_id: Program
    message: str = Field(min_length=1, max_length=4_000, pattern=TEXT)
    signature: Signature


class SignedIn(Model):
    """A session: as a cookie, and as a token for those who send none."""

    token: str
    program_id: int
    address: Account
    role: Role


class Me(Model):
    """Who calls."""

    program_id: int
    role: Role
    name: str
