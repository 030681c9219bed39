"""The wallet page: everything that a holder can do, straight from the chain."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import WEEK
from fec.core.node_id import NodeId
from tests.web.conftest import connect, do
from tests.web.wallet import Wallet
from tests.web.world import World

Open = Callable[..., tuple[Page, Wallet]]
#: Exchanges with the chain until 501 nodes are read: block, logs, nodes in two batches; some more if a block comes.
MOST_REQUESTS = 10


def card(page: Page, token_id: int) -> Page:
    return page.get_by_role("article", name=f"ADN {NodeId.decode(token_id).name}", exact=True)  # type: ignore[return-value]


def test_wallet__claim_all__pays_what_was_shown_before(world: World, open_page: Open) -> None:
    ann = world.person("ann")
    ids = world.nodes(ann, 2)
    world.travel(30 * WEEK)
    page, _ = open_page("/wallet", ann)
    connect(page)
    # One ADN has let go 254.5502… FEC after 30 periods.
    expect(page.locator("[data-claimable]")).to_contain_text("509.1")
    page.get_by_role("button", name="Claim all").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("You get")).to_be_visible()
    said = dialog.locator("dl div", has_text="You get").locator("dd").inner_text()
    do(page, "Claim")
    expect(page.locator("[data-claimable='0']")).to_be_visible()
    paid = world.client.balance(ann.address)
    assert paid == sum(node.claimed for node in world.client.nodes.get_many(ids))
    assert said.replace(",", "") == f"{paid // FEC}.{paid % FEC:018}".rstrip("0") + " FEC"


def test_wallet__no_gas_coin__claims_all_by_one_tap(world: World, open_page: Open) -> None:
    amy = world.person("amy", gas=False)
    ids = world.rewards(amy, 2)
    world.travel(30 * WEEK)
    page, wallet = open_page("/wallet", amy)
    connect(page)
    page.get_by_role("button", name="Claim all").click()
    do(page, "Claim without gas")
    expect(page.locator("[data-claimable='0']")).to_be_visible()
    assert world.client.balance(amy.address) == sum(node.claimed for node in world.client.nodes.get_many(ids)) > 0
    assert "eth_sendTransaction" not in wallet.asked


def test_wallet__paid_in_the_return_window__shows_the_node_to_come(world: World, open_page: Open) -> None:
    zed = world.person("zed", fec=100, gas=False)
    page, _ = open_page(world.invoice("W-escrow", "100", escrow=True)["links"]["pay"], zed)
    connect(page)
    page.get_by_role("button", name="Sign and pay 100 FEC").click()
    receipt = page.get_by_role("region", name="Receipt")
    expect(receipt.get_by_text("Will be burned into your node")).to_be_visible()
    expect(receipt.get_by_text("Comes back: 100 FEC over 100 periods")).to_be_visible()
    expect(receipt.get_by_role("button", name="Copy the transaction's hash")).to_be_visible()
    page.get_by_role("link", name="See it in your wallet").click()
    expect(page.locator("[data-escrowed]")).to_contain_text("Node made after")
    expect(page.locator("[data-escrowed]")).to_contain_text("10 FEC")
    expect(page.get_by_text("No nodes yet. 1 are on their way")).to_be_visible()


def test_wallet__claim_one_and_some__leaves_the_others(world: World, open_page: Open) -> None:
    ben = world.person("ben")
    first, second, third = world.nodes(ben, 3)
    world.travel(10 * WEEK)
    page, _ = open_page("/wallet", ben)
    connect(page)
    card(page, first).get_by_role("button", name=f"Claim: ADN {NodeId.decode(first).name}", exact=True).click()
    do(page, "Claim")
    card(page, second).get_by_role("checkbox").check()
    page.get_by_role("region", name="1 selected").get_by_role("button", name="Claim").click()
    do(page, "Claim")
    claimed = [node.claimed > 0 for node in world.client.nodes.get_many([first, second, third])]
    assert claimed == [True, True, False]


def test_wallet__give_away__is_refused_for_who_cannot_hold_it(world: World, open_page: Open) -> None:
    cleo, dan = world.person("cleo"), world.person("dan")
    (token,) = world.nodes(cleo, 1)
    page, _ = open_page("/wallet", cleo)
    connect(page)
    card(page, token).get_by_role("button", name="Give away").click()
    field = page.get_by_label("Address of the receiver")
    coupon = world.deployment["contracts"]["FEC"]["address"]
    field.fill(coupon)
    expect(page.get_by_role("alert")).to_contain_text("does not accept nodes")
    field.fill("0x12")
    expect(page.get_by_text("This is not the address of another account.")).to_be_visible()
    field.fill(dan.address)
    do(page, "Give away")
    expect(card(page, token)).to_have_count(0)
    assert world.client.nodes.get(token).owner == dan.address


def test_wallet__split_then_merge__keeps_every_wei(world: World, open_page: Open) -> None:
    eve = world.person("eve")
    (token,) = world.nodes(eve, 1)
    page, _ = open_page("/wallet", eve)
    connect(page)
    card(page, token).get_by_role("button", name="Split").click()
    page.get_by_label("Principal of the new node").fill("2000")
    expect(page.get_by_role("alert")).to_contain_text("Split off less.")
    page.get_by_label("Principal of the new node").fill("400")
    do(page, "Split")
    expect(page.get_by_role("article")).to_have_count(2)
    assert sorted(n.principal for n in world.client.nodes.owned_by(eve.address)) == [400 * FEC, 600 * FEC]
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Merge").click()
    do(page, "Merge")
    expect(page.get_by_role("article")).to_have_count(1)
    assert [n.principal for n in world.client.nodes.owned_by(eve.address)] == [1_000 * FEC]


def test_wallet__apps__may_claim_until_they_are_revoked(world: World, open_page: Open) -> None:
    fay, app = world.person("fay"), world.person("app")
    (token,) = world.nodes(fay, 1)
    page, _ = open_page("/wallet", fay)
    connect(page)
    card(page, token).get_by_role("button", name="Let an app claim").click()
    page.get_by_label("Address of the app").fill(app.address)
    do(page, "Let an app claim")
    revoke = page.get_by_role("button", name="Revoke: ")
    expect(revoke).to_be_visible()
    assert world.client.nodes.may_claim(token, app.address)
    revoke.click()
    do(page, "Revoke")
    expect(page.get_by_text("Only you may claim.")).to_be_visible()
    assert not world.client.nodes.may_claim(token, app.address)
    page.get_by_role("button", name="Let an app claim from all nodes").click()
    page.get_by_label("Address of the app").fill(app.address)
    do(page, "Let an app claim from all nodes")
    expect(page.get_by_role("button", name="Revoke: ")).to_be_visible()
    assert world.client.nodes.may_claim(token, app.address)


def test_wallet__history__tells_what_happened(world: World, open_page: Open) -> None:
    gus, hal = world.person("gus"), world.person("hal")
    token, other = world.nodes(gus, 2)
    world.travel(5 * WEEK)
    client = world.client.signed_by(gus)
    client.nodes.claim(token)
    client.nodes.transfer(other, hal.address)
    page, _ = open_page("/wallet", gus)
    connect(page)
    rows = page.locator(".history li")
    expect(rows).to_have_count(4)
    expect(rows.nth(0)).to_contain_text(f"Gave ADN {NodeId.decode(other).name} to")
    expect(rows.nth(1)).to_contain_text(f"ADN {NodeId.decode(token).name} paid you 21.1")
    expect(rows.nth(3)).to_contain_text("Received the new node")


def test_wallet__declined__says_so_and_goes_on(world: World, open_page: Open) -> None:
    ida = world.person("ida")
    world.nodes(ida, 1)
    world.travel(WEEK)
    page, wallet = open_page("/wallet", ida)
    connect(page)
    wallet.declines = True
    page.get_by_role("button", name="Claim all").click()
    page.get_by_role("dialog").get_by_role("button", name="Claim", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("You declined in the wallet.")
    wallet.declines = False
    do(page, "Claim")


def test_wallet__reloaded__is_still_connected_and_follows_the_chain(world: World, open_page: Open) -> None:
    jon = world.person("jon")
    world.nodes(jon, 1)
    page, _ = open_page("/wallet", jon)
    connect(page)
    expect(page.get_by_role("article")).to_have_count(1)
    page.reload()
    expect(page.get_by_role("article")).to_have_count(1)
    snapshot = world.anvil.request("evm_snapshot")
    world.nodes(jon, 1)
    expect(page.get_by_role("article")).to_have_count(2)
    world.anvil.request("evm_revert", snapshot)
    world.anvil.mine()
    expect(page.get_by_role("article")).to_have_count(1)


def test_wallet__chain_gone_and_back__says_so_and_recovers(
    world: World, open_page: Open, people: pytest.FixtureRequest
) -> None:
    kim = world.person("kim")
    world.nodes(kim, 1)
    page, _ = open_page("/wallet", kim)
    connect(page)
    expect(page.get_by_role("article")).to_have_count(1)
    page.context.route(f"{world.anvil.url}/**", lambda route: route.abort())
    expect(page.get_by_text("The chain does not answer.")).to_be_visible()
    page.context.unroute(f"{world.anvil.url}/**")
    expect(page.get_by_text("The chain does not answer.")).to_have_count(0)
    people.complaints.clear()  # type: ignore[attr-defined]


def test_wallet__five_hundred_nodes__claimable_is_shown_after_few_requests(world: World, open_page: Open) -> None:
    lee = world.person("lee")
    client = world.client
    (token,) = world.nodes(lee, 1, principal=10_000)
    for _ in range(5):
        client.signed_by(lee).nodes.split(token, [10 * FEC] * 100)
    world.travel(3 * WEEK)
    page, _ = open_page("/wallet", lee)
    connect(page)
    expect(page.locator("[data-claimable]")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if world.anvil.url in request.url else None)
    page.reload()
    page.locator("[data-claimable]").wait_for()
    took = page.evaluate("performance.now()")
    # Time depends on the machine; that it takes few round trips does not.
    assert len(asked) <= MOST_REQUESTS
    assert page.locator(".hero dl div", has_text="Nodes").locator("dd").inner_text() == "501"
    print(f"claimable of 501 nodes: {took:.0f} ms after the load began, {len(asked)} requests")  # noqa: T201
