"""Who may call: merchants, their API keys, and people who signed in. Of tokens only keyed hashes are kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fec.service.errors import MerchantExists, MerchantUnknown
from fec.service.models import ApiKey, Merchant, Role, SignInNonce, SignInSession
from fec.store import writer
from fec.store.base import table

#: Both kinds of token say what they are, so that scanners of leaked secrets can find them.
_KEY_PREFIX = "fec_key_"
_SESSION_PREFIX = "fec_session_"
_NONCE_SECONDS = 600


@dataclass(frozen=True)
class NewKey:
    """An API key just made; the token is shown now and never again."""

    id: int
    token: str


@dataclass(frozen=True)
class Key:
    """An API key that may be used."""

    id: int
    program_id: int
    role: Role
    sales: bool
    """Whether it may record sales that were paid elsewhere."""


class KeyRing:
    """Merchants, keys and sessions in one database, under one secret."""

    def __init__(self, engine: Engine, secret: bytes) -> None:
        """Takes the database and the secret of the keyed hash."""
        self._engine = engine
        self._writer = writer(engine)
        self._secret = secret

    # --------------------------------------------------------------- merchants

    def add_merchant(self, program_id: int, name: str) -> None:
        """Serves a program from now on. Raises MerchantExists."""
        try:
            with Session(self._writer) as session, session.begin():
                session.add(Merchant(program_id=program_id, name=name, created_at=int(time.time())))
        except IntegrityError as error:
            raise MerchantExists(
                "Program {program} is served already. `fec serve merchant list` shows all.", program=program_id
            ) from error

    def merchants(self) -> list[Merchant]:
        """All merchants, by program."""
        with Session(self._engine) as session:
            return list(session.scalars(select(Merchant).order_by(Merchant.program_id)))

    # -------------------------------------------------------------------- keys

    def add_key(self, program_id: int, role: Role, label: str, *, sales: bool = False) -> NewKey:
        """Makes a key, which may record sales that were paid elsewhere if told so. Raises MerchantUnknown."""
        token = _KEY_PREFIX + secrets.token_urlsafe(32)
        with Session(self._writer) as session, session.begin():
            if session.get(Merchant, program_id) is None:
                raise MerchantUnknown(
                    "Program {program} is not served here. `fec serve merchant add --program {program}` adds it.",
                    program=program_id,
                )
            key = ApiKey(
                program_id=program_id,
                role=role,
                label=label,
                hash=self._hash(token),
                created_at=int(time.time()),
                sales=sales,
            )
            session.add(key)
            session.flush()
            return NewKey(key.id, token)

    def keys(self, program_id: int | None = None) -> list[ApiKey]:
        """All keys, revoked ones too, of one program if named."""
        query = select(ApiKey).order_by(ApiKey.id)
        with Session(self._engine) as session:
            return list(session.scalars(query if program_id is None else query.where(ApiKey.program_id == program_id)))

    def key(self, key_id: int) -> ApiKey:
        """A key by its number. Raises MerchantUnknown if there is none."""
        with Session(self._engine) as session:
            key = session.get(ApiKey, key_id)
        if key is None:
            raise MerchantUnknown("There is no key {key}. `fec serve key list` shows all.", key=key_id)
        return key

    def revoke(self, key_id: int) -> None:
        """Ends a key, at once. Raises MerchantUnknown if there is none of that number."""
        self.key(key_id)
        live = (ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
        with Session(self._writer) as session, session.begin():
            session.execute(update(ApiKey).where(*live).values(revoked_at=int(time.time())))

    def keys_of(self, tokens: Iterable[str]) -> dict[str, Key]:
        """The keys that tokens are, by token, unless they were revoked."""
        hashes = {self._hash(token): token for token in tokens if token.startswith(_KEY_PREFIX)}
        if not hashes:
            return {}
        keys = table(ApiKey).c
        query = select(keys.hash, keys.id, keys.program_id, keys.role, keys.sales)
        with self._engine.connect() as connection:
            found = connection.execute(query.where(keys.hash.in_(hashes), keys.revoked_at.is_(None)))
            return {hashes[row.hash]: Key(row.id, row.program_id, Role(row.role), row.sales) for row in found}

    # ---------------------------------------------------------------- sessions

    def new_nonce(self) -> str:
        """A nonce for one sign-in, within ten minutes."""
        # EIP-4361 takes letters and digits only.
        nonce = secrets.token_hex(16)
        with Session(self._writer) as session, session.begin():
            session.add(SignInNonce(nonce=nonce, expires_at=int(time.time()) + _NONCE_SECONDS))
        return nonce

    def use_nonce(self, nonce: str) -> bool:
        """Takes a nonce away; says whether it was there, and in time."""
        gone = delete(SignInNonce).where(SignInNonce.nonce == nonce, SignInNonce.expires_at > int(time.time()))
        with Session(self._writer) as session, session.begin():
            result = session.execute(gone)
            return isinstance(result, CursorResult) and result.rowcount == 1

    def open_session(self, program_id: int, address: str, seconds: int) -> str:
        """Signs somebody in; gives the token."""
        token = _SESSION_PREFIX + secrets.token_urlsafe(32)
        expires_at = int(time.time()) + seconds
        with Session(self._writer) as session, session.begin():
            session.add(
                SignInSession(hash=self._hash(token), program_id=program_id, address=address, expires_at=expires_at)
            )
        return token

    def session_of(self, token: str) -> SignInSession | None:
        """The session that a token opens, while it lasts."""
        if not token.startswith(_SESSION_PREFIX):
            return None
        with Session(self._engine) as session:
            found = session.get(SignInSession, self._hash(token))
        return found if found is not None and found.expires_at > time.time() else None

    def close_session(self, token: str) -> None:
        """Signs somebody out."""
        with Session(self._writer) as session, session.begin():
            session.execute(delete(SignInSession).where(SignInSession.hash == self._hash(token)))

    def forget_expired(self) -> None:
        """Deletes nonces and sessions that are over."""
        now = int(time.time())
        with Session(self._writer) as session, session.begin():
            session.execute(delete(SignInNonce).where(SignInNonce.expires_at <= now))
            session.execute(delete(SignInSession).where(SignInSession.expires_at <= now))

    def _hash(self, token: str) -> str:
        return hmac.new(self._secret, token.encode(), hashlib.sha256).hexdigest()
