"""Settlements through the client: making them, reading their leaves from logs, opening and using what they made."""

from collections.abc import Callable

import pytest

from fec.chain.anvil import Anvil
from fec.chain.deployments import Deployment
from fec.client.client import Client
from fec.client.errors import LogsMissing, OwnerRefused
from fec.core import curve
from fec.core.amounts import WEI_PER_FEC
from fec.i18n.errors import InvalidArgument, NotAllowed, NotFound, StateConflict
from fec.protocol.members import Member
from fec.protocol.orders import Order
from fec.protocol.settlements import Leaf, ProvenLeaf
from fec.protocol.types import Node, Payout, SettledFigures

ADN = 1_000 * WEI_PER_FEC
PUBLIC = 1
REF = "2026-11-30/1"

WeeksLater = Callable[[int], int]


@pytest.fixture
def settlement(alice: Client, bob: Client) -> int:
    """Settled by Alice in the public program: a node of Bob's, one of hers, another of Bob's."""
    leaves = [Leaf(bob.address, ADN), Leaf(alice.address, 2 * ADN), Leaf(bob.address, 3 * ADN)]
    return alice.settlements.settle(PUBLIC, leaves).settlement_id


@pytest.fixture
def token_ids(alice: Client, settlement: int) -> list[int]:
    """Ids of its three nodes."""
    tree = alice.settlements.tree(settlement)
    return [tree.token_id(index) for index in range(3)]


def test_figures__some_opened__counts_the_rest(alice: Client, settlement: int) -> None:
    alice.nodes.mint(PUBLIC, ADN)
    alice.settlements.open([alice.settlements.proof(settlement, 2)])
    assert alice.settlements.figures() == SettledFigures(1, 3, 6 * ADN, 2, 3 * ADN)


def test_fingerprint__unopened__is_that_of_the_opened_node(
    alice: Client, settlement: int, token_ids: list[int]
) -> None:
    seen = alice.nodes.fingerprint(token_ids[1])
    alice.settlements.open([alice.settlements.proof(settlement, 1)])
    assert alice.nodes.fingerprint(token_ids[1]) == seen


def test_figures__nothing_settled__are_zero(alice: Client) -> None:
    alice.nodes.mint(PUBLIC, ADN)
    assert alice.settlements.figures() == SettledFigures(0, 0, 0, 0, 0)


# --------------------------------------------------------------------- settle


def test_settle__in_the_public_program__is_known_to_the_contract(alice: Client, settlement: int) -> None:
    found = alice.settlements.get(settlement)
    assert (found.program_id, found.count, found.total) == (PUBLIC, 3, 6 * ADN)
    assert found.root == alice.settlements.tree(settlement).root


def test_settle__not_the_issuer__is_refused(alice: Client, program_id: int) -> None:
    with pytest.raises(NotAllowed) as refused:
        alice.settlements.settle(program_id, [Leaf(alice.address, ADN)])
    assert refused.value.name == "ADN_NotIssuer"


def test_settle__through_checkout__is_found_by_its_reference(shop: Client, bob: Client, program_id: int) -> None:
    shop.orders.approve(ADN)
    settled = shop.settlements.settle(program_id, [Leaf(bob.address, ADN)], REF)
    assert shop.settlements.of_ref(program_id, REF) == settled.settlement_id


def test_settle__reference_used_before__is_refused(shop: Client, bob: Client, program_id: int) -> None:
    shop.orders.approve(2 * ADN)
    settled = shop.settlements.settle(program_id, [Leaf(bob.address, ADN)], REF)
    with pytest.raises(StateConflict) as refused:
        shop.settlements.settle(program_id, [Leaf(bob.address, ADN)], REF)
    assert refused.value.name == "Checkout_RefUsed"
    assert refused.value.values["settlementId"] == settled.settlement_id


def test_settle__for_a_contract_of_the_protocol__is_refused_unsent(alice: Client) -> None:
    before = alice.web3.eth.block_number
    with pytest.raises(OwnerRefused):
        alice.settlements.settle(PUBLIC, [Leaf(alice.orders.address, ADN)])
    assert alice.web3.eth.block_number == before


def test_settle__dust__is_refused(alice: Client) -> None:
    with pytest.raises(InvalidArgument, match="cannot have a principal of 5 wei"):
        alice.settlements.settle(PUBLIC, [Leaf(alice.address, 5)])


def test_of_ref__not_used__is_none(alice: Client, program_id: int) -> None:
    assert alice.settlements.of_ref(program_id, "other") is None


# ----------------------------------------------------------------------- read


def test_unopened_of__an_owner__are_their_leaves(bob: Client, settlement: int, token_ids: list[int]) -> None:
    found = bob.settlements.unopened_of(bob.address)
    assert [(each.settlement_id, each.index) for each in found] == [(settlement, 0), (settlement, 2)]
    assert [each.node for each in found] == [
        Node(token_ids[0], bob.address, ADN, claimed=0, opened=False),
        Node(token_ids[2], bob.address, 3 * ADN, claimed=0, opened=False),
    ]


def test_unopened_of__another_program__is_none(bob: Client, settlement: int, program_id: int) -> None:
    assert settlement
    assert bob.settlements.unopened_of(bob.address, program_id) == []


def test_unopened_of__opened_and_merged_away__is_not_listed(bob: Client, token_ids: list[int]) -> None:
    bob.nodes.merge([token_ids[0], token_ids[2]])
    assert bob.settlements.unopened_of(bob.address) == []


def test_unopened_of__pruned_logs__is_refused(
    bob: Client, settlement: int, chain: Anvil, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settlement
    pruned = Client(chain.web3, deployment, bob.address)
    monkeypatch.setattr(pruned.web3.eth, "get_logs", lambda _: [])
    with pytest.raises(LogsMissing):
        pruned.settlements.unopened_of(bob.address)


def test_proof__of_a_leaf__is_what_the_root_proves(alice: Client, settlement: int) -> None:
    proven = alice.settlements.proof(settlement, 2)
    assert proven.verifies(alice.settlements.get(settlement).root)


def test_proof__beyond_the_last_leaf__is_refused(alice: Client, settlement: int) -> None:
    with pytest.raises(NotFound) as refused:
        alice.settlements.proof(settlement, 3)
    assert (refused.value.name, refused.value.values) == (
        "ADN_NoSuchLeaf",
        {"settlementId": settlement, "index": 3, "count": 3},
    )


def test_proof__unknown_settlement__is_refused(alice: Client, settlement: int) -> None:
    with pytest.raises(NotFound) as refused:
        alice.settlements.proof(settlement + 1, 0)
    assert (refused.value.name, refused.value.values) == ("ADN_UnknownSettlement", {"settlementId": settlement + 1})


def test_proof__as_a_record__is_read_back(alice: Client, settlement: int) -> None:
    proven = alice.settlements.proof(settlement, 1)
    assert ProvenLeaf.from_record(proven.record) == proven


def test_record__as_the_service_lists_it__is_read(alice: Client, settlement: int) -> None:
    proven = alice.settlements.proof(settlement, 1)
    record = {**proven.record, "nodeId": str(proven.token_id), "claimable": "0"}
    del record["tokenId"]
    assert ProvenLeaf.from_record(record) == proven


def test_record__of_another_token__is_refused(alice: Client, settlement: int) -> None:
    record = {**alice.settlements.proof(settlement, 1).record, "index": 0}
    with pytest.raises(InvalidArgument):
        ProvenLeaf.from_record(record)


def test_get__unopened__is_a_node_like_any_other(bob: Client, token_ids: list[int]) -> None:
    assert bob.nodes.get(token_ids[2]) == Node(token_ids[2], bob.address, 3 * ADN, claimed=0, opened=False)


def test_get_many__opened_and_unopened__keep_their_order(bob: Client, node: Node, token_ids: list[int]) -> None:
    found = bob.nodes.get_many([token_ids[2], node.token_id, token_ids[0]])
    assert [(each.token_id, each.opened) for each in found] == [
        (token_ids[2], False),
        (node.token_id, True),
        (token_ids[0], False),
    ]


# ----------------------------------------------------------------------- open


def test_open__one__is_a_token_of_its_owner(alice: Client, bob: Client, settlement: int, token_ids: list[int]) -> None:
    opened = alice.settlements.open([alice.settlements.proof(settlement, 0)])
    assert opened.token_ids == (token_ids[0],)
    assert bob.nodes.owned_by(bob.address) == [Node(token_ids[0], bob.address, ADN, claimed=0)]


def test_open__twice__is_refused(alice: Client, settlement: int, token_ids: list[int]) -> None:
    proven = alice.settlements.proof(settlement, 0)
    alice.settlements.open([proven])
    with pytest.raises(StateConflict) as refused:
        alice.settlements.open([proven])
    assert (refused.value.name, refused.value.values) == ("ADN_AlreadyOpened", {"tokenId": token_ids[0]})


def test_open__and_claim__pays_the_owner(
    alice: Client, bob: Client, settlement: int, token_ids: list[int], weeks_later: WeeksLater
) -> None:
    weeks_later(10)
    opened = alice.settlements.open([alice.settlements.proof(settlement, 0)], claim=True)
    paid = curve.released(ADN, 10)
    assert opened.payouts == (Payout(token_ids[0], bob.address, paid),)
    assert bob.balance(bob.address) == paid


def test_open__several__takes_as_few_transactions_as_fit(alice: Client, bob: Client, settlement: int) -> None:
    proven = alice.settlements.proofs(bob.settlements.unopened_of(bob.address))
    pieces = alice.settlements.batches(proven)
    assert list(map(len, pieces)) == [2]
    for piece in pieces:
        alice.settlements.open(piece)
    assert len(bob.nodes.owned_by(bob.address)) == 2


def test_open__many_owners_without_fec__all_get_through(alice: Client, weeks_later: WeeksLater) -> None:
    owners = ["0x" + bytes([number, *range(1, 20)]).hex() for number in range(1, 41)]
    settled = alice.settlements.settle(PUBLIC, [Leaf(owner, ADN) for owner in owners]).settlement_id
    weeks_later(1)
    leaves = list(alice.settlements.tree(settled).proofs())
    pieces = alice.settlements.batches(leaves, claim=True)
    opened = [alice.settlements.open(piece, claim=True) for piece in pieces]
    assert len(pieces) == 1
    assert [payout.amount for each in opened for payout in each.payouts] == [curve.released(ADN, 1)] * 40


def test_claim_for__unopened__opens_first(
    bob: Client, alice: Client, token_ids: list[int], weeks_later: WeeksLater
) -> None:
    weeks_later(1)
    claimed = alice.nodes.claim_for(token_ids)
    assert [payout.recipient for payout in claimed.payouts] == [bob.address, alice.address, bob.address]


def test_transfer__unopened__opens_first(alice: Client, bob: Client, token_ids: list[int]) -> None:
    alice.nodes.transfer(token_ids[1], bob.address)
    assert alice.nodes.get(token_ids[1]).owner == bob.address


def test_split__unopened__opens_first(alice: Client, token_ids: list[int]) -> None:
    assert len(alice.nodes.split(token_ids[1], [ADN]).new_ids) == 1


def test_merge__one_settlements_leaves__open_and_merge(bob: Client, token_ids: list[int]) -> None:
    bob.nodes.merge([token_ids[0], token_ids[2]])
    assert bob.nodes.get(token_ids[0]).principal == 4 * ADN


def test_claim__never_made__is_refused(bob: Client, token_ids: list[int]) -> None:
    with pytest.raises(NotFound) as refused:
        bob.nodes.claim(token_ids[0] + 3)
    assert (refused.value.name, refused.value.values) == ("ERC721NonexistentToken", {"tokenId": token_ids[0] + 3})


def test_pay_from_nodes__unopened__opens_first(
    alice: Client,
    shopper: Client,
    order: Callable[..., Order],
    token_ids: list[int],
    weeks_later: WeeksLater,
) -> None:
    weeks_later(50)
    paid = shopper.orders.pay_from_nodes(order(), [token_ids[1]])
    assert [payout.token_id for payout in paid.claimed] == [token_ids[1]]
    assert alice.nodes.get(token_ids[1]).opened


def test_withdraw__a_vaults_unopened_node__opens_first(alice: Client, bob: Client) -> None:
    member = Member(alice.address, bob.address, "0x" + "11" * 32)
    vault = alice.custody.vault(alice.address, member.id)
    alice.settlements.settle(PUBLIC, [Leaf(vault, ADN)])
    [found] = alice.settlements.unopened_of(vault)
    withdrawal = bob.custody.withdrawal(
        member, bob.address, bob.now() + 3_600, token_ids=[found.node.token_id], amount=0
    )
    bob.custody.withdraw(member, withdrawal)
    assert bob.nodes.get(found.node.token_id).owner == bob.address
