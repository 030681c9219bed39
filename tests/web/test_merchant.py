"""The merchant's page: signing in, selling, and seeing the other side pay."""

from collections.abc import Callable
from pathlib import Path

from eth_account.signers.local import LocalAccount
from playwright.sync_api import Page, expect

from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY
from tests.fixtures.waiting import until
from tests.web.conftest import connect
from tests.web.wallet import Wallet
from tests.web.world import WINDOW, World

Open = Callable[..., tuple[Page, Wallet]]


def signed_in(world: World, open_page: Open, program: int) -> tuple[Page, Wallet]:
    page, wallet = open_page("/merchant", world.operator, viewport={"width": 1280, "height": 900})
    connect(page)
    page.get_by_label("Program").fill(str(program))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("tab", name="Orders")).to_be_visible()
    return page, wallet


def pay(page: Page, amount: str) -> None:
    connect(page)
    page.get_by_role("button", name=f"Sign and pay {amount} FEC").click()
    expect(page.get_by_text("Paid. Thank you!")).to_be_visible()


def row(page: Page, order_id: str, status: str) -> None:
    expect(page.locator(f"[data-order='{order_id}'][data-status='{status}']")).to_be_visible()


def test_merchant__one_makes_an_invoice_the_other_pays__the_first_sees_it_at_once(
    world: World, open_page: Open
) -> None:
    ann = world.person("ann", fec=100, gas=False)
    shop, _ = signed_in(world, open_page, world.at_once)
    expect(shop.get_by_role("heading", name="Corner café")).to_be_visible()
    expect(shop.get_by_text("Live", exact=True)).to_be_visible()
    shop.get_by_label("Order id").fill("M-1")
    shop.get_by_label("Amount in FEC").fill("50")
    shop.get_by_label("Stands for").fill("USD 0.50")
    shop.get_by_role("button", name="Make invoice").click()
    dialog = shop.get_by_role("dialog")
    code = dialog.get_by_role("img", name="QR code to pay order M-1")
    expect(code).to_be_visible()
    assert code.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    link = dialog.get_by_role("link", name="Open the pay page").get_attribute("href")
    buyer, _ = open_page(link, ann)
    pay(buyer, "50")
    expect(dialog.get_by_text("final")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    row(shop, "M-1", "captured")
    shop.reload()
    row(shop, "M-1", "captured")


def test_merchant__refund_and_capture__move_the_order_on(world: World, open_page: Open) -> None:
    ben = world.person("ben", fec=200, gas=False)
    shop, _ = signed_in(world, open_page, world.escrow)
    for order_id in ("M-2", "M-3"):
        invoice = world.invoice(order_id, "100", escrow=True)
        buyer, _ = open_page(invoice["links"]["pay"], ben)
        pay(buyer, "100")
        row(shop, order_id, "paid")
    shop.get_by_role("button", name="Refund: M-2").click()
    dialog = shop.get_by_role("dialog")
    dialog.get_by_label("Amount to refund, in FEC").fill("500")
    dialog.get_by_role("button", name="Refund").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Refund an amount above 0")
    dialog.get_by_label("Amount to refund, in FEC").fill("100")
    dialog.get_by_role("button", name="Refund").click()
    expect(dialog.get_by_text("100 FEC are being refunded.")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    row(shop, "M-2", "refunded")
    world.travel(WINDOW + DAY)
    shop.get_by_role("button", name="Capture due orders").click()
    row(shop, "M-3", "captured")


def test_merchant__order_id_taken__is_said(world: World, open_page: Open) -> None:
    world.invoice("M-4", "10")
    shop, _ = signed_in(world, open_page, world.at_once)
    shop.get_by_label("Order id").fill("M-4")
    shop.get_by_label("Amount in FEC").fill("10")
    shop.get_by_role("button", name="Make invoice").click()
    expect(shop.get_by_role("alert")).to_contain_text("choose another order id")


def test_merchant__orders_as_csv__are_exact(world: World, open_page: Open, tmp_path: Path) -> None:
    world.invoice("M-5", "0.000000000000000001", currencyReference="=1+1")
    shop, _ = signed_in(world, open_page, world.at_once)
    row(shop, "M-5", "open")
    with shop.expect_download() as download:
        shop.get_by_role("button", name="Export CSV").click()
    download.value.save_as(tmp_path / "orders.csv")
    line = next(each for each in (tmp_path / "orders.csv").read_text().splitlines() if each.startswith("M-5"))
    assert "0.000000000000000001" in line.split(",")
    assert "'=1+1" in line.split(",")


def test_merchant__shoppers_and_program__are_shown(world: World, open_page: Open) -> None:
    cleo = world.person("cleo", fec=100, gas=False)
    buyer, _ = open_page(world.invoice("M-6", "100")["links"]["pay"], cleo)
    pay(buyer, "100")
    shop, _ = signed_in(world, open_page, world.at_once)
    shop.get_by_role("tab", name="Orders").press("ArrowRight")
    shopper = shop.locator(f"[data-shopper='{cleo.address}']")

    def listed() -> bool:
        shop.get_by_role("tab", name="Program").click()
        shop.get_by_role("tab", name="Shoppers").click()
        shop.locator("[data-shopper]").first.wait_for()
        return shopper.count() == 1

    until(listed)
    expect(shopper).to_contain_text("Spent 100 FEC")
    expect(shopper).to_contain_text("10% burned")
    shopper.get_by_role("button", name="Flow-back").click()
    expect(shop.get_by_role("dialog").get_by_role("row")).to_have_count(12)
    expect(shop.get_by_role("dialog").locator("img.loaded")).to_be_visible()
    shop.get_by_role("dialog").get_by_role("button", name="Close").click()
    shop.get_by_role("tab", name="Program").click()
    expect(shop.get_by_text("Quota left")).to_be_visible()
    expect(shop.get_by_text("Tier 1, from a spend of 0 FEC")).to_be_visible()


def test_merchant__figures__are_drawn_in_the_readers_language(world: World, open_page: Open) -> None:
    dora = world.person("dora", fec=100, gas=False)
    buyer, _ = open_page(world.invoice("M-7", "100")["links"]["pay"], dora)
    pay(buyer, "100")
    shop, _ = signed_in(world, open_page, world.at_once)
    shop.get_by_role("tab", name="Figures").click()
    for name in ("flowback", "cohorts", "liability"):
        figure = shop.locator(f"[data-figure='{name}']")
        picture = figure.locator("img.loaded")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.naturalWidth") > 280
        figure.get_by_text("As a table").click()
        expect(figure.get_by_role("row").nth(1)).to_be_visible()
    before = picture.evaluate("image => image.currentSrc")
    shop.get_by_role("combobox").select_option("zh-Hant")
    expect(shop.get_by_role("heading", name="負債滾動表")).to_be_visible()
    assert picture.evaluate("image => image.currentSrc") != before


def test_merchant__who_does_not_operate_the_program__is_not_let_in(
    world: World, open_page: Open, people: Callable[..., tuple[Page, None]]
) -> None:
    stranger: LocalAccount = world.person("stranger")
    page, wallet = open_page("/merchant", stranger)
    connect(page)
    page.get_by_label("Program").fill(str(world.at_once))
    wallet.declines = True
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("You declined in the wallet.")
    wallet.declines = False
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Sign in as its operator.")


def test_merchant__signed_out__has_to_sign_in_again(world: World, open_page: Open) -> None:
    shop, _ = signed_in(world, open_page, world.at_once)
    shop.get_by_role("button", name="Sign out").click()
    expect(shop.get_by_role("button", name="Sign in")).to_be_visible()
    shop.reload()
    expect(shop.get_by_role("button", name="Sign in")).to_be_visible()


def test_top_up__code_of_another_chain_or_of_something_else__is_not_sold_to(world: World, open_page: Open) -> None:
    shopper = world.person("elsewhere", gas=False).address
    page, _ = signed_in(world, open_page, world.at_once)
    page.get_by_role("tab", name="Sell FEC").click()
    page.get_by_label("Amount in FEC").fill("12.5")
    send = page.get_by_role("button", name="Send the FEC")
    for text in (
        f"ethereum:{shopper}@1",
        f"ethereum:{world.deployment['contracts']['FEC']['address']}@31337/transfer?address={shopper}",
    ):
        page.get_by_label("Shopper's QR code").fill(text)
        expect(send).to_be_disabled()
    page.get_by_label("Shopper's QR code").fill(shopper)
    expect(send).to_be_enabled()


def test_top_up__scanned_at_the_till__reaches_the_shopper_and_is_listed(world: World, open_page: Open) -> None:
    shopper = world.person("topped", gas=False)
    page, _ = signed_in(world, open_page, world.at_once)
    page.get_by_role("tab", name="Sell FEC").click()
    page.get_by_label("Shopper's QR code").fill(f"ethereum:{shopper.address}@31337")
    page.get_by_label("Amount in FEC").fill("12.5")
    page.get_by_label("Paid for it").fill("1.25")
    page.get_by_label("Currency").fill("myr")
    page.get_by_role("button", name="Send the FEC").click()
    row = page.locator(f"[data-top-up='{shopper.address}']")
    expect(row).to_contain_text("MYR 1.25")
    expect(row).to_contain_text("12.5 FEC")
    until(lambda: world.client.balance(shopper.address), lambda coins: coins == 25 * FEC // 2)
