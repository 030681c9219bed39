"""The pay page: from the till's QR code to the node."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from fec.units import WEI_PER_FEC as FEC
from tests.web.conftest import connect
from tests.web.wallet import Wallet
from tests.web.world import World

Open = Callable[..., tuple[Page, Wallet]]


def test_pay__gasless__node_appears_and_no_gas_is_spent(world: World, open_page: Open) -> None:
    ann = world.person("ann", fec=500, gas=False)
    invoice = world.invoice("P-1", "100")
    page, wallet = open_page(invoice["links"]["pay"], ann)
    expect(page.get_by_role("heading", name="Corner café asks for")).to_be_visible()
    expect(page.get_by_text("Signed by the shop's till")).to_be_visible()
    expect(page.get_by_text("pays 0.0383 FEC.")).to_be_visible()
    connect(page)
    page.get_by_role("button", name="Sign and pay 100 FEC").click()
    expect(page.get_by_text("Paid. Thank you!")).to_be_visible()
    node = page.locator("[data-node]")
    expect(node).to_be_visible()
    assert "eth_signTypedData_v4" in wallet.asked
    assert "eth_sendTransaction" not in wallet.asked
    shown = world.shown(invoice)
    assert (shown["status"], shown["customer"], shown["burned"]) == ("captured", ann.address, "10")
    assert node.get_attribute("data-node") == shown["node"]
    assert world.client.balance(ann.address) == 400 * FEC
