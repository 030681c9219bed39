"""The tables of docs/assurance/permissions.md, and a scene in which each of their calls can be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fec.core.durations import DAY, WEEK
from fec.protocol import acts
from fec.protocol.members import signer_bytes
from tests.contracts.custody.acts import act_arguments, permit_arguments, withdraw
from tests.contracts.relay.packing import CLAIMS, OPENING, long
from tests.contracts.standards.interfaces import deploy_witness
from tests.contracts.support.build import shipped
from tests.contracts.support.evm import Contract
from tests.contracts.support.merkle import proof, root
from tests.contracts.support.settling import Batch, Leaf, packed, settled
from tests.contracts.support.shop_world import (
    AUTHORIZATION_TYPE,
    COUPON,
    NEVER,
    PERMIT_TYPE,
    Market,
    Order,
    key,
    typed_hash,
)
from tests.contracts.support.world import FEC, PUBLIC, account

TABLES = Path(__file__).resolve().parents[3] / "docs" / "assurance" / "permissions.md"
APPROVED, CLAIM_APPROVED, ISSUER, PENDING = (account(0xA000 + number) for number in range(4))
REASON, NONCE = b"review".ljust(32, b"\0"), b"\x9d" * 32


@dataclass(frozen=True)
class Row:
    """One function: what each column's caller gets, which is yes or the name of an error."""

    contract: str
    call: str
    answers: dict[str, str]

    @property
    def function(self) -> str:
        """Name, or signature where there are overloads."""
        return self.call.split("`")[1]


def rows() -> list[Row]:
    """All rows of all tables."""
    found, contract, columns = [], "", [""]
    for line in TABLES.read_text().splitlines():
        if line.startswith("## "):
            contract = line.removeprefix("## ").partition(":")[0]
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| function |"):
            columns = cells[1:]
        elif line.startswith("| `"):
            answers = [cell.strip("`") for cell in cells[1:]]
            found.append(Row(contract, cells[0], dict(zip(columns, answers, strict=True))))
    return found


class Scene:
    """A market in which everybody has coins and has allowed Checkout some, and every role is somebody's.

    alice owns a node of `program`, holds coins, paid an order at `shop` and is a member; bob is her operator and has an
    allowance of hers, and runs another shop; carol may claim from all of hers, and is the payee. merchant operates
    `program` and `shop` and is the brand. `caller` is who is about to make the call.
    """

    def __init__(self, market: Market) -> None:
        self.market = market
        self.caller = market.stranger
        for person in {one for people in self.callers.values() for one in people}:
            market.fund(person, 10**4 * FEC)
            market.allow(person)
        self.program = market.program(issuer=ISSUER)
        mint = market.adn.mint
        self.node, self.like = (mint(self.program, 100 * FEC, market.alice, sender=ISSUER) for _ in range(2))
        market.pass_periods(1)
        market.adn.setApprovalForAll(market.bob, True, sender=market.alice)
        market.adn.setClaimApprovalForAll(market.carol, True, sender=market.alice)
        market.adn.approve(APPROVED, self.node, sender=market.alice)
        market.adn.setClaimApproval(CLAIM_APPROVED, True, self.node, sender=market.alice)
        market.adn.transferOwnership(PENDING, sender=market.admin)
        market.fec.approve(market.bob, 10, sender=market.alice)
        self.witness = deploy_witness(market.chain, market.admin)
        self.shop = market.shop(window=DAY)
        self.member = market.member()
        self.vault = market.vault(self.member)
        market.fund(self.vault, 10**4 * FEC)

    @property
    def callers(self) -> dict[str, list[str]]:
        """Who tries the calls of a column, by its heading; who else, by the contract."""
        m = self.market
        return {
            "owner of the node": [m.alice],
            "ERC-721 operator of the owner": [m.bob],
            "ERC-721 approved for the node": [APPROVED],
            "claim-approved for all": [m.carol],
            "claim-approved for the node": [CLAIM_APPROVED],
            "owner of `ADN`": [m.admin],
            "pending owner": [PENDING],
            "operator of the program": [m.merchant],
            "issuer of the program": [ISSUER],
            "holder": [m.alice],
            "spender with an allowance": [m.bob],
            "payee": [m.carol],
            "signer of its terms": [m.signer],
            "payer": [m.alice],
            "the member's key": [m.alice],
            "the member's brand": [m.merchant],
            "ADN: anybody else": [m.signer, m.stranger],
            "FEC: anybody else": [m.admin, m.merchant, m.signer, ISSUER, m.stranger],
            "Checkout: anybody else": [m.admin, m.bob, m.treasury, ISSUER, m.stranger],
            "Custodian: anybody else": [m.admin, m.bob, m.signer, m.stranger],
            "MemberVault: anybody else": [m.admin, m.bob, m.signer, m.stranger],
            "Relay: anybody else": [m.admin, m.bob, m.signer, m.stranger],
        }

    @property
    def vault_contract(self) -> Contract:
        """The member's vault, deployed."""
        m = self.market
        withdraw(m, self.member, [], 1, m.alice)
        return Contract(m.chain, self.vault, shipped("MemberVault")["abi"])

    # ------------------------------------------------------------ what is signed

    def order(self, customer: str, *, signed_by: str = "signer") -> Order:
        return self.market.order(self.shop, FEC, customer=customer, signed_by=signed_by)

    def paid_order(self) -> bytes:
        """The key of an order that alice paid."""
        order = self.market.order(self.shop, 10 * FEC, order_id=b"\x11" * 32)
        self.market.pay(order)
        return self.market.order_key(order)

    def batch(self) -> int:
        """Rewards for carol and bob, funded by the signer."""
        m = self.market
        deadline = m.chain.now + DAY
        return int(m.checkout.fundRewards(self.shop, root(self.rewards), 3 * FEC, deadline, REASON, sender=m.signer))

    @property
    def leaves(self) -> list[Leaf]:
        return [(self.market.alice, FEC), (self.market.bob, 2 * FEC)]

    def settlement(self) -> Batch:
        """A node for alice and one for bob, settled by the program's issuer."""
        return settled(self.market, self.leaves, self.program, ISSUER)

    @property
    def rewards(self) -> list[tuple[str, int]]:
        return [(self.market.carol, FEC), (self.market.bob, 2 * FEC)]

    def permit(self, signed_by: str) -> list[Any]:
        m = self.market
        values = [m.alice, m.carol, 7, 0, NEVER]
        signature = key(signed_by).sign(typed_hash(COUPON, m.fec.address, "Permit", PERMIT_TYPE, values))
        return [m.alice, m.carol, 7, NEVER, *vrs(signature)]

    def authorization(self, call: str, signed_by: str) -> list[Any]:
        """Arguments of an ERC-3009 call over alice's coins, for carol."""
        m = self.market
        name = call.split("(", maxsplit=1)[0]
        kind = name[0].upper() + name[1:]
        values: list[Any] = [m.alice, m.carol, 7, 0, NEVER, NONCE]
        types = AUTHORIZATION_TYPE
        if name == "cancelAuthorization":
            values, types = [m.alice, NONCE], (("address", "authorizer"), ("bytes32", "nonce"))
        signature = key(signed_by).sign(typed_hash(COUPON, m.fec.address, kind, types, values))
        return values + ([signature] if call.endswith("bytes32,bytes)") else list(vrs(signature)))

    def spend(self, signed_by: str) -> list[Any]:
        m = self.market
        order = self.order(self.vault)
        signature = key(signed_by).sign(m.custodian.hashSpend(self.vault, order.words))
        return [self.member.words, order.words, [], signature]

    def acts(self, signed_by: str) -> list[Any]:
        wanted = [acts.withdraw(self.market.carol, [], 1)]
        return list(act_arguments(self.market, self.member, wanted, signed_by=signed_by))


def vrs(signature: bytes) -> tuple[int, bytes, bytes]:
    return signature[64], signature[:32], signature[32:64]


#: Makes ready what a call needs, and returns its arguments.
Prepare = Callable[[Scene], list[Any]]


def after(scene: Scene, seconds: int, arguments: list[Any]) -> list[Any]:
    """The same arguments, later."""
    scene.market.chain.now += seconds
    return arguments


def in_alliance(scene: Scene, arguments: list[Any]) -> list[Any]:
    """The same arguments, with the shop in an alliance."""
    scene.market.checkout.foundAlliance(scene.shop, sender=scene.market.merchant)
    return arguments


def invited(scene: Scene) -> list[Any]:
    """The shop, and an alliance of another whose only member has approved it."""
    m = scene.market
    other = int(m.adn.createProgram(m.bob, m.checkout.address, WEEK, 0, FEC, sender=m.admin))
    alliance = m.checkout.foundAlliance(other, sender=m.bob)
    m.checkout.approveCandidate(other, scene.shop, True, sender=m.bob)
    return [scene.shop, alliance]


def move(scene: Scene) -> list[Any]:
    return [scene.market.alice, scene.market.treasury, scene.node]


NODE_CALLS: dict[str, Prepare] = {
    "`claim`": lambda s: [s.node],
    "`claimTo`": lambda s: [[s.node], s.caller],
    "`claimFor` (pays the owner)": lambda s: [[s.node]],
    "`split`": lambda s: [s.node, [FEC]],
    "`merge`": lambda s: [[s.node, s.like]],
    "`transferFrom`": move,
    "`safeTransferFrom(address,address,uint256)`": move,
    "`safeTransferFrom(address,address,uint256,bytes)`": lambda s: [*move(s), b""],
    "`safeTransferFrom(address,address,uint256,bytes,bytes32)`": lambda s: [
        *move(s),
        b"",
        s.market.adn.getStateFingerprint(s.node),
    ],
    "`open` (for the owner)": lambda s: s.settlement().opening(0),
    "`openAndClaim` (pays the owner)": lambda s: after(s, WEEK, s.settlement().opening(0)),
    "`approve`": lambda s: [s.market.treasury, s.node],
    "`setClaimApproval`": lambda s: [s.market.treasury, True, s.node],
    "`permitForAll` (signed by the owner)": lambda s: list(permit_arguments(s.market, s.market.alice, s.market.carol)),
    "`permitForAll` (signed by another)": lambda s: list(
        permit_arguments(s.market, s.market.alice, s.market.carol, signed_by="stranger")
    ),
    "`setApprovalForAll` (for the caller's own nodes)": lambda s: [s.market.treasury, True],
    "`setClaimApprovalForAll` (for the caller's own nodes)": lambda s: [s.market.treasury, True],
    "`mint` (in a program with an issuer, with the caller's coins)": lambda s: [s.program, FEC, s.caller],
    "`mint` (in the public program, with the caller's coins)": lambda s: [PUBLIC, FEC, s.caller],
    "`settle` (in a program with an issuer, with the caller's coins)": lambda s: [s.program, packed(s.leaves)],
    "`settle` (in the public program, with the caller's coins)": lambda s: [PUBLIC, packed(s.leaves)],
    "`createProgram`": lambda s: [s.caller, s.caller, WEEK, 0, FEC],
    "`grantQuota`": lambda s: [s.program, FEC],
    "`closeProgram`": lambda s: [s.program],
    "`setProgramOperator`": lambda s: [s.program, s.market.treasury],
    "`transferOwnership`": lambda s: [s.market.treasury],
    "`acceptOwnership`": lambda _: [],
    "`renounceOwnership`": lambda _: [],
}

COUPON_CALLS: dict[str, Prepare] = {
    "`mint`": lambda s: [s.caller, 1],
    "`burn`": lambda s: [s.caller, 1],
    "`transfer` (the caller's coins)": lambda s: [s.market.treasury, 1],
    "`transferAndCall(address,uint256)` (the caller's coins)": lambda s: [s.witness.address, 1],
    "`transferAndCall(address,uint256,bytes)` (the caller's coins)": lambda s: [s.witness.address, 1, b""],
    "`approve` (for the caller's coins)": lambda s: [s.market.treasury, 1],
    "`approveAndCall(address,uint256)` (for the caller's coins)": lambda s: [s.witness.address, 1],
    "`approveAndCall(address,uint256,bytes)` (for the caller's coins)": lambda s: [s.witness.address, 1, b""],
    "`transferFrom` (the holder's coins)": lambda s: [s.market.alice, s.market.treasury, 1],
    "`transferFromAndCall(address,address,uint256)` (the holder's coins)": lambda s: [
        s.market.alice,
        s.witness.address,
        1,
    ],
    "`transferFromAndCall(address,address,uint256,bytes)` (the holder's coins)": lambda s: [
        s.market.alice,
        s.witness.address,
        1,
        b"",
    ],
    "`permit` (signed by the holder)": lambda s: s.permit("alice"),
    "`permit` (signed by another)": lambda s: s.permit("stranger"),
}

CHECKOUT_CALLS: dict[str, Prepare] = {
    "`setTerms`": lambda s: [s.shop, s.market.terms().words],
    "`foundAlliance`": lambda s: [s.shop],
    "`approveCandidate`": lambda s: in_alliance(s, [s.shop, s.program, True]),
    "`joinAlliance` (approved by its members)": invited,
    "`leaveAlliance`": lambda s: in_alliance(s, [s.shop]),
    "`refund` (within the window, to the payer)": lambda s: [s.paid_order(), 1],
    "`reward` (with the caller's coins)": lambda s: [s.shop, s.market.carol, FEC, REASON],
    "`fundRewards` (with the caller's coins)": lambda s: [s.shop, root(s.rewards), FEC, NEVER, REASON],
    "`settle` (with the caller's coins)": lambda s: [s.shop, packed(s.leaves), REASON],
    "`takeReward` (for its shopper)": lambda s: [s.batch(), 0, *s.rewards[0], proof(s.rewards, 0)],
    "`reclaimRewards` (after the deadline, to the funder)": lambda s: after(s, 2 * DAY, [s.batch()]),
    "`capture` (after the window)": lambda s: after(s, 2 * DAY, [[s.paid_order()]]),
    "`pay` (an invoice signed by the program's signer, with the caller's coins)": lambda s: [s.order(s.caller).words],
    "`pay` (an invoice signed by another)": lambda s: [s.order(s.caller, signed_by="stranger").words],
    "`payWithPermit` (an invoice signed by the program's signer, with the caller's coins)": lambda s: [
        s.order(s.caller).words,
        NEVER,
        *s.permit("alice")[-3:],
    ],
    "`payFromNodes` (an invoice signed by the program's signer, with the caller's coins)": lambda s: [
        s.order(s.caller).words,
        [s.node],
    ],
    "`payWithAuthorization` (signed by the payer)": lambda s: [
        (order := s.order(s.market.alice)).words,
        *s.market.authorization(order),
    ],
    "`payWithAuthorization` (signed by another)": lambda s: [
        (order := s.order(s.market.alice)).words,
        *s.market.authorization(order, signed_by="stranger"),
    ],
    "`onTransferReceived`": lambda s: [
        s.caller,
        s.caller,
        FEC,
        s.market.encoded(s.order(s.caller)),
    ],
}

CUSTODY_CALLS: dict[str, Prepare] = {
    "`enroll` (a member of the caller's own)": lambda _: [b"\1" * 32],
    "`spend` (signed by the member's key)": lambda s: s.spend("alice"),
    "`spend` (signed by another)": lambda s: s.spend("stranger"),
    "`act` (signed by the member's key)": lambda s: s.acts("alice"),
    "`act` (signed by another)": lambda s: s.acts("stranger"),
}

VAULT_CALLS: dict[str, Prepare] = {
    "`execute`": lambda s: [s.market.fec.address, s.market.fec.encode("transfer", s.caller, 1)],
    "`onERC721Received`": lambda s: [s.caller, s.caller, s.node, b""],
}


RELAY_CALLS: dict[str, Prepare] = {
    "`relay` (a claim for a node's owner)": lambda s: [long(CLAIMS, s.market.adn.encode("claimFor", [s.node]))],
    "`relay` (an opening for a node's owner)": lambda s: [
        long(OPENING, s.market.adn.encode("open", *s.settlement().opening(0)))
    ],
}


def prepare(row: Row) -> Prepare:
    """How a row's call is made ready."""
    if "Authorization(" in row.function:
        signed_by = "alice" if row.call.endswith("(signed by the holder)") else "stranger"
        return lambda scene: scene.authorization(row.function, signed_by)
    calls = {
        "ADN": NODE_CALLS,
        "FEC": COUPON_CALLS,
        "Checkout": CHECKOUT_CALLS,
        "Custodian": CUSTODY_CALLS,
        "MemberVault": VAULT_CALLS,
        "Relay": RELAY_CALLS,
    }
    return calls[row.contract][row.call]


def contract_of(scene: Scene, row: Row) -> Contract:
    m = scene.market
    if row.contract == "MemberVault":
        return scene.vault_contract
    contracts = {"ADN": m.adn, "FEC": m.fec, "Checkout": m.checkout, "Custodian": m.custodian, "Relay": m.relay}
    return contracts[row.contract]


def values_of(scene: Scene, error: str) -> tuple[Any, ...]:
    """What an error has to say about the scene's caller."""
    m, caller = scene.market, scene.caller
    return {
        "ADN_InvalidPermit": (m.alice,),
        "ADN_NotClaimer": (scene.node, caller),
        "ADN_NotIssuer": (scene.program, caller, ISSUER),
        "ADN_NotOwnerOrOperator": (scene.node, caller),
        "ADN_NotProgramOperator": (scene.program, caller),
        "Checkout_InvalidSignature": (scene.shop, m.signer),
        "Checkout_NotFEC": (caller,),
        "Checkout_NotProgramOperator": (scene.shop, caller),
        "Checkout_NotSignerOrOperator": (scene.shop, caller),
        "Custodian_InvalidSignature": (signer_bytes(m.alice),),
        "ERC20InsufficientAllowance": (caller, 0, 1),
        "ERC20InvalidReceiver": (m.carol,),
        "ERC2612InvalidSigner": (m.stranger, m.alice),
        "ERC3009InvalidSignature": (),
        "ERC721IncorrectOwner": (caller, scene.node, m.alice),
        "ERC721InsufficientApproval": (caller, scene.node),
        "ERC721InvalidApprover": (caller,),
        "FEC_NotMinter": (caller, m.adn.address),
        "MemberVault_NotCustodian": (caller,),
        "OwnableUnauthorizedAccount": (caller,),
    }[error]
