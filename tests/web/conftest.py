"""The pages in a real browser: one chain, one service, one Chromium; a context of its own for each person."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from eth_account.signers.local import LocalAccount
from playwright.sync_api import Browser, BrowserContext, Page, Request, WebSocket, expect, sync_playwright

from fec.chain.anvil import Anvil
from fec.service.models import Role
from tests.fixtures.serving import environment_of, serving
from tests.fixtures.waiting import PATIENCE
from tests.web.wallet import Wallet
from tests.web.world import MONDAY, World, build, key_ring

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PHONE = {"width": 360, "height": 740}

expect.set_options(timeout=PATIENCE * 1_000)


def chromium() -> str:
    """Where the browser is: Debian's, or what the set-up installed."""
    found = shutil.which("chromium") or shutil.which("chromium-headless")
    assert found is not None, "There is no Chromium. `make setup` says how to get one."
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("web")
    with Anvil(timestamp=MONDAY) as anvil:
        deployment, cast = build(anvil)
        environment = environment_of(anvil, deployment, cast["signer"], folder)
        environment |= {"FEC_WELCOME": "20", "FEC_TOP_UPS_A_DAY": "1000"}
        tokens = []
        ring, engine = key_ring(environment, deployment)
        for program, name in ((cast["escrow"], "Book shop"), (cast["at_once"], "Corner café")):
            ring.add_merchant(program, name)
            tokens.append(ring.add_key(program, Role.MANAGER, "").token)
        sales_token = ring.add_key(cast["at_once"], Role.MANAGER, "", sales=True).token
        engine.dispose()
        with serving(environment) as served:
            yield World(
                anvil,
                deployment,
                site=served.site,
                token=tokens[1],
                escrow_token=tokens[0],
                sales_token=sales_token,
                **cast,
            )


class People:
    """Opens pages for people with or without a wallet; keeps what their browsers complained of and asked for."""

    def __init__(self, browser: Browser, world: World, stack: ExitStack) -> None:
        self._browser = browser
        self._world = world
        self._stack = stack
        self.complaints: list[str] = []
        self.hosts: set[str] = set()

    def context(self, **options: object) -> BrowserContext:
        context = self._browser.new_context(
            # What a worker asks for cannot be intercepted here.
            **{"viewport": PHONE, "locale": "en-GB", "service_workers": "block", **options}
        )  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE * 1_000)
        self._stack.callback(context.close)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("console", lambda said: said.type == "error" and self._complain(said.text))
        context.on("request", self._note)
        context.on("page", lambda page: page.on("websocket", self._note))
        return context

    def _note(self, asked: Request | WebSocket) -> None:
        self.hosts.add(urlsplit(asked.url).netloc)

    def _complain(self, text: str) -> None:
        # Chromium takes each refused request for an error; refusals are what some tests are about.
        if not text.startswith("Failed to load resource"):
            self.complaints.append(text)

    def __call__(self, path: str, key: LocalAccount | None = None, **options: object) -> tuple[Page, Wallet | None]:
        """A page opened by somebody; and their wallet, which lets the pages see it."""
        context = self.context(**options)
        wallet = None
        if key is not None:
            wallet = Wallet(self._world.anvil, key)
            wallet.install(context)
        page = context.new_page()
        page.goto(path if "://" in path else self._world.site + path)
        return page, wallet


@pytest.fixture
def people(browser: Browser, world: World) -> Iterator[People]:
    with ExitStack() as stack:
        people = People(browser, world, stack)
        yield people
        site = urlsplit(world.site).netloc
        # Passkeys want the name of this machine.
        hosts = {site, site.replace("127.0.0.1", "localhost"), urlsplit(world.anvil.url).netloc, ""}
    assert people.hosts <= hosts, "a page asked somebody else"
    assert not people.complaints


@pytest.fixture
def open_page(people: People) -> Callable[..., tuple[Page, Wallet]]:
    def opened(path: str, key: LocalAccount, **options: object) -> tuple[Page, Wallet]:
        page, wallet = people(path, key, **options)
        assert wallet is not None
        return page, wallet

    return opened


def connect(page: Page) -> None:
    page.get_by_role("button", name="Connect Test wallet").click()


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).resolve().parents[2]


def do(page: Page, label: str) -> None:
    """Presses the button of an open dialog once it is ready, and waits for the receipt."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=label, exact=True).click()
    expect(dialog.get_by_text("Done. This is the receipt.")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
