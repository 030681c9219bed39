"""A gasless order through a service on some chain: the shopper signs, the service sends."""

from __future__ import annotations

import tempfile
from pathlib import Path

from eth_account import Account
from fastapi.testclient import TestClient

from fec.core.amounts import WEI_PER_FEC as FEC
from fec.relayer import LocalSigner
from fec.service.app import create_app
from fec.service.models import Role
from fec.service.settings import Settings
from tests.chain.journey import Journey
from tests.fixtures.serving import SECRET
from tests.service.conftest import ServiceClient


def serve(journey: Journey) -> None:
    """Sells to somebody who has FEC and no gas coin."""
    assert journey.deployment is not None
    shopper = Account.from_key(b"\x11" * 32)
    journey.client(journey.owner).transfer(shopper.address, 500 * FEC)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            rpc=journey.url,
            deployment=journey.deployment,
            database=f"sqlite:///{Path(folder) / 'service.sqlite'}",
            secret=SECRET,
            public_url="https://shop.example",
            poll_ms=50,
        )
        app = create_app(settings, LocalSigner(journey.signer))
        app.state.service.keys.add_merchant(journey.program_id, "")
        with TestClient(app, raise_server_exceptions=False) as http:
            cashier = ServiceClient(http, app.state.service).as_(journey.program_id, Role.CASHIER)
            paid = cashier.paid(shopper)
    assert paid["status"] == "paid", paid
    assert journey.client(shopper).balance(shopper.address) == 400 * FEC
