"""The real contracts, doing what a simulated economy says has been done: on an EVM in process, and on Anvil."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Protocol

from fec.chain.anvil import Anvil
from fec.chain.deploy import DeploySettings, deploy
from fec.client.client import Client
from fec.core.durations import DAY
from fec.protocol.orders import Invoice, Order
from fec.protocol.terms import Terms, Tier
from fec.simulate import Purchase, Scenario
from tests.contracts.support.build import shipped
from tests.contracts.support.shop_world import Market, key
from tests.contracts.support.world import deploy_world


@dataclass(frozen=True)
class Books:
    """What a chain, or a simulation, has in its books; in wei. Quotas by kind of merchant."""

    supply: int
    outstanding: int
    budget: int
    quotas: dict[str, int]


class Chain(Protocol):
    """A chain with one program for each kind of merchant."""

    def travel_to(self, timestamp: int) -> None: ...

    def claim(self) -> None: ...

    def grant(self, kind: str, amount: int) -> None: ...

    def pay(self, purchase: Purchase) -> None: ...

    def books(self) -> Books: ...


class InProcess:
    """pyrevm. One account pays for all, and gets the merchants' part back."""

    def __init__(self, scenario: Scenario) -> None:
        coupon = scenario.coupon
        base = deploy_world(coupon.cap, coupon.genesis, coupon.elsewhere)
        base.chain.now = scenario.start
        checkout = base.chain.deploy(shipped("Checkout"), base.adn.address, sender=base.admin)
        self.market = Market(
            base.chain,
            base.adn,
            base.fec,
            base.curve,
            base.lens,
            checkout=checkout,
            custodian=base.lens,
            relay=base.lens,
        )
        self.market.allow(self.market.genesis)
        self.programs = {name: self._program(scenario, name) for name in scenario.merchants}
        self.claimed: list[int] = []
        self.numbers = count()

    def _program(self, scenario: Scenario, name: str) -> int:
        terms, market = scenario.merchants[name], self.market
        program = market.program(issuer=market.checkout.address, period=terms.period, origin=scenario.start, quota=0)
        market.set_terms(program, treasury=market.genesis, tiers=((0, terms.burn),))
        return program

    def travel_to(self, timestamp: int) -> None:
        self.market.chain.now = timestamp

    def claim(self) -> None:
        for first in range(0, len(self.claimed), 50):
            self.market.adn.claimFor(self.claimed[first : first + 50], sender=self.market.stranger)

    def grant(self, kind: str, amount: int) -> None:
        self.market.adn.grantQuota(self.programs[kind], amount, sender=self.market.admin)

    def pay(self, purchase: Purchase) -> None:
        for number in range(purchase.count):
            order = self.market.order(
                self.programs[purchase.kind],
                purchase.amount,
                order_id=next(self.numbers).to_bytes(32, "big"),
                customer=key(f"customer {purchase.group}").address,
            )
            self.market.checkout.pay(order.words, sender=self.market.genesis)
            [minted] = [e for e in self.market.chain.events("Transfer") if "tokenId" in e.values]
            if number < purchase.claiming:
                self.claimed.append(minted.values["tokenId"])

    def books(self) -> Books:
        market = self.market
        quotas = {name: market.adn.programOf(program)["quota"] for name, program in self.programs.items()}
        return Books(market.fec.totalSupply(), market.adn.outstanding(), market.adn.budget(), quotas)


class OnAnvil:
    """Anvil through `fec.client.client`: invoices signed by the program's signer, payments out of an allowance."""

    def __init__(self, anvil: Anvil, scenario: Scenario) -> None:
        self.anvil = anvil
        owner, self.signer, *_ = anvil.accounts
        coupon = scenario.coupon
        terms = DeploySettings(owner.address, owner.address, coupon.cap, coupon.genesis, coupon.elsewhere)
        self.client = Client(anvil.web3, deploy(anvil.web3, owner, terms), owner)
        self.client.orders.approve(2**255)
        self.programs = {name: self._program(scenario, name) for name in scenario.merchants}
        self.claimed: list[int] = []
        self.numbers = count()

    def _program(self, scenario: Scenario, name: str) -> int:
        kind, client = scenario.merchants[name], self.client
        created = client.programs.create(
            client.address,
            issuer=client.orders.address,
            period_length=kind.period,
            # The grid that goes through the first day, which is yet to come.
            origin=scenario.start - 10 * kind.period,
            quota=0,
        )
        client.terms.set(created.program_id, Terms(self.signer.address, client.address, tiers=(Tier(0, kind.burn),)))
        return created.program_id

    def travel_to(self, timestamp: int) -> None:
        self.anvil.travel_to(timestamp)

    def claim(self) -> None:
        for first in range(0, len(self.claimed), 50):
            self.client.nodes.claim_for(self.claimed[first : first + 50])

    def grant(self, kind: str, amount: int) -> None:
        self.client.programs.grant(self.programs[kind], amount)

    def pay(self, purchase: Purchase) -> None:
        for number in range(purchase.count):
            program, expiry = self.programs[purchase.kind], self.client.now() + DAY
            invoice = Invoice(program, f"{next(self.numbers)}", purchase.amount, "", expiry)
            order = Order(invoice, self.client.orders.sign(invoice, self.signer), self.client.address)
            capture = self.client.orders.pay(order).capture
            assert capture is not None
            assert capture.token_id is not None
            if number < purchase.claiming:
                self.claimed.append(capture.token_id)

    def books(self) -> Books:
        figures = self.client.figures()
        quotas = {name: self.client.programs.get(program).quota for name, program in self.programs.items()}
        return Books(figures.supply, figures.outstanding, figures.budget, quotas)


def follow(chain: Chain, grants: list[tuple[str, int]], purchases: list[Purchase], timestamp: int) -> None:
    """Lets a chain do what a step of a simulation did."""
    chain.travel_to(timestamp)
    chain.claim()
    for kind, amount in grants:
        chain.grant(kind, amount)
    for purchase in purchases:
        chain.pay(purchase)
