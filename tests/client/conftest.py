"""One Anvil with one deployment for all tests of the client; each test leaves the chain as it found it."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount

from fec.chain.anvil import Anvil
from fec.chain.deployments import Deployment
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import HOUR, WEEK
from fec.protocol.orders import Invoice, Order
from fec.protocol.terms import Terms, Tier
from fec.protocol.types import Node
from tests.fixtures.deployed import MONDAY, anvil, chain, deployment

__all__ = ["anvil", "chain", "deployment"]


@pytest.fixture(scope="session")
def accounts(anvil: Anvil) -> list[LocalAccount]:
    return anvil.accounts


@pytest.fixture
def owner(chain: Anvil, deployment: Deployment, accounts: list[LocalAccount]) -> Client:
    """Deployed the contracts and holds the genesis supply."""
    return Client(chain.web3, deployment, accounts[0])


@pytest.fixture
def alice(owner: Client, accounts: list[LocalAccount]) -> Client:
    owner.transfer(accounts[1].address, 100_000 * WEI_PER_FEC)
    return owner.signed_by(accounts[1])


@pytest.fixture
def bob(owner: Client, accounts: list[LocalAccount]) -> Client:
    """Has no FEC."""
    return owner.signed_by(accounts[2])


@pytest.fixture
def node(alice: Client) -> Node:
    """One ADN of Alice's, just minted."""
    return alice.nodes.get(alice.nodes.mint(1, 1_000 * WEI_PER_FEC).token_id)


@pytest.fixture
def weeks_later(chain: Anvil) -> Callable[[int], int]:
    """Lets whole weeks pass; returns the time then."""

    def travel(weeks: int) -> int:
        chain.travel_to(chain.now + weeks * WEEK)
        return chain.now

    return travel


# ------------------------------------------------------------------- orders


@pytest.fixture
def signer(accounts: list[LocalAccount]) -> LocalAccount:
    """The key that signs the shop's invoices."""
    return accounts[4]


@pytest.fixture
def cause(accounts: list[LocalAccount]) -> str:
    return accounts[5].address


@pytest.fixture
def terms(accounts: list[LocalAccount], signer: LocalAccount, cause: str) -> Terms:
    """Two tiers, and 1 % to a cause."""
    return Terms(
        signer=signer.address,
        treasury=accounts[6].address,
        tiers=(Tier(0, 1_000), Tier(100, 2_000)),
        donation_bps=100,
        causes=(cause,),
    )


@pytest.fixture
def shop(owner: Client, accounts: list[LocalAccount]) -> Client:
    """Operates a program; has some FEC."""
    owner.transfer(accounts[3].address, 100_000 * WEI_PER_FEC)
    return owner.signed_by(accounts[3])


@pytest.fixture
def program_id(owner: Client, shop: Client, terms: Terms) -> int:
    """The shop's program, with Checkout as its issuer."""
    created = owner.programs.create(
        shop.address, issuer=owner.orders.address, period_length=WEEK, origin=MONDAY, quota=10_000 * WEI_PER_FEC
    )
    shop.terms.set(created.program_id, terms)
    return created.program_id


@pytest.fixture
def shopper(alice: Client) -> Client:
    """Alice, who lets Checkout take what she owes."""
    alice.orders.approve(100_000 * WEI_PER_FEC)
    return alice


@pytest.fixture
def order(alice: Client, signer: LocalAccount, program_id: int) -> Callable[..., Order]:
    """Makes orders of Alice's for 100 FEC, signed by the program's signer; each with an id of its own."""
    numbers = count(1)

    def make(amount: int = 100 * WEI_PER_FEC, customer: str | None = None, **choices: Any) -> Order:
        invoice = Invoice(program_id, f"A-{next(numbers)}", amount, "USD 1.00", alice.now() + HOUR)
        return Order(invoice, alice.orders.sign(invoice, signer), customer or alice.address, **choices)

    return make
