"""The pages as a site: for everybody, in every language, light and dark, small, and closed to third parties."""

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Request, expect

from fec.core.durations import WEEK
from tests.fixtures.waiting import PATIENCE
from tests.web.conftest import connect
from tests.web.wallet import Wallet
from tests.web.world import World

Open = Callable[..., tuple[Page, Wallet]]
View = Callable[..., tuple[Page, None]]

PATHS = ("/", "/pay", "/claim", "/wallet", "/merchant", "/transparency")
#: Most that a first visit to a page may load, compressed.
MOST_BYTES = 130_000


def test_transparency__no_wallet__figures_and_guarantees_hold(world: World, people: View) -> None:
    page, _ = people("/transparency", viewport={"width": 1280, "height": 900})
    figures = world.client.figures()
    expect(page.get_by_text(f"{figures.cap // 10**18:,}").first).to_be_visible()
    expect(page.locator("[data-holds='ok']")).to_have_count(3)
    page.get_by_role("button", name="Add up all orders").click()
    expect(page.locator("[data-holds='ok']")).to_have_count(6)
    expect(page.locator("[data-holds='bad']")).to_have_count(0)
    expect(page.locator("img.loaded")).to_have_count(2)
    expect(page.get_by_text("pays 3.8313 FEC.")).to_be_visible()
    expect(page.get_by_text("pays 479.8394 FEC")).to_be_visible()
    expect(page.get_by_text("Corner café")).to_be_visible()


def test_transparency__chain_moves__figures_follow(world: World, people: View) -> None:
    page, _ = people("/transparency")
    burned = page.locator("dl div", has_text="Burned so far").locator("dd")
    before = burned.inner_text()
    world.nodes(world.owner, 1, principal=7)
    expect(burned).not_to_have_text(before)


def test_chain_without_an_address__is_read_through_the_wallet(world: World, open_page: Open) -> None:
    page, _ = open_page("/transparency", world.person("ann"))
    config = {**httpx.get(f"{world.site}/config.json").json(), "rpc": None}
    page.route("**/config.json", lambda route: route.fulfill(json=config))
    page.reload()
    expect(page.get_by_text("Connect a wallet to see the chain")).to_be_visible()
    expect(page.get_by_text("The chain does not answer")).to_have_count(0)
    connect(page)
    expect(page.locator("[data-holds='ok']")).to_have_count(3)
    expect(page.get_by_text("Connect a wallet to see the chain")).to_have_count(0)


def test_languages__switched_without_reload__and_remembered(people: View) -> None:
    page, _ = people("/wallet")
    page.evaluate("window.stays = true")
    for tag, title in (("zh-Hans", "钱包"), ("zh-Hant", "錢包"), ("ms", "Dompet"), ("en", "Wallet"), ("ms", "Dompet")):
        page.get_by_role("combobox").select_option(tag)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page.locator("html")).to_have_attribute("lang", tag)
    assert page.evaluate("window.stays")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dompet")


@pytest.mark.parametrize(
    ("locale", "title"), [("zh-HK", "錢包"), ("zh-CN", "钱包"), ("ms-MY", "Dompet"), ("fr-FR", "Wallet")]
)
def test_language__of_the_browser__is_spoken(people: View, locale: str, title: str) -> None:
    page, _ = people("/wallet", locale=locale)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_keyboard_alone__from_the_first_key_to_another_page(people: View) -> None:
    page, _ = people("/")
    page.get_by_role("heading", level=1).wait_for()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Wallet")


def press(page: Page, name: str) -> None:
    """Goes on with the Tab key to the button of that name, and presses Enter."""
    button = page.get_by_role("button", name=name, exact=True)
    button.and_(page.locator(":enabled")).wait_for()
    for _ in range(60):
        if button.evaluate("element => element === document.activeElement"):
            return page.keyboard.press("Enter")
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {name}")


def test_keyboard_alone__claims_all(world: World, open_page: Open) -> None:
    ida = world.person("ida")
    [node] = world.nodes(ida, 1)
    world.travel(10 * WEEK)
    page, _ = open_page("/wallet", ida)
    press(page, "Connect Test wallet")
    press(page, "Claim all")
    press(page, "Claim")
    expect(page.get_by_text("Done. This is the receipt.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert world.client.balance(ida.address) == world.client.nodes.get(node).claimed > 0


def test_keyboard_alone__pays(world: World, open_page: Open) -> None:
    kai = world.person("kai", fec=100)
    page, _ = open_page("/", kai)
    page.goto(world.invoice("S-keys", "100")["links"]["pay"])
    press(page, "Connect Test wallet")
    page.get_by_role("button", name="Sign and pay").wait_for()
    press(page, page.get_by_role("button", name="Sign and pay").inner_text())
    expect(page.get_by_text("Paid. Thank you!")).to_be_visible()
    assert world.client.balance(kai.address) == 0


def test_keyboard_alone__merchant_makes_an_invoice(world: World, open_page: Open) -> None:
    page, _ = open_page("/merchant", world.operator)
    press(page, "Connect Test wallet")
    page.get_by_label("Program").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(str(world.at_once))
    press(page, "Sign in")
    page.get_by_role("heading", name="New invoice").wait_for()
    for field, text in (("Order id", "S-typed"), ("Amount in FEC", "12")):
        while not page.get_by_label(field).evaluate("element => element === document.activeElement"):
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    press(page, "Make invoice")
    expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-order='S-typed']")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe__every_page__finds_nothing(world: World, open_page: Open, root: Path, scheme: str) -> None:
    axe = (root / "node_modules" / "axe-core" / "axe.min.js").read_text()
    ann = world.person("ann", fec=1_000)
    world.nodes(ann, 2)
    world.travel(2 * WEEK)
    page, _ = open_page("/wallet", ann, color_scheme=scheme, reduced_motion="reduce")

    def check() -> None:
        page.evaluate(axe)
        found = page.evaluate("axe.run().then(({violations}) => violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
        assert found == [], page.url

    connect(page)
    page.get_by_role("article").first.wait_for()
    check()
    page.get_by_role("button", name="Claim all").click()
    page.get_by_role("heading", name="What will happen").wait_for()
    check()
    page.goto(f"{world.site}/")
    page.get_by_role("heading", level=1).wait_for()
    check()
    page.goto(f"{world.site}/transparency")
    page.locator("[data-guarantee]").first.wait_for()
    check()
    page.goto(world.invoice(f"S-{scheme}", "100")["links"]["pay"])
    page.get_by_role("button", name="Sign and pay").wait_for()
    check()
    page.goto(f"{world.site}/merchant")
    page.get_by_label("Program").wait_for()
    check()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe__merchant_signed_in__finds_nothing(world: World, open_page: Open, root: Path, scheme: str) -> None:
    axe = (root / "node_modules" / "axe-core" / "axe.min.js").read_text()
    page, _ = open_page("/merchant", world.operator, color_scheme=scheme)
    connect(page)
    page.get_by_label("Program").fill(str(world.at_once))
    page.get_by_role("button", name="Sign in").click()
    world.invoice(f"S-axe-{scheme}", "10")
    page.locator(f"[data-order='S-axe-{scheme}']").wait_for()
    for name in ("Orders", "Shoppers", "Figures", "Program"):
        page.get_by_role("tab", name=name).click()
        page.get_by_role("heading", level=2).first.wait_for()
        if name == "Figures":
            expect(page.locator("img.loaded")).to_have_count(3)
        page.evaluate(axe)
        found = page.evaluate("axe.run().then(({violations}) => violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
        assert found == [], name


@pytest.mark.parametrize("path", PATHS)
def test_width_of_360__nothing_is_cut(people: View, path: str) -> None:
    page, _ = people(path)
    for tag in ("en", "ms"):
        page.get_by_role("combobox").select_option(tag)
        page.get_by_role("heading", level=1).wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def loaded_at_first(assets: Path, *names: str) -> set[Path]:
    """Files that the page's entry and chunks of these names import at once, the chunks' own among them."""
    [entry] = re.findall(r'src="\./assets/([^"]+)"', (assets.parent / "index.html").read_text())
    wanted = [entry, *(next(path.name for path in assets.glob(f"{name}-*.js")) for name in names)]
    found: set[Path] = set()
    while wanted:
        path = assets / wanted.pop()
        if path not in found:
            found.add(path)
            wanted += re.findall(r'(?:from|import)\s*"\./([^"]+\.js)"', path.read_text())
    return found | set(assets.glob("*.css"))


@pytest.mark.parametrize("page", ["Pay", "Wallet", "Claim", "Transparency", "Merchant"])
def test_first_load__of_each_page__is_small(root: Path, page: str) -> None:
    built = root / "fec" / "pages" / "web"
    for languages in (("en", "refusals.en"), ("zh-Hans",), ("ms",)):
        files = [built / "index.html", *loaded_at_first(built / "assets", page, *languages)]
        assert sum(len(gzip.compress(path.read_bytes())) for path in files) <= MOST_BYTES, languages


def test_first_load__of_the_pay_page_in_the_browser__is_small(world: World, people: View) -> None:
    page, _ = people("about:blank#://", locale="zh-CN")
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.extend([request]))
    page.goto(world.invoice("S-bytes", "100")["links"]["short"])
    page.get_by_role("heading", name="您得到一个总共返还").wait_for()
    # What the chain answers is no file.
    sizes = [request.sizes()["responseBodySize"] for request in finished if request.url.startswith(world.site)]
    assert 10_000 < sum(sizes) <= MOST_BYTES


def test_installed__without_a_connection__opens_and_says_that_nobody_answers(world: World, people: Any) -> None:
    page, _ = people("/wallet", service_workers="allow")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    # Once more, by way of the worker, which keeps what it hands out.
    page.reload()
    page.get_by_role("heading", level=1).wait_for()
    manifest = httpx.get(f"{world.site}/manifest.webmanifest")
    assert (manifest.json()["display"], manifest.headers["Content-Type"].split(";")[0]) == (
        "standalone",
        "application/manifest+json",
    )
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Wallet")
    expect(page.get_by_text("The chain does not answer.")).to_be_visible()
    kept = page.evaluate(
        "caches.open('fec-shell').then((cache) => cache.keys()).then((all) => all.map(({ url }) => url))"
    )
    assert not [url for url in kept if "/v1/" in url]
    people.complaints.clear()


def test_headers__strict_policy_and_right_caching(world: World) -> None:
    page = httpx.get(f"{world.site}/pay", headers={"Accept-Encoding": "gzip"})
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'; script-src 'self'; style-src 'self'; ")
    assert f"connect-src 'self' {world.anvil.url};" in policy
    assert "unsafe" not in policy
    assert (page.headers["Cache-Control"], page.headers["Content-Encoding"]) == ("no-cache", "gzip")
    again = httpx.get(f"{world.site}/pay", headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    script = page.text.split('src="./')[1].split('"')[0]
    asset = httpx.get(f"{world.site}/{script}")
    assert asset.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert httpx.get(f"{world.site}/assets/none.js").headers["Content-Type"] == "application/problem+json"


@contextmanager
def development(folder: Path):  # type: ignore[no-untyped-def]
    command = [sys.executable, "-m", "fec.cli", "dev", "--json", "--web-port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        text = ""
        for line in process.stdout or ():
            text += line
            if line == "}\n":
                break
        try:
            yield json.loads(text)
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)


def test_dev__hands_the_pages_out__for_its_own_chain(people: Callable[..., object], browser, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with development(tmp_path) as said, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{said['web']}/transparency.html")
        expect(page.locator("[data-holds='ok']")).to_have_count(3)
        page.get_by_role("link", name="Merchant").click()
        expect(page.get_by_text("No service here")).to_be_visible()
        assert page.url.endswith("/merchant.html")
        assert httpx.get(f"{said['web']}/nothing").status_code == 404
