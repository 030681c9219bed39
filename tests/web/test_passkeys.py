"""Vaults opened by a passkey, on a phone, without a wallet, coin or gas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fec.core.amounts import WEI_PER_FEC as FEC
from tests.web.authenticators import Authenticator
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
    world.client.transfer(vault, 10 * FEC)
    page.get_by_role("button", name=words["pay"]).click()
    expect(page.get_by_text(words["paid"])).to_be_visible()
    assert page.evaluate("window.taps") <= MOST_TAPS
    assert world.client.balance(vault) == 7 * FEC
    assert [node.principal for node in world.client.nodes.owned_by(vault)] == [3 * FEC // 10]
