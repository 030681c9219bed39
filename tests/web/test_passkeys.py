"""Vaults opened by a passkey, on a phone, without a wallet, coin or gas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY, WEEK
from fec.protocol import acts
from fec.protocol.addresses import ADDRESS_ZERO
from fec.protocol.members import Member
from tests.web.authenticators import Authenticator
from tests.web.conftest import do
from tests.web.world import World

View = Callable[..., tuple[Page, None]]
PHONE = {"width": 390, "height": 844}
#: What a shopper has to touch until the latte is paid.
MOST_TAPS = 5

WORDS = {
    "en-GB": {
        "start": "Continue with fingerprint or face",
        "kept": "I have kept it: go on",
        "pay": "with fingerprint or face",
        "paid": "Paid. Thank you!",
    },
    "zh-CN": {
        "start": "用指纹或面容继续",
        "kept": "我已保存，继续",
        "pay": "用指纹或面容支付",
        "paid": "已支付，谢谢！",
    },
    "ms-MY": {
        "start": "Teruskan dengan cap jari atau wajah",
        "kept": "Sudah saya simpan: teruskan",
        "pay": "dengan cap jari atau wajah",
        "paid": "Dibayar. Terima kasih!",
    },
}


def named(address: str) -> str:
    """An address of the site with a host name in it, as WebAuthn wants it."""
    return address.replace("127.0.0.1", "localhost")


@pytest.fixture
def site(people: Any, world: World) -> View:
    """Opens a page of the site by its host name, on a phone."""

    def opened(address: str, **options: Any) -> tuple[Page, None]:
        page, _ = people("about:blank#://", viewport=PHONE, **options)
        page.goto(named(address if "://" in address else world.site + address))
        return page, None

    return opened


def vault_of(page: Page) -> str:
    kept: str = page.evaluate("JSON.parse(localStorage.getItem('fec.vault')).member.vault")
    return kept


def begin(page: Page, locale: str = "en-GB") -> str:
    """Makes a vault with its printed code; gives the code."""
    words = WORDS[locale]
    page.get_by_role("button", name=words["start"]).click()
    code = page.locator("[data-code]")
    expect(code).to_be_visible()
    printed = code.get_attribute("data-code")
    assert printed is not None
    page.get_by_role("button", name=words["kept"]).click()
    expect(code).to_have_count(0)
    return printed


@pytest.mark.parametrize("locale", WORDS)
def test_latte__from_nothing__takes_few_taps(world: World, site: View, locale: str) -> None:
    words = WORDS[locale]
    invoice = world.invoice(f"K-{locale}", "3")
    page, _ = site(invoice["links"]["short"], locale=locale)
    Authenticator(page)
    page.evaluate("window.taps = 0; addEventListener('click', () => window.taps++, true)")
    begin(page, locale)
    vault = vault_of(page)
    # The shop greets a new vault.
    page.get_by_role("button", name=words["pay"]).click()
    expect(page.get_by_text(words["paid"])).to_be_visible()
    assert page.evaluate("window.taps") <= MOST_TAPS
    assert world.client.balance(vault) == 17 * FEC
    assert [node.principal for node in world.client.nodes.owned_by(vault)] == [3 * FEC // 10]


def test_vault__given_a_part__left_with_everything_by_the_printed_code(world: World, site: View) -> None:
    page, _ = site(world.invoice("K-leave", "3")["links"]["short"])
    Authenticator(page)
    code = begin(page)
    vault = vault_of(page)
    page.get_by_role("button", name="Pay 3 FEC").click()
    expect(page.get_by_text("Paid. Thank you!")).to_be_visible()
    world.travel(10 * WEEK)

    # A friend's vault, by their own passkey.
    other, _ = site("/wallet")
    Authenticator(other)
    begin(other)
    friend = vault_of(other)
    page.get_by_role("link", name="See it in your wallet").click()
    card = page.get_by_role("article")
    card.get_by_role("button", name="Give away").click()
    page.get_by_label("Address of the receiver").fill(friend)
    page.get_by_label("Principal to give").fill("0.1")
    do(page, "Give away")
    expect(other.get_by_role("article")).to_have_count(1)

    # The device is lost: another one, with the code on paper alone.
    late, _ = site("/wallet")
    late.get_by_role("button", name="Use a recovery code").click()
    late.get_by_role("textbox", name="Recovery code").fill(code.lower())
    late.get_by_role("button", name="Open the vault").click()
    late.get_by_role("button", name="Move to a wallet").click()
    home = world.person("home")
    late.get_by_label("Address of the receiver").fill(home.address)
    late.get_by_role("button", name="Move everything").click()
    expect(late.get_by_text("Done.", exact=True)).to_be_visible()
    assert world.client.balance(vault) == 0
    assert world.client.balance(home.address) > 17 * FEC
    assert [node.principal for node in world.client.nodes.owned_by(home.address)] == [2 * FEC // 10]
    assert [node.principal for node in world.client.nodes.owned_by(friend)] == [FEC // 10]


def test_second_device__joins_by_two_codes_and_removes_the_first_after_three_days(world: World, site: View) -> None:
    page, _ = site("/wallet")
    Authenticator(page)
    begin(page)
    vault = vault_of(page)
    page.get_by_role("button", name="Add a device").click()
    join = page.get_by_role("img", name="QR code for the other device").get_attribute("data-text")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()

    second, _ = site(join or "")
    Authenticator(second)
    second.get_by_role("button", name="Continue with fingerprint or face").first.click()
    add = second.get_by_role("img", name="QR code for your first device").get_attribute("data-text")
    page.goto(add or "")
    page.get_by_role("button", name="Let this device open the vault").click()
    expect(page.get_by_text("Done.", exact=True)).to_be_visible()
    expect(second.get_by_text("(here)")).to_be_visible()
    assert vault_of(second) == vault

    first = second.locator("[data-signer]").first
    first.get_by_role("button", name="Remove").click()
    second.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(second.get_by_text("Done.", exact=True)).to_be_visible()
    second.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(first.get_by_text("Can be removed from")).to_be_visible()
    world.travel(4 * DAY)
    first.get_by_role("button", name="Remove:").click()
    second.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(second.get_by_text("Done.", exact=True)).to_be_visible()
    assert len(world.client.custody.signers(vault)) == 2
    page.goto(named(f"{world.site}/wallet"))
    expect(page.get_by_text("This passkey was removed from its vault")).to_be_visible()


def test_give__part_of_a_node__says_what_the_part_will_pay(world: World, site: View) -> None:
    page, _ = site(world.invoice("K-part", "3")["links"]["short"])
    Authenticator(page)
    begin(page)
    page.get_by_role("button", name="Pay 3 FEC").click()
    page.get_by_role("link", name="See it in your wallet").click()
    page.get_by_role("article").get_by_role("button", name="Give away").click()
    page.get_by_label("Address of the receiver").fill(world.person("niece").address)
    part = page.get_by_label("Principal to give")
    part.fill("0.7")
    expect(page.get_by_text("Give at least 0.001 FEC and at most 0.3 FEC.")).to_be_visible()
    part.fill("0.1")
    expect(page.locator(".preview").get_by_text("1 FEC", exact=True)).to_be_visible()


def test_pay__nobody_answers_once_it_is_signed__is_sent_again_as_it_was(site: View, world: World, people: Any) -> None:
    page, _ = site(world.invoice("K-cellar", "3")["links"]["short"])
    Authenticator(page)
    begin(page)
    pay = page.get_by_role("button", name="Pay 3 FEC")
    expect(pay).to_be_visible()
    sent: list[str | None] = []
    page.on("request", lambda request: sent.append(request.post_data) if "/spends" in request.url else None)
    page.route("**/spends", lambda route: route.abort())
    pay.click()
    expect(page.get_by_text("nothing is paid twice")).to_be_visible()
    page.unroute("**/spends")
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text("Paid. Thank you!")).to_be_visible()
    first, second = sent
    assert first == second
    people.complaints.clear()


def test_recovery_code__mistyped__is_said_and_nothing_else(site: View) -> None:
    page, _ = site("/wallet")
    page.get_by_role("button", name="Use a recovery code").click()
    page.get_by_role("textbox", name="Recovery code").fill("abcd efgh")
    page.get_by_role("button", name="Open the vault").click()
    expect(page.get_by_role("alert")).to_have_text("This is not a recovery code. Check each character and try again.")


def test_second_device__link_is_open__offers_no_other_vault_and_no_wallet(world: World, site: View) -> None:
    page, _ = site(f"/wallet#join={world.person('elsewhere').address}")
    expect(page.get_by_role("button", name="Continue with fingerprint or face")).to_have_count(1)
    expect(page.get_by_text("No wallet found")).to_have_count(0)


def test_printed_code__added_to_a_strangers_vault_too__opens_its_own(world: World, site: View) -> None:
    page, _ = site("/wallet")
    Authenticator(page)
    code = begin(page)
    vault = vault_of(page)
    expect(page.locator("[data-signer]")).to_have_count(2)
    # Anybody reads the code's account in the chain's logs, and nobody is asked to sign for a vault.
    custody, stranger = world.client.custody, world.person("stranger")
    member = Member(ADDRESS_ZERO, stranger.address, "0x" + "5a" * 32)
    theirs = custody.vault(ADDRESS_ZERO, member.id)
    add = acts.add_signer(custody.signers(vault)[1].signer)
    instruction = custody.instruction(member, theirs, [add], world.client.now() + DAY)
    custody.act(member, instruction, custody.sign_acts(instruction, stranger))

    late, _ = site("/wallet")
    late.get_by_role("button", name="Use a recovery code").click()
    late.get_by_role("textbox", name="Recovery code").fill(code)
    late.get_by_role("button", name="Open the vault").click()
    mine = [stored.signer for stored in custody.signers(vault)]
    for signer in mine:
        expect(late.locator(f"[data-signer='{signer}' i]")).to_have_count(1)


def test_second_device__of_another_verifier__is_not_offered(world: World, site: View) -> None:
    verifiers = {name: world.deployment["contracts"][name]["address"] for name in ("PasskeyVerifier", "Relay")}
    for name, count in (("PasskeyVerifier", 1), ("Relay", 0)):
        page, _ = site(f"/wallet#add={verifiers[name]}" + "5a" * 64)
        expect(page.get_by_role("button", name="Continue with fingerprint or face")).to_be_visible()
        expect(page.get_by_role("heading", name="Add a device")).to_have_count(count)


def test_second_device__followed_twice__replaces_no_passkey(world: World, site: View) -> None:
    page, _ = site("/wallet#join=" + world.person("home").address)
    device = Authenticator(page)
    for made in (1, 2):
        page.get_by_role("button", name="Continue with fingerprint or face").first.click()
        expect(page.get_by_role("img", name="QR code for your first device")).to_be_visible()
        assert len(device.credentials) == made
        page.reload()


def test_new_phone__same_passkey__is_home_by_two_signatures(site: View) -> None:
    page, _ = site("/wallet")
    old = Authenticator(page)
    begin(page)
    vault = vault_of(page)
    # Another phone, to which the provider has brought the passkey.
    phone, _ = site("/wallet")
    Authenticator(phone).take(old.credentials[0])
    phone.get_by_role("button", name="I have one already").click()
    expect(phone.locator("[data-signer]")).to_have_count(2)
    assert vault_of(phone) == vault


def test_passkey__options_ask_for_verification_and_without_it_nothing_is_signed(world: World, site: View) -> None:
    page, _ = site("/wallet")
    device = Authenticator(page)
    page.evaluate(
        """() => { window.asked = [];
        for (const name of ["create", "get"]) {
          const real = navigator.credentials[name].bind(navigator.credentials);
          navigator.credentials[name] = (options) => {
            const { authenticatorSelection, userVerification } = options.publicKey;
            window.asked.push((authenticatorSelection ?? {}).userVerification ?? userVerification);
            return real(options);
          };
        } }"""
    )
    page.get_by_role("button", name="Continue with fingerprint or face").click()
    kept = page.get_by_role("button", name="I have kept it: go on")
    expect(kept).to_be_visible()
    device.verify(False)
    kept.click()
    expect(page.get_by_role("alert")).to_contain_text("Try again")
    assert page.evaluate("window.asked") == ["required", "required"]
    assert not world.client.custody.signers(vault_of(page))
    device.verify(True)
    kept.click()
    expect(page.locator("[data-signer]")).to_have_count(2)


def test_address_instead_of_a_name__says_so_and_offers_wallets(world: World, people: Any) -> None:
    page, _ = people("/wallet", world.person("numb"))
    expect(page.get_by_text("Fingerprint and face need a host name")).to_be_visible()
    expect(page.get_by_role("button", name="Connect Test wallet")).to_be_visible()
