"""Pictures of every page, in every language, for phone and desktop, light and dark: `python -m tests.web.screenshots`.

Of the pages as `demo.up` serves them, with real shopping in them. `--only en` takes one language.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, expect, sync_playwright

from demo.up import Up, up
from fec.core.durations import DAY
from tests.web.conftest import FLAGS, PHONE, chromium
from tests.web.wallet import Wallet

OUT = Path("out/screenshots")
LANGUAGES = {"en": "en-GB", "zh-Hans": "zh-CN", "zh-Hant": "zh-TW", "ms": "ms-MY"}
SIZES = {"phone": PHONE, "desktop": {"width": 1280, "height": 860}}
SCHEMES = ("light", "dark")
_PATIENCE = 240_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=LANGUAGES, help="One language.")
    only = parser.parse_args().only
    languages = [only] if only else list(LANGUAGES)
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, up(Path(folder)) as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        link = _invoice(running)
        cookies = _sign_in(browser, running)
        for language, size, scheme in itertools.product(languages, SIZES, SCHEMES):
            _take(browser, running, link, cookies, f"{language}-{size}-{scheme}")
        browser.close()


def _invoice(running: Up) -> str:
    body = {"orderId": "A-1027", "amount": "450", "currencyReference": "USD 4.50", "expiresIn": DAY}
    headers = {"Authorization": f"Bearer {running.token}"}
    answer = httpx.post(f"{running.site}/v1/invoices", json=body, headers=headers, timeout=240)
    answer.raise_for_status()
    link: str = answer.json()["links"]["pay"]
    return link


def _open(browser: Browser, running: Up, key: Any, **options: Any) -> Page:
    context = browser.new_context(reduced_motion="reduce", **options)
    context.set_default_timeout(_PATIENCE)
    wallet = Wallet(running.anvil, key)
    wallet.connected = True
    wallet.install(context)
    context.add_init_script("localStorage.setItem('fec.wallet', 'example.wallet')")
    return context.new_page()


def _sign_in(browser: Browser, running: Up) -> Any:
    """The cookie of the merchant, who signs in once."""
    page = _open(browser, running, running.merchant, locale="en-GB")
    page.goto(f"{running.site}/merchant")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("tab", name="Orders").wait_for()
    state = page.context.storage_state()["cookies"]
    page.context.close()
    return state


def _take(browser: Browser, running: Up, link: str, cookies: Any, name: str) -> None:
    language, size, scheme = name.rsplit("-", 2)
    options = {"locale": LANGUAGES[language], "viewport": SIZES[size], "color_scheme": scheme}
    page = _open(browser, running, running.shoppers[0], **options)
    for path, ready in (
        ("/", ".milestones"),
        ("/transparency", "[data-guarantee]"),
        ("/wallet", "article.node"),
        (link.removeprefix(running.site), "input[name=way]"),
    ):
        page.goto(running.site + path)
        page.locator(ready).first.wait_for()
        for picture in page.locator("figure.chart").all():
            picture.locator("img.loaded").wait_for()
        _shoot(page, path.partition("#")[0].strip("/") or "home", name)
    page.context.close()
    page = _open(browser, running, running.merchant, **options)
    page.context.add_cookies(cookies)
    page.goto(f"{running.site}/merchant")
    page.locator("[data-order]").first.wait_for()
    _shoot(page, "merchant", name)
    page.get_by_role("tab").nth(1).click()
    page.locator("[data-shopper]").first.wait_for()
    _shoot(page, "shoppers", name)
    page.get_by_role("tab").nth(2).click()
    expect(page.locator("img.loaded")).to_have_count(3)
    _shoot(page, "figures", name)
    page.context.close()


def _shoot(page: Page, what: str, name: str) -> None:
    page.screenshot(path=OUT / f"{what}-{name}.png", full_page=True)


if __name__ == "__main__":
    main()
