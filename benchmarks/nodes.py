"""Scenes of ADN: nodes and programs."""

from __future__ import annotations

from benchmarks import floor
from benchmarks.lab import GENESIS, MOST_NODES, PERIOD, PRINCIPAL, Call, Lab, Scenario
from fec.chain.deploy import PUBLIC_PROGRAM, STEPS
from fec.core.amounts import WEI_PER_FEC as FEC

QUOTA = 1_000_000 * FEC
ONE_TEN_FIFTY = (1, 10, 50)


def deploy(lab: Lab, _: int) -> Call:
    """FEC is created by the same transaction."""
    return lab.deployment(next(step for step in STEPS if step.name == "ADN"))


def mint_first(lab: Lab, _: int) -> Call:
    """To an account that holds no node."""
    return lab.adn("mint", (PUBLIC_PROGRAM, PRINCIPAL, lab.newcomer), lab.issuer)


def mint_to_holder(lab: Lab, _: int) -> Call:
    """To another account that holds nodes."""
    return lab.adn("mint", (PUBLIC_PROGRAM, PRINCIPAL, lab.alice), lab.issuer)


def mint_to_self(lab: Lab, _: int) -> Call:
    """To the caller, who holds nodes."""
    return lab.adn("mint", (PUBLIC_PROGRAM, PRINCIPAL, lab.alice), lab.alice)


def mint_by_issuer(lab: Lab, _: int) -> Call:
    """In a merchant's program, whose issuer is the caller and which has nodes already."""
    lab.send(lab.adn("createProgram", (lab.merchant, lab.issuer, PERIOD, GENESIS, QUOTA), lab.owner))
    lab.send(lab.adn("mint", (PUBLIC_PROGRAM + 1, PRINCIPAL, lab.bob), lab.issuer))
    return lab.adn("mint", (PUBLIC_PROGRAM + 1, PRINCIPAL, lab.alice), lab.issuer)


def claim_first(lab: Lab, _: int) -> Call:
    """From a node that has paid nothing yet."""
    return lab.adn("claim", (lab.nodes[0],), lab.alice)


def claim_repeat(lab: Lab, _: int) -> Call:
    """From a node that has paid before."""
    lab.send(claim_first(lab, 0))
    lab.to_period(38)
    return claim_first(lab, 0)


def claim_last(lab: Lab, _: int) -> Call:
    """The last payment of a node."""
    lab.send(claim_first(lab, 0))
    lab.to_period(100)
    return claim_first(lab, 0)


def claim_first_coupon(lab: Lab, _: int) -> Call:
    """By an account that holds no FEC: its balance is a new storage word."""
    balance = lab.contracts["FEC"].functions.balanceOf(lab.alice).call()
    lab.send(lab.fec("transfer", (lab.bob, balance), lab.alice))
    return claim_first(lab, 0)


def claim_to(lab: Lab, count: int) -> Call:
    """First claim from each node, paid to the caller."""
    return lab.adn("claimTo", (lab.nodes[:count], lab.alice), lab.alice)


def claim_to_repeat(lab: Lab, count: int) -> Call:
    """A later claim."""
    lab.send(claim_to(lab, count))
    lab.to_period(38)
    return claim_to(lab, count)


def claim_for_one_owner(lab: Lab, count: int) -> Call:
    """By a third party."""
    return lab.adn("claimFor", (lab.nodes[:count],), lab.bob)


def claim_for_many_owners(lab: Lab, count: int) -> Call:
    """By a third party; each owner is paid."""
    return lab.adn("claimFor", (lab.others_nodes[:count],), lab.bob)


def split(lab: Lab, count: int) -> Call:
    """Of a node that has paid nothing."""
    return lab.adn("split", (lab.nodes[0], [5 * FEC] * count), lab.alice)


def split_repeat(lab: Lab, count: int) -> Call:
    """Of a node that was split before and has paid."""
    lab.send(split(lab, count))
    lab.send(claim_first(lab, 0))
    return split(lab, count)


def merge(lab: Lab, count: int) -> Call:
    """Of nodes as they were minted."""
    return lab.adn("merge", (lab.nodes[:count],), lab.alice)


def merge_repeat(lab: Lab, count: int) -> Call:
    """Into a node that took in another before."""
    lab.send(lab.adn("merge", ([lab.nodes[0], lab.nodes[MOST_NODES]],), lab.alice))
    return merge(lab, count)


def transfer_first(lab: Lab, _: int) -> Call:
    """To an account that holds no node."""
    return lab.adn("transferFrom", (lab.alice, lab.newcomer, lab.nodes[0]), lab.alice)


def transfer(lab: Lab, _: int) -> Call:
    """To an account that holds one."""
    return lab.adn("transferFrom", (lab.alice, lab.others[0], lab.nodes[0]), lab.alice)


def transfer_approved(lab: Lab, _: int) -> Call:
    """By an account approved for the node; both its approvals end."""
    lab.send(approve(lab, 0))
    lab.send(set_claim_approval(lab, 0))
    return lab.adn("transferFrom", (lab.alice, lab.others[0], lab.nodes[0]), lab.bob)


def safe_transfer(lab: Lab, _: int) -> Call:
    """To an account that holds one."""
    return lab.adn("safeTransferFrom(address,address,uint256)", (lab.alice, lab.others[0], lab.nodes[0]), lab.alice)


def safe_transfer_data(lab: Lab, _: int) -> Call:
    """With four bytes of data."""
    args = (lab.alice, lab.others[0], lab.nodes[0], b"gift")
    return lab.adn("safeTransferFrom(address,address,uint256,bytes)", args, lab.alice)


def safe_transfer_fingerprint(lab: Lab, _: int) -> Call:
    """With the fingerprint that the buyer saw."""
    fingerprint = lab.contracts["ADN"].functions.getStateFingerprint(lab.nodes[0]).call()
    args = (lab.alice, lab.others[0], lab.nodes[0], b"", fingerprint)
    return lab.adn("safeTransferFrom(address,address,uint256,bytes,bytes32)", args, lab.alice)


def approve(lab: Lab, _: int) -> Call:
    """Of a node that had no approval."""
    return lab.adn("approve", (lab.bob, lab.nodes[0]), lab.alice)


def approve_repeat(lab: Lab, _: int) -> Call:
    """Of another account in place of the first."""
    lab.send(approve(lab, 0))
    return lab.adn("approve", (lab.carol, lab.nodes[0]), lab.alice)


def set_approval_for_all(lab: Lab, _: int) -> Call:
    """Given."""
    return lab.adn("setApprovalForAll", (lab.bob, True), lab.alice)


def unset_approval_for_all(lab: Lab, _: int) -> Call:
    """Taken back."""
    lab.send(set_approval_for_all(lab, 0))
    return lab.adn("setApprovalForAll", (lab.bob, False), lab.alice)


def set_claim_approval(lab: Lab, _: int) -> Call:
    """Given."""
    return lab.adn("setClaimApproval", (lab.bob, True, lab.nodes[0]), lab.alice)


def unset_claim_approval(lab: Lab, _: int) -> Call:
    """Taken back."""
    lab.send(set_claim_approval(lab, 0))
    return lab.adn("setClaimApproval", (lab.bob, False, lab.nodes[0]), lab.alice)


def set_claim_approval_for_all(lab: Lab, _: int) -> Call:
    """Given."""
    return lab.adn("setClaimApprovalForAll", (lab.bob, True), lab.alice)


def unset_claim_approval_for_all(lab: Lab, _: int) -> Call:
    """Taken back."""
    lab.send(set_claim_approval_for_all(lab, 0))
    return lab.adn("setClaimApprovalForAll", (lab.bob, False), lab.alice)


def create_program(lab: Lab, _: int) -> Call:
    """With an issuer."""
    return lab.adn("createProgram", (lab.merchant, lab.issuer, PERIOD, GENESIS, QUOTA), lab.owner)


def grant_quota(lab: Lab, _: int) -> Call:
    """To a program with quota left."""
    return lab.adn("grantQuota", (PUBLIC_PROGRAM, QUOTA), lab.owner)


def close_program(lab: Lab, _: int) -> Call:
    """By its operator, with quota left."""
    lab.send(create_program(lab, 0))
    return lab.adn("closeProgram", (PUBLIC_PROGRAM + 1,), lab.merchant)


def set_program_operator(lab: Lab, _: int) -> Call:
    """By its operator."""
    return lab.adn("setProgramOperator", (PUBLIC_PROGRAM, lab.merchant), lab.owner)


def transfer_ownership(lab: Lab, _: int) -> Call:
    """First of two steps."""
    return lab.adn("transferOwnership", (lab.bob,), lab.owner)


def accept_ownership(lab: Lab, _: int) -> Call:
    """Second of two steps."""
    lab.send(transfer_ownership(lab, 0))
    return lab.adn("acceptOwnership", (), lab.bob)


def renounce_ownership(lab: Lab, _: int) -> Call:
    """No program can be admitted any more."""
    return lab.adn("renounceOwnership", (), lab.owner)


SCENARIOS = (
    Scenario("with FEC", deploy),
    Scenario("receiver's first node", mint_first),
    Scenario("receiver holds a node", mint_to_holder, targets={0: 100_000}, floor=floor.mint),
    Scenario("receiver is the caller and holds a node", mint_to_self, targets={0: 100_000}, floor=floor.mint_to_self),
    Scenario("by a program's issuer, receiver holds a node", mint_by_issuer, targets={0: 100_000}, floor=floor.mint),
    Scenario("first", claim_first, targets={0: 50_000}, floor=floor.claim),
    Scenario("repeat", claim_repeat, targets={0: 50_000}, floor=floor.claim),
    Scenario("last", claim_last, targets={0: 50_000}, floor=floor.claim),
    Scenario("first, claimer holds no FEC", claim_first_coupon),
    Scenario("first", claim_to, ONE_TEN_FIFTY, shared=True, targets={10: 130_000}, floor=floor.claim_batch),
    Scenario("repeat", claim_to_repeat, ONE_TEN_FIFTY, shared=True, targets={10: 130_000}, floor=floor.claim_batch),
    Scenario("one owner", claim_for_one_owner, ONE_TEN_FIFTY, shared=True, floor=floor.claim_batch),
    Scenario("each of another owner", claim_for_many_owners, ONE_TEN_FIFTY, shared=True),
    Scenario("first", split, ONE_TEN_FIFTY, unit="part", shared=True),
    Scenario("repeat", split_repeat, ONE_TEN_FIFTY, unit="part", shared=True),
    Scenario("first", merge, (2, 10, 50), shared=True),
    Scenario("repeat", merge_repeat, (2, 10, 50), shared=True),
    Scenario("receiver's first node", transfer_first),
    Scenario("receiver holds a node", transfer),
    Scenario("by an approved account, receiver holds a node", transfer_approved),
    Scenario("receiver holds a node", safe_transfer),
    Scenario("with data, receiver holds a node", safe_transfer_data),
    Scenario("with fingerprint, receiver holds a node", safe_transfer_fingerprint),
    Scenario("first", approve),
    Scenario("another account", approve_repeat),
    Scenario("given", set_approval_for_all),
    Scenario("taken back", unset_approval_for_all),
    Scenario("given", set_claim_approval),
    Scenario("taken back", unset_claim_approval),
    Scenario("given", set_claim_approval_for_all),
    Scenario("taken back", unset_claim_approval_for_all),
    Scenario("", create_program),
    Scenario("", grant_quota),
    Scenario("", close_program),
    Scenario("", set_program_operator),
    Scenario("", transfer_ownership),
    Scenario("", accept_ownership),
    Scenario("", renounce_ownership),
)
