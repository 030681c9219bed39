"""The pay page: from the cashier's QR code to the node."""

from collections.abc import Callable
from dataclasses import replace

from playwright.sync_api import Page, expect

from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY, HOUR, WEEK
from tests.contracts.support.build import compiled
from tests.fixtures.waiting import until
from tests.web.conftest import connect
from tests.web.wallet import Wallet
from tests.web.world import World

Open = Callable[..., tuple[Page, Wallet]]
#: Of a link in a QR code, so that every phone reads it off a receipt.
MOST_CHARACTERS = 120
View = Callable[..., tuple[Page, None]]


def test_pay__gasless__node_appears_and_no_gas_is_spent(world: World, open_page: Open) -> None:
    ann = world.person("ann", fec=500, gas=False)
    invoice = world.invoice("P-1", "100")
    page, wallet = open_page(invoice["links"]["pay"], ann)
    expect(page.get_by_role("heading", name="Corner café asks for")).to_be_visible()
    expect(page.get_by_text("Signed by the shop")).to_be_visible()
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


def test_pay__own_gas_and_a_cause__one_transaction_pays_burns_and_donates(world: World, open_page: Open) -> None:
    ben = world.person("ben", fec=200)
    invoice = world.invoice("P-2", "100")
    before = world.client.balance(world.cause)
    page, wallet = open_page(invoice["links"]["pay"], ben)
    connect(page)
    page.get_by_role("radio", name=world.cause[:6]).check()
    page.get_by_role("radio", name="From the wallet; you pay the gas").check()
    expect(page.get_by_role("heading", name="What will happen")).to_be_visible()
    page.get_by_role("button", name="Pay 100 FEC").click()
    expect(page.get_by_text("Paid. Thank you!")).to_be_visible()
    assert wallet.asked.count("eth_sendTransaction") == 1
    assert world.client.balance(world.cause) - before == 1 * FEC


def test_pay__with_what_has_flowed_back__claims_and_pays(world: World, open_page: Open) -> None:
    cleo = world.person("cleo", fec=1)
    world.nodes(cleo, 2)
    world.travel(40 * WEEK)
    invoice = world.invoice("P-3", "100")
    page, wallet = open_page(invoice["links"]["pay"], cleo)
    connect(page)
    page.get_by_role("button", name="Allow").click()
    pay = page.get_by_role("button", name="Pay 100 FEC")
    expect(pay).to_be_enabled()
    pay.click()
    expect(page.get_by_text("Paid. Thank you!")).to_be_visible()
    assert wallet.asked.count("eth_sendTransaction") == 2
    until(lambda: world.shown(invoice)["status"] == "captured")


def test_pay__flow_back_without_gas__one_signature_claims_and_pays(world: World, open_page: Open) -> None:
    cid = world.person("cid", gas=False)
    world.rewards(cid, 1)
    world.travel(40 * WEEK)
    invoice = world.invoice("P-3b", "100")
    page, wallet = open_page(invoice["links"]["pay"], cid)
    connect(page)
    expect(page.get_by_role("radio", name="With flow-back").first).to_be_checked()
    page.get_by_role("button", name="Sign and pay 100 FEC").click()
    expect(page.get_by_text("Paid. Thank you!")).to_be_visible()
    assert (wallet.asked.count("eth_signTypedData_v4"), wallet.asked.count("eth_sendTransaction")) == (1, 0)


def test_pay__in_escrow__says_until_when_it_can_be_returned(world: World, open_page: Open) -> None:
    dan = world.person("dan", fec=100, gas=False)
    invoice = world.invoice("P-4", "100", escrow=True)
    page, _ = open_page(invoice["links"]["pay"], dan)
    connect(page)
    expect(page.get_by_text("after the return window")).to_be_visible()
    page.get_by_role("button", name="Sign and pay 100 FEC").click()
    expect(page.get_by_text("It can be returned until")).to_be_visible()


def test_pay__declined_in_the_wallet__nothing_is_sent_and_it_can_be_tried_again(world: World, open_page: Open) -> None:
    eve = world.person("eve", fec=100, gas=False)
    invoice = world.invoice("P-5", "100")
    page, wallet = open_page(invoice["links"]["pay"], eve)
    connect(page)
    wallet.declines = True
    sign = page.get_by_role("button", name="Sign and pay 100 FEC")
    sign.click()
    expect(page.get_by_role("alert")).to_contain_text("You declined in the wallet.")
    wallet.declines = False
    sign.click()
    expect(page.get_by_text("Paid. Thank you!")).to_be_visible()


def test_pay__wallet_on_another_chain__is_switched_first(world: World, open_page: Open) -> None:
    fay = world.person("fay", fec=100)
    invoice = world.invoice("P-6", "100")
    page, wallet = open_page(invoice["links"]["pay"], fay)
    ours = wallet.chain_id
    wallet.chain_id, wallet.known = 1, {1}
    connect(page)
    expect(page.get_by_text("Your wallet is on another chain.")).to_be_visible()
    page.get_by_role("button", name=f"Switch to chain {ours}").click()
    expect(page.get_by_role("button", name="Sign and pay 100 FEC")).to_be_visible()
    assert wallet.chain_id == ours
    assert "wallet_addEthereumChain" in wallet.asked


def test_pay__wallet_that_takes_no_nodes__is_offered_no_way_to_pay(world: World, open_page: Open) -> None:
    zoe = world.person("zoe", fec=100)
    # EIP-7702: an account with the code of a contract that has no hook for ERC-721.
    world.anvil.request("anvil_setCode", zoe.address, "0xef0100" + world.client.orders.address.removeprefix("0x"))
    page, _ = open_page(world.invoice("P-721", "100", escrow=True)["links"]["pay"], zoe)
    connect(page)
    expect(page.get_by_text("a contract that does not accept nodes")).to_be_visible()
    expect(page.get_by_role("button", name="Sign and pay 100 FEC")).to_have_count(0)


def test_pay__already_paid__says_so(world: World, open_page: Open, people: View) -> None:
    gus = world.person("gus", fec=100, gas=False)
    invoice = world.invoice("P-7", "100")
    page, _ = open_page(invoice["links"]["pay"], gus)
    connect(page)
    page.get_by_role("button", name="Sign and pay 100 FEC").click()
    expect(page.get_by_text("Paid. Thank you!")).to_be_visible()
    other, _ = people(invoice["links"]["pay"])
    expect(other.get_by_text("This order is paid")).to_be_visible()
    expect(other.get_by_role("button", name="pay")).to_have_count(0)


def test_pay__signer_is_a_contract__its_signature_counts(world: World, open_page: Open) -> None:
    """ERC-1271: the contract says that its key's signature is its own, and then that another's is not."""
    mia = world.person("mia", fec=100)
    invoice, other = world.invoice("P-1271", "100"), world.invoice("P-1272", "100")
    client = world.client.signed_by(world.operator)
    terms = client.terms.get(world.at_once)
    try:
        client.terms.set(world.at_once, replace(terms, signer=key_wallet(world, world.signer.address)))
        page, _ = open_page(invoice["links"]["pay"], mia)
        expect(page.get_by_text("Signed by the shop")).to_be_visible()
        connect(page)
        page.get_by_role("radio", name="From the wallet; you pay the gas").check()
        page.get_by_role("button", name="Pay 100 FEC").click()
        expect(page.get_by_text("Paid. Thank you!")).to_be_visible()
        client.terms.set(world.at_once, replace(terms, signer=key_wallet(world, mia.address)))
        page.goto(other["links"]["pay"])
        page.reload()
        expect(page.get_by_text("This invoice is forged")).to_be_visible()
    finally:
        client.terms.set(world.at_once, terms)
    assert world.client.balance(mia.address) == 0


def key_wallet(world: World, key: str) -> str:
    """A contract whose signatures are those of a key."""
    artifact = compiled("KeyWallet")
    factory = world.anvil.web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
    sent = factory.constructor(key).transact({"from": world.owner.address})
    return str(world.anvil.web3.eth.wait_for_transaction_receipt(sent)["contractAddress"])


def test_pay__short_link__is_checked_as_strictly_as_the_long_one(world: World, people: View) -> None:
    one, other = world.invoice("P-short", "100"), world.invoice("P-other", "100")
    short = one["links"]["short"]
    assert len(short) <= MOST_CHARACTERS
    page, _ = people(short)
    expect(page.get_by_text("Signed by the shop")).to_be_visible()
    # The service's answer for another invoice, genuine itself, and the same with another amount.
    page, _ = people(short.replace(one["id"], other["id"]))
    expect(page.get_by_text("The service gave another invoice")).to_be_visible()
    page, _ = people(short[:-3])
    expect(page.get_by_text("This link has no complete invoice")).to_be_visible()


def test_pay__on_a_phone__button_is_on_the_first_screen(world: World, open_page: Open) -> None:
    quinn = world.person("quinn", fec=100, gas=False)
    page, _ = open_page(
        world.invoice("P-first", "100")["links"]["short"], quinn, viewport={"width": 390, "height": 844}
    )
    connected = page.get_by_role("button", name="Connect Test wallet")
    expect(connected).to_be_in_viewport(ratio=1)
    connected.click()
    for language, name in (("en", "Sign and pay"), ("zh-Hans", "签名并支付"), ("ms", "Tandatangan dan bayar")):
        page.get_by_role("combobox").select_option(language)
        expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)


def test_pay__forged_amount__is_refused_before_anything_is_offered(world: World, people: View) -> None:
    link = world.invoice("P-8", "100")["links"]["pay"].replace("amount=100", "amount=1000")
    page, _ = people(link)
    expect(page.get_by_text("This invoice is forged")).to_be_visible()
    expect(page.get_by_text("To the shop")).to_have_count(0)


def test_pay__another_chain__is_said(world: World, people: View) -> None:
    link = world.invoice("P-9", "100")["links"]["pay"].replace("chain=31337", "chain=1")
    page, _ = people(link)
    expect(page.get_by_text("This invoice is for another site")).to_be_visible()


def test_pay__broken_link_and_none__say_what_to_do(world: World, people: View) -> None:
    page, _ = people("/pay#chain=31337&amount=1")
    expect(page.get_by_text("This link has no complete invoice")).to_be_visible()
    page, _ = people("/pay")
    expect(page.get_by_text("Scan the shop's QR code")).to_be_visible()


def test_pay__too_little__says_how_much_more(world: World, open_page: Open) -> None:
    hal = world.person("hal", fec=30)
    page, _ = open_page(world.invoice("P-10", "100")["links"]["pay"], hal)
    connect(page)
    expect(page.get_by_role("alert")).to_contain_text("You have 30 FEC and need 70 more.")


def test_pay__expired_while_open__says_so(world: World, people: View) -> None:
    page, _ = people(world.invoice("P-11", "100", expiresIn=HOUR)["links"]["pay"])
    expect(page.get_by_text("To the shop")).to_be_visible()
    world.travel(DAY)
    expect(page.get_by_text("This invoice has expired")).to_be_visible()


def test_pay__reloaded_after_signing__shows_that_it_is_paid(world: World, open_page: Open) -> None:
    ida = world.person("ida", fec=100, gas=False)
    invoice = world.invoice("P-12", "100")
    page, _ = open_page(invoice["links"]["pay"], ida)
    connect(page)
    world.anvil.request("evm_setAutomine", False)
    try:
        page.get_by_role("button", name="Sign and pay 100 FEC").click()
        expect(page.get_by_text("Signed and sent to the shop.")).to_be_visible()
        page.reload()
        expect(page.get_by_text("To the shop")).to_be_visible()
    finally:
        world.anvil.request("evm_setAutomine", True)
        world.anvil.mine()
    expect(page.get_by_text("This order is paid")).to_be_visible()


def test_pay__offline_in_the_middle__finds_out_that_it_is_paid_and_pays_once(
    world: World, open_page: Open, people: View
) -> None:
    ivo = world.person("ivo", fec=200, gas=False)
    page, _ = open_page(world.invoice("P-off", "100")["links"]["pay"], ivo)
    connect(page)
    world.anvil.request("evm_setAutomine", False)
    try:
        page.get_by_role("button", name="Sign and pay 100 FEC").click()
        expect(page.get_by_text("Signed and sent to the shop.")).to_be_visible()
        page.context.set_offline(True)
        expect(page.get_by_text("The chain does not answer.")).to_be_visible()
    finally:
        world.anvil.request("evm_setAutomine", True)
        world.anvil.mine()
    page.context.set_offline(False)
    expect(page.get_by_text("Paid. Thank you!")).to_be_visible()
    assert world.client.balance(ivo.address) == 100 * FEC
    people.complaints.clear()  # type: ignore[attr-defined]


def test_pay__taken_back_by_a_reorganisation__can_be_paid_again(world: World, open_page: Open) -> None:
    jon = world.person("jon", fec=100)
    invoice = world.invoice("P-13", "100")
    snapshot = world.anvil.request("evm_snapshot")
    page, _ = open_page(invoice["links"]["pay"], jon)
    connect(page)
    page.get_by_role("radio", name="From the wallet; you pay the gas").check()
    page.get_by_role("button", name="Pay 100 FEC").click()
    expect(page.get_by_text("Paid. Thank you!")).to_be_visible()
    world.anvil.request("evm_revert", snapshot)
    world.anvil.mine()
    expect(page.get_by_text("To the shop")).to_be_visible()
    expect(page.get_by_role("button", name="Pay 100 FEC")).to_be_visible()
