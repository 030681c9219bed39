"""Virtual authenticators of Chromium, through the DevTools protocol: what a phone's fingerprint reader is to a page."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

_OPTIONS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "automaticPresenceSimulation": True,
}


class Authenticator:
    """One device's authenticator, in one page."""

    def __init__(self, page: Page, *, verified: bool = True) -> None:
        """Takes the page. Without `verified` the finger is none that the device knows."""
        self._session = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        added = self._session.send(
            "WebAuthn.addVirtualAuthenticator", {"options": {**_OPTIONS, "isUserVerified": verified}}
        )
        self._id = added["authenticatorId"]

    @property
    def credentials(self) -> list[dict[str, Any]]:
        """Its passkeys, with their keys."""
        found = self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._id})
        credentials: list[dict[str, Any]] = found["credentials"]
        return credentials

    def take(self, credential: dict[str, Any]) -> None:
        """Has a passkey of another device, as a provider brings it there."""
        self._session.send("WebAuthn.addCredential", {"authenticatorId": self._id, "credential": credential})

    def verify(self, verified: bool) -> None:
        """Whether it knows the finger from now on."""
        given = {"authenticatorId": self._id, "isUserVerified": verified}
        self._session.send("WebAuthn.setUserVerified", given)
