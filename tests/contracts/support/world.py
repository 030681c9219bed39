"""A deployment with people in it, as tests start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_utils import to_checksum_address

from fec.core.durations import DAY, WEEK
from tests.contracts.support.build import compiled, shipped
from tests.contracts.support.evm import Chain, Contract

#: Amounts in wei.
FEC = 10**18
CAP = 10_000_000_000 * FEC
GENESIS = 1_000_000_000 * FEC
PUBLIC_QUOTA = 100_000_000 * FEC
#: Principal that can ever be burned: each wei burned makes nine more in the end.
BUDGET = (CAP - GENESIS) // 9

#: Terms of the public program: weeks from Monday, 5 January 1970.
PUBLIC = 1
ORIGIN = 4 * DAY
#: A Wednesday, in the middle of a week of the public grid.
NOW = ORIGIN + 2900 * WEEK + 2 * DAY + 12345


def account(number: int) -> str:
    """An address that no contract has."""
    return to_checksum_address(number.to_bytes(20, "big"))


@dataclass(frozen=True)
class World:
    """The contracts and the people. `admin` owns ADN, `genesis` got the first coins."""

    chain: Chain
    adn: Contract
    fec: Contract
    curve: Contract
    lens: Contract
    admin: str = account(0xAD)
    genesis: str = account(0x6E)
    alice: str = account(0xA11CE)
    bob: str = account(0xB0B)
    carol: str = account(0xCA401)
    merchant: str = account(0x54)
    signer: str = account(0x711)
    stranger: str = account(0x57)

    @property
    def people(self) -> list[str]:
        """Everybody, the powerful included."""
        return [self.alice, self.bob, self.carol, self.admin, self.merchant, self.signer, self.stranger]

    def fund(self, account: str, amount: int) -> None:
        """Gives coins of the genesis supply, in wei."""
        self.fec.transfer(account, amount, sender=self.genesis)

    def node(self, owner: str, principal: int, program: int = PUBLIC) -> int:
        """A node freshly minted to `owner` in an open program by somebody else; principal in wei."""
        return int(self.adn.mint(program, principal, owner, sender=self.genesis))

    def program(
        self, *, issuer: str | None = None, period: int = WEEK, origin: int = 0, quota: int = 10**6 * FEC
    ) -> int:
        """A program of `merchant`; only `issuer` (everybody if None) mints in it. Seconds and wei."""
        issuer = account(0) if issuer is None else issuer
        return int(self.adn.createProgram(self.merchant, issuer, period, origin, quota, sender=self.admin))

    def pass_periods(self, count: int, period: int = WEEK) -> None:
        """Moves the clock by whole periods of so many seconds."""
        self.chain.now += count * period

    def claimed(self, node: int) -> int:
        """What a node has paid, in wei."""
        return int(self.adn.claimedPayout(node))

    def principal(self, node: int) -> int:
        """What a node's principal is, in wei."""
        return int(self.adn.nodeOf(node)["principal"])

    def state_of(self, node: int) -> dict[str, Any]:
        """Everything about one node that somebody might have changed."""
        return {
            "node": self.adn.nodeOf(node),
            "owner": self.adn.ownerOf(node),
            "approved": self.adn.getApproved(node),
            "claim approved": self.adn.getClaimApproved(node),
            "fingerprint": self.adn.getStateFingerprint(node),
        }


def deploy_world(cap: int = CAP, genesis: int = GENESIS, public_quota: int = PUBLIC_QUOTA) -> World:
    """Deploys the contracts; amounts in wei."""
    chain = Chain(NOW)
    admin, holder = World.admin, World.genesis
    chain.learn(shipped("FEC")["abi"])
    adn = chain.deploy(shipped("ADN"), admin, holder, cap, genesis, public_quota, sender=admin)
    return World(
        chain=chain,
        adn=adn,
        fec=Contract(chain, adn.fec(), shipped("FEC")["abi"]),
        curve=chain.deploy(compiled("ReleaseCurveHarness"), sender=admin),
        lens=chain.deploy(compiled("Lens"), sender=admin),
    )
