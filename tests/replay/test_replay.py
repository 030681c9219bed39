"""Histories on a chain: what Checkout, the coupon and the nodes say afterwards."""

from collections.abc import Callable
from typing import Any

import pytest
from eth_utils.address import to_checksum_address

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import DAY, WEEK
from fec.protocol.orders import OrderStatus
from fec.protocol.terms import Tier
from fec.replay import History, Replay, ReplayFailed, ReplayRefused, ReplayReport, ReplaySettings, StoreTerms, Wallets

MONDAY = 1_483_315_200
CAUSE = "0x" + "11" * 20
TWO_WEEKS = StoreTerms(return_window=14 * DAY)

Rows = Callable[..., History]
Replayed = Callable[..., ReplayReport]


def wallet(name: str) -> str:
    return to_checksum_address(Wallets().shopper(name).address)


def block_times(client: Client) -> list[int]:
    """Times of all payments, after Monday."""
    return [record.state.paid_at - MONDAY for record in client.orders.records()]


def test_run__purchases__are_paid_to_the_wei_at_their_time(replayed: Replayed, client: Client) -> None:
    replayed(("ann", 0, "12.34", "x"), ("bob", 60, "0.01", "y"))
    found = [
        (record.customer, record.amount, record.currency_reference, record.state.paid_at)
        for record in client.orders.records()
    ]
    assert found == [
        (wallet("ann"), 1_234 * WEI_PER_FEC, "USD 12.34", MONDAY),
        (wallet("bob"), WEI_PER_FEC, "USD 0.01", MONDAY + 60),
    ]


def test_run__burn_share__is_the_shoppers_node(replayed: Replayed, client: Client) -> None:
    report = replayed(("ann", 0, "50", "x"), terms=StoreTerms((Tier(0, 2_500),)))
    (record,) = client.orders.records()
    assert record.capture is not None
    assert record.capture.token_id is not None
    node = client.nodes.get(record.capture.token_id)
    assert (node.owner, node.principal, report.burned) == (wallet("ann"), 1_250 * WEI_PER_FEC, 1_250 * WEI_PER_FEC)


def test_run__tiers__follow_what_was_spent(replayed: Replayed, client: Client) -> None:
    tiers = (Tier(0, 1_000), Tier(1_000, 2_000))
    replayed(("ann", 0, "10", "x"), ("ann", 0, "10", "x"), terms=StoreTerms(tiers))
    assert [record.burn_bps for record in client.orders.records()] == [1_000, 2_000]


def test_run__one_instant__is_one_block(replayed: Replayed, client: Client) -> None:
    replayed(("ann", 0, "1", "x"), ("bob", 0, "2", "x"), ("ann", 0, "3", "y"))
    assert block_times(client) == [0, 0, 0]


def test_run__returns__are_refunded_and_the_rest_captured(replayed: Replayed, client: Client) -> None:
    report = replayed(("ann", 0, "10", "x"), ("ann", 60, "-4", "x"), ("bob", 90, "-1", "x"), terms=TWO_WEEKS)
    (record,) = client.orders.records()
    assert (record.state.refunded, record.state.status) == (400 * WEI_PER_FEC, OrderStatus.CAPTURED)
    assert record.capture is not None
    assert record.capture.burned == 60 * WEI_PER_FEC
    assert (report.refunds, report.refunded, report.captured) == (1, 400 * WEI_PER_FEC, 1)
    assert report.left_out == ((4, "the shopper has bought nothing at this store before"),)


def test_run__donation__goes_to_the_cause(replayed: Replayed, client: Client) -> None:
    replayed(("ann", 0, "10", "x"), terms=StoreTerms(donation_bps=100, cause=CAUSE))
    assert client.balance(CAUSE) == 10 * WEI_PER_FEC


def test_run__store_with_other_terms__has_them(replayed: Replayed, client: Client) -> None:
    replayed(("ann", 0, "10", "x"), ("ann", 0, "10", "y"), exceptions={"y": TWO_WEEKS}, leave_open=True)
    assert [record.state.status for record in client.orders.records()] == [OrderStatus.CAPTURED, OrderStatus.ESCROWED]


def test_run__windows_of_different_length__are_each_kept(replayed: Replayed, client: Client) -> None:
    exceptions = {"x": StoreTerms(return_window=20 * DAY), "y": StoreTerms(return_window=10 * DAY)}
    report = replayed(
        *(("ann", 0, "10", "x"), ("ann", 1, "10", "y"), ("ann", 12 * DAY, "-4", "x"), ("ann", 12 * DAY, "-4", "y")),
        exceptions=exceptions,
    )
    assert (report.refunded, report.captured) == (400 * WEI_PER_FEC, 2)
    assert report.left_out == ((5, "the return window of the shopper's last order at this store is over"),)


def test_run__same_file_again__sends_nothing(replayed: Replayed, chain: Anvil) -> None:
    rows = (("ann", 0, "10", "x"), ("ann", 60, "-4", "x"), ("bob", DAY, "7", "y"))
    first = replayed(*rows, terms=TWO_WEEKS)
    height = chain.web3.eth.block_number
    again = replayed(*rows, terms=TWO_WEEKS)
    assert chain.web3.eth.block_number == height
    assert (again.orders, again.new_orders, again.new_refunds, again.transactions) == (2, 0, 0, 0)
    assert again.figures == first.figures


def test_run__file_that_has_grown__adds_the_new_rows(replayed: Replayed, client: Client) -> None:
    replayed(("ann", 0, "10", "x"))
    report = replayed(("ann", 0, "10", "x"), ("ann", 2 * DAY, "20", "x"), ("bob", 2 * DAY, "5", "z"))
    assert (report.orders, report.new_orders) == (3, 2)
    assert block_times(client) == [0, 2 * DAY, 2 * DAY]


def test_run__left_open__a_later_return_is_still_taken_back(replayed: Replayed) -> None:
    first = replayed(("ann", 0, "10", "x"), terms=TWO_WEEKS, leave_open=True)
    grown = replayed(("ann", 0, "10", "x"), ("ann", DAY, "-3", "x"), terms=TWO_WEEKS)
    assert (first.captured, grown.refunded, grown.captured) == (0, 300 * WEI_PER_FEC, 1)


def test_run__other_terms_than_before__is_refused(replayed: Replayed, chain: Anvil) -> None:
    replayed(("ann", 0, "10", "x"))
    height = chain.web3.eth.block_number
    with pytest.raises(ReplayRefused, match="store 'x' has a program with other tiers"):
        replayed(("ann", 0, "10", "x"), ("ann", DAY, "10", "x"), terms=TWO_WEEKS)
    assert chain.web3.eth.block_number == height


def test_run__payment_that_the_chain_refuses__says_which_and_why(
    replayed: Replayed, client: Client, chain: Anvil
) -> None:
    # Code that refuses whatever comes, nodes too.
    chain.request("anvil_setCode", wallet("bob"), "0x60006000fd")
    with pytest.raises(ReplayFailed, match=r"OrderPaid 0x\w+\): .*ERC721InvalidReceiver"):
        replayed(("ann", 0, "10", "x"), ("bob", 0, "10", "x"))
    assert [record.customer for record in client.orders.records()] == [wallet("ann")]


def test_run__other_wallets__are_other_stores(replayed: Replayed, client: Client) -> None:
    replayed(("ann", 0, "10", "x"))
    replayed(("ann", DAY, "10", "x"), seed="other")
    assert len({record.program_id for record in client.orders.records()}) == 2


def test_run__file_older_than_the_chain__is_refused(replayed: Replayed, chain: Anvil) -> None:
    chain.travel_to(MONDAY + 1)
    with pytest.raises(ReplayRefused, match="with --shift"):
        replayed(("ann", 0, "10", "x"))


def test_run__shifted__moves_by_whole_weeks_and_so_on_the_next_run(
    replayed: Replayed, client: Client, chain: Anvil
) -> None:
    chain.travel_to(MONDAY + 1)
    first = replayed(("ann", 0, "10", "x"), shift=True)
    again = replayed(("ann", 0, "10", "x"), ("bob", DAY, "5", "x"))
    assert (first.shift, again.shift) == (WEEK, WEEK)
    assert block_times(client) == [WEEK, WEEK + DAY]


def test_run__not_by_the_owner__is_refused(client: Client, chain: Anvil, history: Rows) -> None:
    with pytest.raises(ReplayRefused, match="Sign as the owner"):
        Replay(client, chain.accounts[1], ReplaySettings(workers=0)).run(history(("ann", 0, "10", "x")))


def test_run__more_than_the_holder_has__is_refused_before_anything_is_sent(replayed: Replayed, chain: Anvil) -> None:
    height = chain.web3.eth.block_number
    with pytest.raises(ReplayRefused, match="Choose a lower --rate"):
        replayed(("ann", 0, "20000000", "x"))
    assert chain.web3.eth.block_number == height


def test_run__afterwards__the_chain_mines_by_itself_again(replayed: Replayed, chain: Anvil) -> None:
    replayed(("ann", 0, "10", "x"))
    assert chain.request("anvil_getAutomine") is True


def test_run__books__balance_to_the_wei(replayed: Replayed) -> None:
    figures = replayed(("ann", 0, "10", "x"), ("bob", 5, "0.07", "y")).figures
    assert figures.supply + figures.outstanding == figures.genesis_supply + 9 * figures.burned


def test_run__workers__sign_the_same(client: Client, chain: Anvil, history: Rows) -> None:
    report = Replay(client, chain.accounts[0], ReplaySettings(workers=1)).run(history(("ann", 0, "10", "x")))
    assert report.new_orders == 1


def test_cli__owner_that_anvil_signs_for__replays(as_json: Callable[..., Any], file: Callable[..., Any]) -> None:
    found = as_json(file(("ann", 0, "12.34", "x"), ("ann", 60, "-2", "x")), "--returns", "14d")
    assert {name: found[name] for name in ("orders", "paid", "refunded", "burned")} == {
        "orders": 1,
        "paid": "1234",
        "refunded": "200",
        "burned": "103.4",
    }


def test_cli__summary__says_how_payback_goes(run: Callable[..., Any], file: Callable[..., Any]) -> None:
    assert "slowly at first" in run(file(("ann", 0, "12.34", "x"))).stdout


def test_cli__bad_rows__exit_1_and_leave_the_chain_alone(
    run: Callable[..., Any], file: Callable[..., Any], chain: Anvil
) -> None:
    height = chain.web3.eth.block_number
    result = run(file(("ann", 0, "12.34", "x"), ("bob", 60, "much", "x")))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "line 3: 'much' is no amount" in result.stderr
    assert chain.web3.eth.block_number == height


def test_cli__dry_run__counts_and_sends_nothing(
    as_json: Callable[..., Any], file: Callable[..., Any], chain: Anvil
) -> None:
    height = chain.web3.eth.block_number
    found = as_json(file(("ann", 0, "12.34", "x"), ("bob", 60, "-1", "x"), ("bob", 60, "0", "x")), "--dry-run")
    assert (found["orders"], found["returns"], found["zeros"], found["amount"]) == (1, 1, 1, "1234")
    assert chain.web3.eth.block_number == height
