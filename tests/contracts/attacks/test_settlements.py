"""Attack: open what is not in a settlement, for somebody else, twice, or for more; settle what was not paid for."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fec.core import curve
from fec.core.durations import DAY
from tests.contracts.attacks.attackers import BURNER, capture, coins, contract, gas_used, paid
from tests.contracts.support.evm import ZERO, Contract, Halted, expect
from tests.contracts.support.settling import Batch, hash_of, opened_node, owners, packed, parent, settled
from tests.contracts.support.shop_world import MODES, Market
from tests.contracts.support.world import BUDGET, FEC, PUBLIC, PUBLIC_QUOTA, World

P = 1000 * FEC
LEAST = 10**15
REF = b"2026-11-30".ljust(32, b"\0")


def four(world: World) -> Batch:
    return settled(world, [(owner, P + number) for number, owner in enumerate(owners(4))])


# ------------------------------------------------------------------ forged leaves


def test_forgery__inner_node_as_a_leaf__reverts(world: World) -> None:
    """The left half of the tree as a leaf, with the proof one hash shorter, at each place and for each owner."""
    batch = four(world)
    right = batch.proof(0)[1]
    for index in range(4):
        for owner, principal in batch.leaves:
            with expect("ADN_InvalidProof", batch.id, index):
                opened_node(world, batch, 0, place=index, owner=owner, principal=principal, proof=[right])


def test_forgery__two_hashes_read_as_a_leaf__are_not_one(world: World) -> None:
    """What stands in an inner node's 64 bytes is no id and owner: a leaf's hash is of 52."""
    batch = four(world)
    a, b = batch.hashes[:2]
    # As if the first hash were the id and the second began with the owner: the hash differs from the inner node's.
    owner = "0x" + b[:20].hex()
    assert hash_of(int.from_bytes(a, "big"), owner) != parent(a, b)
    with expect("ADN_InvalidProof", batch.id, 0):
        opened_node(world, batch, 0, owner=owner, proof=[batch.proof(0)[1]])


def test_forgery__proof_one_hash_too_long__reverts(world: World) -> None:
    """The sibling of a leaf under the leaf itself: an attacker would choose what is hashed below a true leaf."""
    batch = four(world)
    for index in range(4):
        for extra in (bytes(32), *batch.hashes):
            for proof in ([extra, *batch.proof(index)], [*batch.proof(index), extra]):
                with expect("ADN_InvalidProof", batch.id, index):
                    opened_node(world, batch, index, proof=proof)


def test_forgery__proofs_too_short__revert(world: World) -> None:
    batch = settled(world, [(owner, P) for owner in owners(7)])
    for index in range(7):
        proof = batch.proof(index)
        for length in range(len(proof)):
            for part in combinations(proof, length):
                with expect("ADN_InvalidProof", batch.id, index):
                    opened_node(world, batch, index, proof=list(part))


def test_forgery__another_settlements_proof__reverts(world: World) -> None:
    """The same owners and sums twice: the ids differ, so do the hashes."""
    one, other = four(world), four(world)
    for index in range(4):
        with expect("ADN_InvalidProof", one.id, index):
            opened_node(world, one, index, proof=other.proof(index))
        with expect("ADN_InvalidProof", other.id, index):
            opened_node(world, other, index, proof=one.proof(index))


def test_forgery__settlement_with_another_count__is_unknown(world: World) -> None:
    """A count in the id that allows an index beyond the true one."""
    batch = four(world)
    larger = batch.id + (4 << 232)
    with expect("ADN_UnknownSettlement", larger):
        opened_node(world, batch, 0, settlement=larger, place=7)


@pytest.mark.parametrize("bits", [40, 96, 136, 200, 232, 255])
def test_forgery__index_that_spills_into_other_bits__reverts(world: World, bits: int) -> None:
    """Added to the first serial it would reach the principal, the start, the period's length or the program."""
    batch = four(world)
    index = 1 << bits
    with expect("ADN_NoSuchLeaf", batch.id, index, 4):
        opened_node(world, batch, 0, place=index)


@pytest.mark.parametrize("bit", [96, 97, 135, 160, 255])
def test_forgery__principal_that_spills_into_other_bits__reverts(world: World, bit: int) -> None:
    """A bit that is set in the id already: packing would not show it, and the hash would be the leaf's."""
    batch = four(world)
    principal = batch.leaves[0][1] | 1 << bit
    with expect("ADN_PrincipalTooLarge", principal, 2**96 - 1):
        opened_node(world, batch, 0, principal=principal)


@given(
    index=st.integers(0, 2**256 - 1) | st.integers(0, 6),
    principal=st.integers(0, 2**256 - 1) | st.integers(P, P + 5),
    owner=st.integers(0, 2**160 - 1).map(lambda number: f"0x{number:040x}") | st.sampled_from(owners(5)),
    proof=st.lists(st.binary(min_size=32, max_size=32) | st.integers(0, 4), max_size=5),
)
@settings(max_examples=150, deadline=None)
def test_forgery__anything__opens_only_what_is_there(
    deployed: World, index: int, principal: int, owner: str, proof: list[bytes | int]
) -> None:
    with deployed.chain.rolled_back():
        batch = settled(deployed, [(one, P + number) for number, one in enumerate(owners(5))])
        known = [*batch.hashes]
        path = [known[each] if isinstance(each, int) else each for each in proof]
        call = [batch.id, index, owner, principal, path]
        true = index < 5 and [owner.lower(), principal] == [batch.leaves[index][0].lower(), batch.leaves[index][1]]
        if true and path == batch.proof(index):
            assert deployed.adn.open(*call) == batch.tokens[index]
            return
        name, values = "ADN_InvalidProof", [batch.id, index]
        if index >= 5:
            name, values = "ADN_NoSuchLeaf", [batch.id, index, 5]
        elif principal >= 2**96:
            name, values = "ADN_PrincipalTooLarge", [principal, 2**96 - 1]
        with expect(name, *values):
            deployed.adn.open(*call)


# -------------------------------------------------------------------- twice, more


def test_twice__node_that_was_merged_away__stays_gone(world: World) -> None:
    """Opened again it would pay a second time what the merged node pays already."""
    batch = settled(world, [(world.alice, P)] * 3)
    nodes = [opened_node(world, batch, index) for index in range(3)]
    world.adn.merge(nodes, sender=world.alice)
    world.pass_periods(100)
    for index in (1, 2):
        with expect("ADN_AlreadyOpened", nodes[index]):
            world.adn.openAndClaim(*batch.opening(index), sender=world.alice)
    world.adn.claim(nodes[0], sender=world.alice)
    assert coins(world, world.alice) == 30 * P
    assert world.adn.outstanding() == 0


def test_twice__node_that_was_split_and_merged__stays_gone(world: World) -> None:
    batch = settled(world, [(world.alice, P)] * 2)
    nodes = [opened_node(world, batch, index) for index in range(2)]
    parts = world.adn.split(nodes[1], [FEC], sender=world.alice)
    world.adn.merge([nodes[0], nodes[1], *parts], sender=world.alice)
    with expect("ADN_AlreadyOpened", nodes[1]):
        opened_node(world, batch, 1)


def test_twice__two_leaves_of_one_owner__are_two_tokens_that_merge(world: World) -> None:
    batch = settled(world, [(world.alice, P), (world.alice, P)])
    nodes = [opened_node(world, batch, index) for index in range(2)]
    assert nodes[0] != nodes[1]
    world.adn.merge(nodes, sender=world.alice)
    assert world.principal(nodes[0]) == 2 * P


def test_more__opened_late__pays_no_more_than_a_minted_node(world: World) -> None:
    batch, minted = settled(world, [(world.alice, P)]), world.node(world.bob, P)
    for periods in (1, 30, 69, 1):
        world.pass_periods(periods)
        world.adn.claimFor([minted])
    world.adn.openAndClaim(*batch.opening(0))
    assert coins(world, world.alice) == coins(world, world.bob) == 10 * P == curve.released(P, 100)


def test_more__seller_of_a_receipt__cannot_open_it_for_the_buyer(world: World) -> None:
    """A leaf is bound to its owner until it is a token: a proof that changed hands opens for the first owner."""
    batch = settled(world, [(world.alice, P)])
    with expect("ADN_InvalidProof", batch.id, 0):
        world.adn.open(*batch.opening(0, owner=world.bob), sender=world.alice)
    assert world.adn.ownerOf(opened_node(world, batch, 0)) == world.alice


def test_more__leaf_merged_unopened__is_nonexistent(world: World) -> None:
    batch = settled(world, [(world.alice, P)] * 2)
    first = opened_node(world, batch, 0)
    with expect("ERC721NonexistentToken", batch.tokens[1]):
        world.adn.merge([first, batch.tokens[1]], sender=world.alice)


@pytest.mark.parametrize("call", ["claimFor", "claimTo"])
def test_more__leaf_claimed_unopened__is_nonexistent(world: World, call: str) -> None:
    batch = settled(world, [(world.alice, P)])
    world.pass_periods(3)
    arguments = [batch.tokens] if call == "claimFor" else [batch.tokens, world.alice]
    with expect("ERC721NonexistentToken", batch.tokens[0]):
        world.adn.call(call, *arguments, sender=world.alice)


# ---------------------------------------------------------------- owners and dust


def test_dust__below_a_thousandth__cannot_be_settled_by_the_thousand(world: World) -> None:
    with expect("ADN_LeafTooSmall", 99, LEAST - 1, LEAST):
        settled(world, [*((owner, LEAST) for owner in owners(99)), (world.alice, LEAST - 1)])


def test_dust__of_the_public_program__costs_the_sender_and_adds_no_token(world: World) -> None:
    """Not stopped: anybody may settle dust for anybody. Until it is opened nothing is a token of the owner's."""
    settled(world, [(world.alice, LEAST)] * 200)
    assert (world.adn.balanceOf(world.alice), world.fec.totalBurned()) == (0, 200 * LEAST)


def test_owner__that_refuses_tokens__gets_the_node_and_its_coins(world: World, receiver: Contract) -> None:
    receiver.set(MODES["Revert"], ZERO, b"")
    batch = settled(world, [(receiver.address, P)])
    world.pass_periods(1)
    world.adn.openAndClaim(*batch.opening(0), sender=world.stranger)
    assert world.adn.ownerOf(batch.tokens[0]) == receiver.address
    assert coins(world, receiver.address) == curve.released(P, 1)


def test_owner__that_burns_all_gas__is_not_called(world: World) -> None:
    batch = settled(world, [(contract(world.chain, BURNER), P)])
    opened_node(world, batch, 0)
    assert gas_used(world.chain) < 100_000


def test_owner__that_is_the_protocol__locks_the_node_and_nothing_else(world: World) -> None:
    """Not stopped: what is settled for ADN itself is never claimed. It still counts as owed."""
    batch = settled(world, [(world.adn.address, P), (world.alice, P)])
    opened_node(world, batch, 0)
    world.pass_periods(100)
    world.adn.openAndClaim(*batch.opening(1))
    assert (coins(world, world.alice), world.adn.outstanding()) == (10 * P, 10 * P)


# ------------------------------------------------------------- what was not paid for


def test_unpaid__sum_that_wraps__is_refused(world: World) -> None:
    """2^96 − 1 again and again: in 96 bits the sum would come back to little."""
    count = 300
    leaves = [(owner, 2**96 - 1) for owner in owners(count)]
    with expect("ADN_QuotaExceeded", PUBLIC, count * (2**96 - 1), PUBLIC_QUOTA):
        settled(world, leaves)


def test_unpaid__beyond_what_can_ever_be_paid__is_refused(world: World) -> None:
    """Of the whole lifetime budget, one wei too much."""
    most = BUDGET - PUBLIC_QUOTA
    program = world.program(quota=most)
    with expect("ADN_QuotaExceeded", program, most + 1, most):
        settled(world, [(world.alice, most + 1 - LEAST), (world.bob, LEAST)], program)


def test_unpaid__escrow_of_open_orders__is_never_burned(market: Market) -> None:
    """The merchant settles with orders in escrow, whose coins lie at Checkout, and has none of its own left."""
    program = market.shop(window=DAY)
    orders = [paid(market, program, number, P) for number in range(3)]
    market.allow(market.merchant)
    market.fec.transfer(market.alice, 10**6 * FEC, sender=market.merchant)
    with expect("ERC20InsufficientBalance", market.merchant, 0, 50 * FEC):
        market.checkout.settle(program, packed([(market.merchant, 50 * FEC)]), REF, sender=market.merchant)
    market.chain.now += DAY
    capture(market, *orders)
    assert coins(market, market.treasury) == 3 * 900 * FEC
    assert coins(market, market.checkout.address) == 0


def test_unpaid__coins_left_at_checkout__are_not_burned_for_the_caller(market: Market) -> None:
    """What somebody sent there by mistake stays there: the sum is pulled from the caller."""
    program = market.shop()
    market.fec.transfer(market.checkout.address, P, sender=market.alice)
    market.allow(market.merchant)
    market.checkout.settle(program, packed([(market.merchant, 50 * FEC)]), REF, sender=market.merchant)
    assert coins(market, market.checkout.address) == P
    assert coins(market, market.merchant) == 10**6 * FEC - 50 * FEC


def test_unpaid__leaves_behind_the_leaves__cost_nothing_and_make_nothing(market: Market) -> None:
    """Call data behind the last leaf that reads as more of them: neither summed up nor settled."""
    program = market.shop()
    market.allow(market.signer)
    before = coins(market, market.signer)
    call = market.checkout.encode("settle", program, packed([(market.alice, P), (market.bob, P)]), REF)
    market.chain.send(market.signer, market.checkout.address, call + packed([(market.signer, FEC)]) * 40)
    [event] = market.chain.events("NodesSettled")
    assert event.values["leaves"] == packed([(market.alice, P), (market.bob, P)])
    assert before - coins(market, market.signer) == market.fec.totalBurned() == 2 * P
    assert coins(market, market.checkout.address) == 0


def test_unpaid__quota_that_orders_have_reserved__is_not_taken(market: Market) -> None:
    program = market.shop(window=DAY, quota=100 * FEC)
    order = paid(market, program, 0, P)
    market.allow(market.merchant)
    with expect("Checkout_QuotaExceeded", program, LEAST, 0):
        market.checkout.settle(program, packed([(market.merchant, LEAST)]), REF, sender=market.merchant)
    market.chain.now += DAY
    capture(market, order)
    assert market.adn.balanceOf(market.alice) == 1


def test_retry__same_reference__burns_once(market: Market) -> None:
    program = market.shop()
    market.allow(market.signer)
    call = [program, packed([(market.alice, P)]), REF]
    settlement = market.checkout.settle(*call, sender=market.signer)
    for who in (market.signer, market.merchant):
        with expect("Checkout_RefUsed", program, REF, settlement):
            market.checkout.settle(*call, sender=who)
    assert market.fec.totalBurned() == P


# --------------------------------------------------------------------- reentrancy


def test_reentry__owner_that_calls_back__is_not_called(market: Market, guest: Contract) -> None:
    """Neither a settlement nor an opening calls anybody: there is no moment to come back in."""
    guest.set(MODES["Reenter"], market.adn.address, market.adn.encode("programOf", PUBLIC))
    batch = settled(market, [(guest.address, P), (guest.address, P)])
    market.pass_periods(1)
    opened_node(market, batch, 0)
    market.adn.openAndClaim(*batch.opening(1))
    assert guest.hooks() == 0


@pytest.mark.parametrize("inner", ["settle", "open", "openAndClaim", "openAndClaim, again"])
def test_reentry__from_the_hook_of_a_mint__is_as_one_after_the_other(
    market: Market, guest: Contract, inner: str
) -> None:
    market.fund(guest.address, 2 * P)
    batch = settled(market, [(guest.address, P), (market.bob, P)])
    market.pass_periods(5)
    if inner.endswith("again"):
        opened_node(market, batch, 0)
    function = inner.partition(",")[0]
    arguments = [PUBLIC, packed([(guest.address, P)])] if function == "settle" else batch.opening(0)
    call, mint = market.adn.encode(function, *arguments), market.adn.encode("mint", PUBLIC, P, guest.address)

    def figures() -> list[int]:
        held = [market.fec.balanceOf(guest.address), market.adn.balanceOf(guest.address)]
        return [*held, market.fec.totalSupply(), market.adn.outstanding(), market.adn.programOf(PUBLIC)["quota"]]

    with market.chain.rolled_back():
        guest.execute(market.adn.address, mint, sender=market.stranger)
        if not inner.endswith("again"):
            guest.execute(market.adn.address, call, sender=market.stranger)
        in_turn = figures()
    guest.set(MODES["Reenter"], market.adn.address, call)
    guest.execute(market.adn.address, mint, sender=market.stranger)
    assert figures() == in_turn
    assert guest.succeeded() != inner.endswith("again")


# ------------------------------------------------------------------------- size


def test_size__all_that_geth_takes__fits_into_a_transactions_gas(world: World) -> None:
    """4,080 leaves are 128 KiB, above which Geth refuses a transaction; EIP-7825 caps its gas at 16,777,216."""
    settled(world, [(owner, P) for owner in owners(4_080)])
    assert gas_used(world.chain) < 2**24


def test_size__batch_that_does_not_fit_its_gas__changes_nothing(world: World) -> None:
    leaves = packed([(owner, P) for owner in owners(1_000)])
    before = (world.fec.totalSupply(), world.adn.programOf(PUBLIC))
    with pytest.raises(Halted, match="OutOfGas"):
        world.adn.settle(PUBLIC, leaves, sender=world.genesis, gas=900_000)
    assert (world.fec.totalSupply(), world.adn.programOf(PUBLIC)) == before
