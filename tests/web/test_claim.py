"""The claim page and what comes of it: a code is bound, its sale is pending; the wallet claims from settled nodes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import WEEK
from fec.protocol.members import Member
from fec.protocol.settlements import Leaf, ProvenLeaf
from tests.fixtures.waiting import PATIENCE
from tests.web.conftest import connect, do
from tests.web.test_merchant import signed_in
from tests.web.wallet import Wallet
from tests.web.world import World

Open = Callable[..., tuple[Page, Wallet]]


@pytest.fixture(scope="module")
def till(world: World) -> Callable[..., Any]:
    """Records sales of the program at 100 FEC for a MYR."""
    headers = {"Authorization": f"Bearer {world.sales_token}"}

    def post(path: str, body: dict[str, Any]) -> Any:
        answer = httpx.post(f"{world.site}/v1/sales{path}", json=body, headers=headers, timeout=PATIENCE)
        assert answer.is_success, answer.text
        return answer.json()

    post("/settings", {"currency": "MYR", "returnWindow": 0})
    post("/rates", {"currency": "MYR", "since": 0, "rate": "100"})
    return lambda **sale: post("", {"paidBy": "cash", **sale})


def test_claim__code_of_a_receipt__is_bound_to_the_account(
    world: World, open_page: Open, till: Callable[..., Any]
) -> None:
    gil = world.person("gil")
    made = till(orderId="R-1", amount="12.50")
    page, _ = open_page(made["claim"]["link"], gil)
    expect(page.get_by_role("heading", name="A sale at Corner café")).to_be_visible()
    expect(page.get_by_text("MYR 12.50")).to_be_visible()
    expect(page.get_by_text("not yet yours")).to_be_visible()
    connect(page)
    page.get_by_role("button", name="Claim for this account").click()
    expect(page.get_by_text("Pending: it is yours")).to_be_visible()
    # The wallet is connected there by itself.
    page.goto(f"{world.site}/wallet")
    expect(page.locator("[data-pending='12.50']")).to_contain_text("Corner café")


def test_claim__member_of_a_brand__is_bound_to_the_vault(
    world: World, open_page: Open, till: Callable[..., Any], tmp_path: Path
) -> None:
    jon, kim = world.person("jon"), world.person("kim")
    member = Member(world.signer.address, jon.address, "0x" + "5a" * 32)
    vault = world.client.custody.vault(member.brand, member.id)
    made = till(orderId="R-2", amount="8")
    page, _ = open_page(made["claim"]["link"], jon)
    connect(page)
    page.get_by_text("A brand keeps my nodes").click()

    def choose(name: str, record: dict[str, str]) -> None:
        file = tmp_path / name
        file.write_text(json.dumps(record))
        page.get_by_label("Member file").set_input_files(file)

    choose("other.json", {"brand": member.brand, "signer": kim.address, "salt": member.salt})
    expect(page.get_by_text(f"This vault belongs to the key {kim.address}.")).to_be_visible()
    choose("empty.json", {})
    expect(page.get_by_text("This is no member file.")).to_be_visible()
    choose("member.json", {"brand": member.brand, "signer": jon.address, "salt": member.salt})
    page.get_by_role("button", name="Claim for this vault").click()
    expect(page.get_by_text("Pending: it is yours")).to_be_visible()
    [pending] = httpx.get(f"{world.site}/v1/accounts/{vault}/pending-sales").json()["items"]
    assert pending["amount"] == "8"


def test_claim__no_code__says_where_to_get_one(people: Callable[..., Any]) -> None:
    page, _ = people("/claim")
    expect(page.get_by_text("Scan the QR code on your receipt.")).to_be_visible()
    page.goto(page.url + "#code=abc")
    expect(page.get_by_text("This link has no whole claim code")).to_be_visible()


def test_wallet__settled_nodes__are_claimed_and_given_like_any_other(world: World, open_page: Open) -> None:
    hal, ivy = world.person("hal"), world.person("ivy")
    client = world.client
    (token,) = world.nodes(hal, 1)
    client.transfer(world.signer.address, 2_000 * FEC)
    signer = client.signed_by(world.signer)
    signer.orders.approve(2_000 * FEC)
    signer.settlements.settle(world.at_once, [Leaf(hal.address, 100 * FEC), Leaf(hal.address, 200 * FEC)], "web")
    # Dust in the public program is counted, and not shown.
    client.settlements.settle(1, [Leaf(hal.address, 10**15)])
    world.travel(5 * WEEK)
    page, _ = open_page("/wallet", hal)
    connect(page)
    expect(page.get_by_role("article")).to_have_count(3)
    expect(page.get_by_text("1 more settled nodes")).to_be_visible()
    page.get_by_role("button", name="Claim all").click()
    expect(page.get_by_text("One transaction fits 2 of the 3 nodes")).to_be_visible()
    page.get_by_text("With my own gas").click()
    do(page, "Claim")
    expect(page.locator("[data-claimable='0']")).to_be_visible()
    nodes = client.nodes.owned_by(hal.address)
    assert sorted(node.principal for node in nodes) == [100 * FEC, 200 * FEC, 1_000 * FEC]
    assert client.balance(hal.address) == sum(node.claimed for node in nodes)
    assert token in [node.token_id for node in nodes]

    signer.settlements.settle(world.at_once, [Leaf(hal.address, 50 * FEC)], "web 2")
    expect(page.get_by_role("article")).to_have_count(4)
    card = page.get_by_role("article").filter(has_text="Settled.")
    card.get_by_text("Details of this node").click()
    with page.expect_download() as saved:
        card.get_by_role("button", name="Save what opens it").click()
    [unopened] = client.settlements.unopened_of(hal.address, world.at_once)
    proven = client.settlements.proof(unopened.settlement_id, unopened.index)
    assert ProvenLeaf.from_record(json.loads(saved.value.path().read_text())) == proven
    card.get_by_role("button", name="Give away").click()
    page.get_by_label("Address of the receiver").fill(ivy.address)
    do(page, "Give away")
    assert [node.principal for node in client.nodes.owned_by(ivy.address)] == [50 * FEC]


def test_merchant__sales_paid_elsewhere__are_listed(world: World, open_page: Open, till: Callable[..., Any]) -> None:
    till(orderId="R-9", amount="7.50")
    page, _ = signed_in(world, open_page, world.at_once)
    page.get_by_role("tab", name="Paid elsewhere").click()
    row = page.locator("[data-sale='R-9'][data-state='pending']")
    expect(row).to_contain_text("nobody's yet")
    expect(row).to_contain_text("MYR 7.50")
    row.get_by_role("button", name="Claim code").click()
    dialog = page.get_by_role("dialog")
    code = dialog.get_by_alt_text("QR code to claim order R-9")
    expect(code).to_be_visible()
    page.wait_for_function("code => code.naturalWidth > 0", arg=code.element_handle())
    expect(dialog.get_by_text("The code can be used until")).to_be_visible()
    expect(dialog.get_by_role("link", name="Claim page")).to_be_visible()


def test_transparency__settlements__are_proven_by_the_chains_logs(world: World, people: Callable[..., Any]) -> None:
    client = world.client
    client.settlements.settle(1, [Leaf(world.owner.address, FEC), Leaf(world.cause, 2 * FEC), Leaf(world.cause, FEC)])
    figures = client.settlements.figures()
    page, _ = people("/transparency")
    page.get_by_role("button", name="Add up the chain's own logs").click()
    expect(page.locator("[data-settled='ok']")).to_contain_text(f"all {figures.settlements} settlements give the roots")
    unopened = page.locator("[data-settled] dl div", has_text="Not opened yet").locator("dd")
    expect(unopened).to_have_text(str(figures.unopened))
