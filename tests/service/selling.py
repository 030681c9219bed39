"""A shop whose sales are paid elsewhere: what it sends, and the rounds of the job that settles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.service.models import Action, ActionState, Role
from fec.service.sales import settling
from tests.fixtures.chains import settle
from tests.fixtures.waiting import until

if TYPE_CHECKING:
    from tests.service.conftest import ServiceClient, Shop

#: Between settlements, in seconds.
PERIOD = 3_600


def recorder(start: ServiceClient, program_id: int, **settings: Any) -> ServiceClient:
    """A manager whose key may record sales of a program, at 100 FEC for a MYR."""
    client = start.as_(program_id, Role.MANAGER, sales=True)
    given = {"currency": "MYR", "returnWindow": 0, "period": PERIOD, **settings}
    assert client.call("POST", "/v1/sales/settings", given).status_code == 200
    client.post("/v1/sales/rates", {"currency": "MYR", "since": 0, "rate": "100"})
    return client


def sale(order_id: str = "S-1", amount: str = "12.50", **more: Any) -> dict[str, Any]:
    return {"orderId": order_id, "amount": amount, "paidBy": "cash", **more}


def fund(chain: Anvil, shop: Shop, amount: int = 10_000 * FEC, allowance: int | None = None) -> None:
    """The service's key has so much FEC, and Checkout may burn it. A period has just begun."""
    owner = Client(chain.web3, shop.deployment, chain.accounts[0])
    _begin_period(chain, owner)
    owner.transfer(shop.signer.address, amount)
    owner.signed_by(shop.signer).orders.approve(amount if allowance is None else allowance)


def pass_period(chain: Anvil, client: ServiceClient) -> None:
    """Sales that are due now are settled from now on."""
    _begin_period(chain, client.service.client)


def _begin_period(chain: Anvil, client: Client) -> None:
    """A second into the next one: what is due at the very end of a period is settled then."""
    now = client.now()
    chain.travel_to(now - now % PERIOD + PERIOD + 1)


def watch(chain: Anvil, client: ServiceClient) -> None:
    """What was asked of the chain comes to its end, for a service that does not look by itself."""

    def open_actions() -> int:
        settle(chain)
        client.service.relayer.tick()
        return client.service.outbox.tend()

    until(open_actions, lambda count: not count)
    # What the last look has sent again, for an action that had ended before.
    settle(chain)


def settle_all(chain: Anvil, client: ServiceClient) -> None:
    """A round of the job, its settlement, and the round that notes it."""
    settling.work(client.service)
    watch(chain, client)
    settling.work(client.service)


def indexed(client: ServiceClient) -> None:
    """The index has every block."""
    until(lambda: client.service.index.cursor().block, lambda block: block >= client.service.web3.eth.block_number)


def asked(client: ServiceClient, kind: str) -> list[str]:
    """How actions of a kind stand."""
    with Session(client.service.engine) as session:
        query = select(Action.state).where(Action.kind == kind).order_by(Action.number)
        return [ActionState(state).value for state in session.scalars(query)]
