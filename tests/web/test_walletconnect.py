"""Wallet apps elsewhere: WalletConnect's own client as the wallet, and a relay on this machine in between."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from eth_account.signers.local import LocalAccount
from playwright.sync_api import Browser, Page, expect

from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import WEEK
from fec.i18n.errors import InvalidArgument
from fec.pages.bundle import RELAY, WalletConnect, config, policy
from fec.pages.errors import ChainUnread
from fec.service.models import Role
from tests.fixtures.serving import environment_of, serving
from tests.fixtures.waiting import until
from tests.web.conftest import People, do
from tests.web.relay import Relay, relaying
from tests.web.world import World, key_ring

PROJECT = "project-of-the-tests"
OFFER = "Wallet app (WalletConnect)"
DECLINED = "You declined in the wallet."


class WalletApp:
    """One person's wallet app, which is told what they do."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert self._hear() == "ready"

    def _hear(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def do(self, name: str, *values: object) -> Any:
        """Has it do something, and waits until that is done."""
        assert self._process.stdin is not None
        print(json.dumps([name, *values]), file=self._process.stdin, flush=True)
        return self._hear()


@dataclass(frozen=True)
class Elsewhere:
    """A shop whose pages offer WalletConnect, and a shopper with nodes whose wallet is not in the browser."""

    world: World
    relay: Relay
    app: WalletApp
    shopper: LocalAccount
    other: LocalAccount
    """The shopper's other account."""


@pytest.fixture(scope="module")
def elsewhere(world: World, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    folder = tmp_path_factory.mktemp("elsewhere")
    shopper, other = world.person("shopper", fec=100), world.person("other", fec=7)
    world.nodes(shopper, 1)
    world.travel(30 * WEEK)
    with relaying() as relay:
        environment = environment_of(world.anvil, world.deployment, world.signer, folder)
        environment |= {"FEC_WALLETCONNECT": PROJECT, "FEC_WALLETCONNECT_RELAY": relay.url}
        ring, engine = key_ring(environment, world.deployment)
        ring.add_merchant(world.at_once, "Corner café")
        token = ring.add_key(world.at_once, Role.MANAGER, "").token
        engine.dispose()
        told = {
            "RELAY": relay.url,
            "RPC": world.anvil.url,
            "CHAIN": str(world.anvil.web3.eth.chain_id),
            "KEYS": ",".join("0x" + bytes(each.key).hex() for each in (shopper, other)),
        }
        command = ["node", str(root / "tests" / "web" / "wallet_app.mjs")]
        with (
            serving(environment) as served,
            subprocess.Popen(
                command, env=os.environ | told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as process,
        ):
            yield Elsewhere(replace(world, site=served.site, token=token), relay, WalletApp(process), shopper, other)
            process.terminate()


@pytest.fixture
def app(elsewhere: Elsewhere) -> Iterator[WalletApp]:
    yield elsewhere.app
    elsewhere.app.do("decline", False)
    elsewhere.app.do("live", elsewhere.world.anvil.web3.eth.chain_id)
    elsewhere.app.do("leave")
    elsewhere.app.do("asked")


@pytest.fixture
def visit(elsewhere: Elsewhere, browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Opens pages that have no wallet; they may ask the relay, and nobody else."""
    with ExitStack() as stack:
        people = People(browser, elsewhere.world, stack)
        yield lambda path: people(path)[0]
    known = (elsewhere.world.site, elsewhere.world.anvil.url, elsewhere.relay.url)
    assert people.hosts <= {*(urlsplit(url).netloc for url in known), ""}, "a page asked somebody else"
    assert not people.complaints


def invited(page: Page) -> str:
    """Chooses WalletConnect; the link that a wallet app is to open."""
    page.get_by_role("button", name=OFFER).click()
    dialog = page.get_by_role("dialog", name="Connect a wallet app")
    expect(dialog.get_by_role("img", name="QR code to connect a wallet app")).to_be_visible()
    link = dialog.get_by_role("link", name="Open a wallet app on this device").get_attribute("href")
    assert link is not None
    assert link.startswith("wc:")
    return link


def connected(page: Page, app: WalletApp) -> None:
    app.do("pair", invited(page))
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name=OFFER)).to_have_count(0)


def test_wallet_app__pairs_by_link__claims_and_stays_after_a_reload(
    elsewhere: Elsewhere, app: WalletApp, visit: Callable[[str], Page]
) -> None:
    world, shopper = elsewhere.world, elsewhere.shopper
    page = visit("/wallet")
    connected(page, app)
    expect(page.get_by_text(shopper.address[-4:])).to_be_visible()
    expect(page.locator("dl div", has_text="FEC in your wallet")).to_contain_text("100")
    page.reload()
    page.get_by_role("button", name="Claim all").click()
    before = world.client.balance(shopper.address)
    do(page, "Claim")
    assert world.client.balance(shopper.address) > before
    assert app.do("asked") == ["eth_sendTransaction"]
    assert PROJECT in elsewhere.relay.projects
    by_page = [params for origin, method, params in elsewhere.relay.asked if origin and method == "irn_publish"]
    assert by_page
    assert not any("tvf" in params for params in by_page), "the relay is told what is called"


def test_wallet_app__signs__pays_without_gas(
    elsewhere: Elsewhere, app: WalletApp, visit: Callable[[str], Page]
) -> None:
    world = elsewhere.world
    before = world.client.balance(elsewhere.shopper.address)
    page = visit(world.invoice("W-1", "50")["links"]["pay"])
    connected(page, app)
    page.get_by_role("button", name="Sign and pay 50 FEC").click()
    expect(page.get_by_text("Paid. Thank you!")).to_be_visible()
    assert app.do("asked") == ["eth_signTypedData_v4"]
    assert world.client.balance(elsewhere.shopper.address) == before - 50 * FEC


def test_wallet_app__declines__nothing_happens(
    elsewhere: Elsewhere, app: WalletApp, visit: Callable[[str], Page]
) -> None:
    page = visit("/wallet")
    app.do("decline", True)
    app.do("pair", invited(page))
    expect(page.get_by_role("alert")).to_contain_text(DECLINED)
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Disconnect")).to_have_count(0)
    app.do("decline", False)
    connected(page, app)
    app.do("decline", True)
    elsewhere.world.travel(WEEK)
    page.get_by_role("button", name="Claim all").click()
    nonce = elsewhere.world.anvil.web3.eth.get_transaction_count(elsewhere.shopper.address)
    # The node of an order that was paid before could be claimed from without gas.
    page.get_by_text("With my own gas").click()
    page.get_by_role("dialog").get_by_role("button", name="Claim", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(DECLINED)
    assert elsewhere.world.anvil.web3.eth.get_transaction_count(elsewhere.shopper.address) == nonce


def test_wallet_app__changes_chain_and_account__page_follows(
    elsewhere: Elsewhere, app: WalletApp, visit: Callable[[str], Page]
) -> None:
    world = elsewhere.world
    page = visit("/wallet")
    connected(page, app)
    app.do("emit", "chainChanged", 1)
    app.do("use", 1)
    expect(page.get_by_text(elsewhere.other.address[-4:])).to_be_visible()
    expect(page.locator("dl div", has_text="FEC in your wallet")).to_contain_text("7")
    page.get_by_role("button", name="Let an app claim from all nodes").click()
    page.get_by_label("Address of the app").fill(world.cause)
    page.get_by_role("button", name=f"Switch to chain {world.anvil.web3.eth.chain_id}").click()
    do(page, "Let an app claim from all nodes")
    assert app.do("asked") == ["wallet_switchEthereumChain", "eth_sendTransaction"]


def test_wallet_app__leaves__page_is_free_again_and_the_other_way_round(
    app: WalletApp, visit: Callable[[str], Page]
) -> None:
    page = visit("/wallet")
    connected(page, app)
    app.do("leave")
    expect(page.get_by_role("button", name=OFFER)).to_be_visible()
    connected(page, app)
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("button", name=OFFER)).to_be_visible()
    until(lambda: app.do("count") == 0)
    page.reload()
    expect(page.get_by_role("button", name=OFFER)).to_be_visible()


def test_wallet_app__on_another_chain_only__is_left_again(app: WalletApp, visit: Callable[[str], Page]) -> None:
    page = visit("/wallet")
    app.do("live", 1)
    app.do("pair", invited(page))
    expect(page.get_by_role("alert")).to_contain_text("Your wallet does not know this chain.")
    until(lambda: app.do("count") == 0)


def test_invitation__closed_before_the_wallet_agrees__ends_the_session(
    app: WalletApp, visit: Callable[[str], Page]
) -> None:
    before = app.do("agreed")
    page = visit("/wallet")
    link = invited(page)
    page.get_by_role("button", name="Close").click()
    app.do("pair", link)
    until(lambda: app.do("agreed") > before and app.do("count") == 0)
    expect(page.get_by_role("button", name=OFFER)).to_be_visible()


def test_relay__does_not_answer__is_said(visit: Callable[[str], Page]) -> None:
    page = visit("/wallet")
    page.clock.install()
    page.route_web_socket("**/*", lambda _: None)
    page.get_by_role("button", name=OFFER).click()
    expect(page.get_by_text("Connecting to the relay.")).to_be_visible()
    page.clock.fast_forward("00:20")
    expect(page.get_by_text("The relay does not answer.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe__invitation__finds_nothing_and_fits_a_phone(
    elsewhere: Elsewhere, browser: Browser, root: Path, scheme: str
) -> None:
    with ExitStack() as stack:
        page, _ = People(browser, elsewhere.world, stack)("/wallet", color_scheme=scheme)
        invited(page)
        page.evaluate((root / "node_modules" / "axe-core" / "axe.min.js").read_text())
        found = page.evaluate("axe.run().then(({violations}) => violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
        assert found == []
        assert page.get_by_role("dialog").evaluate("element => element.scrollWidth <= element.clientWidth")


def test_policy__with_a_project__reaches_the_relay_and_nothing_else_is_wider(elsewhere: Elsewhere) -> None:
    world, relay = elsewhere.world, elsewhere.relay.url
    header = httpx.get(f"{world.site}/wallet").headers["Content-Security-Policy"]
    assert f"connect-src 'self' {world.anvil.url} {relay};" in header
    assert header.replace(f" {relay};", ";") == policy([world.anvil.url])


def test_policy__with_the_usual_relay__names_its_origin() -> None:
    assert f"connect-src 'self' {RELAY};" in policy([], RELAY)


def test_no_project__not_offered_and_not_loaded(world: World, people: Callable[..., tuple[Page, None]]) -> None:
    assert "walletConnect" not in httpx.get(f"{world.site}/config.json").json()
    assert httpx.get(f"{world.site}/wallet").headers["Content-Security-Policy"] == policy([world.anvil.url])
    page, _ = people("/")
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(f"{world.site}/wallet")
    expect(page.get_by_text("No wallet found")).to_be_visible()
    expect(page.get_by_role("button", name=OFFER)).to_have_count(0)
    assert loaded
    assert not any("walletconnect" in url for url in loaded)


def test_config__without_the_chain__is_refused(world: World) -> None:
    with pytest.raises(ChainUnread, match="--pages-rpc"):
        config(world.deployment, rpc=None, walletconnect=WalletConnect(PROJECT))


@pytest.mark.parametrize("relay", ["relay.example", "https://relay.example", "wss://", "wss://a;script-src *"])
def test_relay__that_is_none__is_refused(relay: str) -> None:
    with pytest.raises(InvalidArgument, match="not the address of a relay"):
        WalletConnect(PROJECT, relay)
