"""The web components of a brand's app, in a browser, with a real service on a real chain; passkeys of the browser."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from fec.core.amounts import WEI_PER_FEC as FEC
from tests.web.conftest import People
from tests.web.world import World


@pytest.fixture(scope="module")
def bundle(root: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The components and what the SDK has for browsers, as a brand's own bundler makes it."""
    out = tmp_path_factory.mktemp("components") / "bundle.js"
    source = "export * from './examples/web/index.js'; export * from './packages/sdk/src/browser.ts';"
    command = ["node_modules/.bin/esbuild", "--bundle", "--format=esm", f"--outfile={out}", "--log-level=warning"]
    sdk = ["--alias:@fec/sdk=./packages/sdk/src/index.ts", "--alias:@fec/sdk/browser=./packages/sdk/src/browser.ts"]
    subprocess.run([*command, *sdk], cwd=root, input=source, text=True, check=True)
    return out.read_bytes()


@pytest.fixture
def brand(people: People, world: World, root: Path, bundle: bytes) -> Iterator[BrowserContext]:
    """A browser that finds the brand's app at the service's address, under `/brand/`; by name, as passkeys want it."""
    context = people.context()
    # A page that a test answers itself counts as one from the Internet, which may not ask this machine without leave.
    context.grant_permissions(["local-network-access"])
    page = (root / "examples/web/index.html").read_bytes()
    context.route("**/brand/", lambda route: route.fulfill(body=page, content_type="text/html"))
    context.route("**/brand/bundle.js", lambda route: route.fulfill(body=bundle, content_type="text/javascript"))
    yield context
    # The same service by its name.
    people.hosts.discard(urlsplit(by_name(world)).netloc)


def by_name(world: World) -> str:
    """The service's address with a host name, which passkeys want."""
    return world.site.replace("127.0.0.1", "localhost")


def test_components__without_key_or_coin__pay_and_show_what_is_held(brand: BrowserContext, world: World) -> None:
    invoice = world.invoice("BRAND-1", "100")
    link = invoice["links"]["short"]
    page = brand.new_page()
    page.goto(f"{world.site}/brand/{link[link.index('#') :]}")
    pay, wallet = page.locator("fec-pay"), page.locator("fec-wallet")
    expect(pay.get_by_role("heading")).to_have_text("Corner café asks for")
    pay.get_by_role("button", name="Make a key in this app").click()
    expect(pay.get_by_text("the key is lost")).to_be_visible()
    code = pay.locator("code").inner_text()
    pay.get_by_role("button", name="I have kept the code").click()
    expect(pay.get_by_role("button", name="Sign and pay 100 FEC")).to_be_visible()

    # What was stored is there after a reload, and sealed.
    page.reload()
    address = wallet.locator("dd").first.inner_text()
    assert address.startswith("0x")
    kept = page.evaluate(STORED)
    assert [name for name, _ in kept] == ["fec.key", "fec.secured", "fec.vault", "seal"]
    assert [fields for _, fields in kept] == [["data", "iv"], ["data", "iv"], ["data", "iv"], []]
    world.client.transfer(address, 100 * FEC)
    pay.get_by_role("button", name="Sign and pay 100 FEC").click()
    expect(pay.get_by_role("heading")).to_have_text("Paid. Thank you!")
    assert world.shown(invoice)["customer"] == address

    # The site's data is cleared: the code on paper opens the vault again.
    page.evaluate("indexedDB.deleteDatabase('fec')")
    page.goto(f"{world.site}/brand/")
    page.reload()
    wallet.get_by_label("Use a recovery code").fill(code)
    wallet.get_by_role("button", name="Use a recovery code").click()
    expect(wallet.locator("dd").first).to_have_text(address)


#: Names in the storage, and the names of what is kept there.
STORED = """() => new Promise((resolve) => {
  const request = indexedDB.open("fec", 1);
  request.onsuccess = () => {
    const store = request.result.transaction("fec").objectStore("fec");
    const [names, values] = [store.getAllKeys(), store.getAll()];
    values.onsuccess = () => resolve(names.result.map((name, at) => [name, Object.keys(values.result[at]).sort()]));
  };
})"""

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


#: Runs code that has the SDK, and gives JSON, or the key of the error.
RUN = """async () => {
  const sdk = await import("/brand/bundle.js");
  const random = (length) => crypto.getRandomValues(new Uint8Array(length));
  const work = async () => { CODE };
  try {
    return JSON.stringify(await work(), (_, value) => (typeof value === "bigint" ? String(value) : value));
  } catch (error) {
    return error.key ?? String(error);
  }
}"""


class Passkeys:
    """A page of the brand's at a host name, with an authenticator."""

    def __init__(self, page: Page, **options: Any) -> None:
        self._page = page
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("WebAuthn.enable")
        made = self._devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**AUTHENTICATOR, **options}})
        self.authenticator = made["authenticatorId"]

    def run(self, code: str) -> Any:
        """What some code gives that has the SDK; the key of the sentence if it throws one."""
        return self._page.evaluate(RUN.replace("CODE", code))

    def told(self, method: str, **values: Any) -> None:
        self._devtools.send(f"WebAuthn.{method}", {"authenticatorId": self.authenticator, **values})  # type: ignore[call-overload]


@pytest.fixture
def passkeys(brand: BrowserContext, world: World) -> Callable[..., Passkeys]:
    def opened(**options: Any) -> Passkeys:
        page = brand.new_page()
        page.goto(f"{by_name(world)}/brand/")
        return Passkeys(page, **options)

    return opened


MAKE = "sdk.makePasskey(navigator.credentials, { id: 'localhost', name: 'FEC' }, 'Ann', '0x' + '5a'.repeat(32), random)"
FIND = "sdk.findPasskey(navigator.credentials, 'localhost', random)"
SIGN = "sdk.signWithPasskey(navigator.credentials, 'localhost', '0x' + 'ab'.repeat(32))"


def test_passkey__found_again_by_two_signatures__is_the_one_that_was_made(passkeys: Callable[..., Passkeys]) -> None:
    held = passkeys()
    made = held.run(f"return {MAKE}")
    found = held.run(f"const {{ userId, ...rest }} = await {FIND}; return [rest, userId];")
    assert found == f'[{made},"0x{"5a" * 32}"]'


def test_passkey__user_not_verified__is_refused(passkeys: Callable[..., Passkeys]) -> None:
    held = passkeys()
    held.run(f"return {MAKE}")
    held.told("setUserVerified", isUserVerified=False)
    assert held.run(f"return {SIGN}") == "passkey.cancelled"


def test_passkey__none_of_this_site__is_a_closed_dialog(passkeys: Callable[..., Passkeys]) -> None:
    assert passkeys().run(f"return {SIGN}") == "passkey.cancelled"


def test_passkey__of_another_site__is_refused(passkeys: Callable[..., Passkeys]) -> None:
    held = passkeys()
    code = SIGN.replace("'localhost'", "'example.org'")
    assert held.run(f"return {code}") == "passkey.otherSite"


def test_passkey__at_an_ip_address__is_refused_with_a_way_on(brand: BrowserContext, world: World) -> None:
    page = brand.new_page()
    page.goto(f"{world.site}/brand/")
    code = MAKE.replace("'localhost'", "'127.0.0.1'")
    assert Passkeys(page).run(f"return {code}") == "passkey.otherSite"
