"""A shop's app with the SDK in WeChat's simulator, QuickJS and Node, with a real service on a real chain."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import WEEK
from fec.protocol.settlements import Leaf
from tests.fixtures.waiting import until
from tests.web.world import World

LANGUAGES = ("en", "zh-Hans", "zh-Hant", "ms")
CONTRACTS = ("FEC", "ADN", "Checkout", "Custodian", "MemberVault")
ENGINES = ("miniprogram", "quickjs", "node")


class App:
    """One shopper's app."""

    def __init__(self, engine: str, world: World, root: Path) -> None:
        command = ["node", "tests/web/apps.mjs", engine]
        self.process = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        contracts = {name: world.deployment["contracts"][name]["address"] for name in CONTRACTS}
        self._shop = {
            "chainId": world.deployment["chainId"],
            "rpc": world.anvil.url,
            "service": world.site,
            "contracts": contracts,
            "names": {str(world.at_once): "Corner café"},
        }
        self.shown: dict[str, Any] = {}

    def do(self, *words: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(words), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        assert line, f"{words}: the app ended"
        self.shown = json.loads(line) or self.shown
        return self.shown

    def open(self, name: str, language: str, **more: Any) -> Any:
        return self.do("open", name, {"shop": self._shop, "language": language, **more})

    @property
    def notices(self) -> str:
        return "\n".join(notice["text"] for notice in self.shown["notices"])

    @property
    def acts(self) -> list[str]:
        return [button["act"] for button in self.shown["buttons"]]


@pytest.fixture(scope="module")
def built(root: Path) -> None:
    subprocess.run(["node", "packages/sdk/build.mjs"], cwd=root, check=True)  # noqa: S607


@pytest.fixture(params=ENGINES)
def app(request: pytest.FixtureRequest, world: World, root: Path, built: None) -> Iterator[App]:
    app = App(request.param, world, root)
    yield app
    app.process.kill()
    app.process.wait()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Of what is sold to this app."""
    return f"APP-{request.node.callspec.params['app']}"


def started(app: App, world: World, link: str) -> tuple[str, str]:
    """A shopper's account and recovery code, made before the first payment, with 250 FEC."""
    app.open("pay", "zh-Hans", link=link)
    assert app.shown["title"].startswith("Corner café")
    assert app.acts == ["make", "restore"]
    assert "密钥就会丢失" in app.notices
    app.do("tap", "make")
    code = app.shown["code"]
    assert app.acts == ["kept"]
    assert "付款之前" in app.notices
    app.do("tap", "kept")
    assert app.acts == ["pay"]
    assert app.shown["code"] == ""
    # Paying needs FEC, and says how much is missing.
    app.do("tap", "pay")
    assert "还差 100" in app.notices
    app.open("wallet", "ms")
    address = app.shown["facts"][0]["value"]
    world.client.transfer(address, 250 * FEC)
    return address, code


def pays_through_a_broken_line(app: App, world: World, invoice: dict[str, Any], address: str) -> None:
    """The line breaks once the payment was signed: it is sent again, and paid once."""
    app.open("pay", "ms", link=invoice["links"]["short"])
    app.do("cut", "/spends")
    app.do("tap", "pay")
    assert "tiada apa-apa dibayar dua kali" in app.notices
    assert world.shown(invoice)["status"] == "open"
    app.do("cut", "")
    app.do("tap", "again")
    assert app.shown["title"] == "Dibayar. Terima kasih!"
    paid = world.shown(invoice)
    assert (paid["status"], paid["customer"], paid["burned"]) == ("captured", address, "10")
    assert f"ADN {paid['node']}" in app.notices
    assert world.client.balance(address) == 150 * FEC


def sees_what_is_pending(app: App, world: World, name: str) -> dict[str, Any]:
    """What is paid within a return window becomes a node later."""
    later = world.invoice(f"{name} later", "50", escrow=True)
    app.open("pay", "en", link=later["links"]["pay"])
    app.do("tap", "pay")
    assert "It can be returned until" in app.notices
    app.open("wallet", "en")
    pending = [fact["value"] for fact in app.shown["facts"] if fact["label"].startswith("In the return window")]
    assert [value.split(". ")[0] for value in pending] == ["5 FEC"]
    return later


def sees_what_is_settled(app: App, world: World, name: str, address: str) -> None:
    """A settled node that nobody has opened is shown with the others."""
    client = world.client.signed_by(world.signer)
    world.client.transfer(world.signer.address, 20 * FEC)
    client.orders.approve(20 * FEC)
    client.settlements.settle(world.at_once, [Leaf(world.cause, FEC), Leaf(address, 7 * FEC)], name)
    app.open("wallet", "en")
    values = [fact["value"] for fact in app.shown["facts"]]
    assert "100 FEC" in values
    assert [value.split(";")[0] for value in values[3:5]] == ["Principal (burned): 10 FEC", "Principal (burned): 7 FEC"]


def claims(app: App, world: World, later: dict[str, Any], address: str) -> None:
    """What has flowed back is claimed without gas, from the settled node too; what was pending is a node by then."""
    world.travel(20 * WEEK)
    until(lambda: world.shown(later)["status"] == "captured")
    app.open("wallet", "en")
    assert "claim" in app.acts
    app.do("tap", "claim")
    assert "claim" not in app.acts
    nodes = world.client.nodes.owned_by(address)
    assert sorted(node.principal for node in nodes) == [5 * FEC, 7 * FEC, 10 * FEC]
    assert world.client.balance(address) == 100 * FEC + sum(node.claimed for node in nodes) > 100 * FEC


def gives_a_part_away(app: App, world: World, name: str) -> None:
    """Too much is refused with what can be given."""
    friend = world.person(f"{name} friend").address
    app.do("tap", "give", {"to": friend, "part": "11"})
    assert "at most 10 FEC" in app.notices
    app.do("tap", "again")
    app.do("tap", "give", {"to": friend, "part": "3"})
    assert [node.principal for node in world.client.nodes.owned_by(friend)] == [3 * FEC]


def loses_everything_but_the_code_and_leaves(app: App, world: World, name: str, address: str, code: str) -> None:
    """The app's storage is wiped: the code on paper opens the vault."""
    elsewhere = world.person(f"{name} elsewhere").address
    app.do("wipe")
    app.open("wallet", "zh-Hant", expected=address)
    assert "鏈上的資產沒有遺失" in app.notices
    app.do("tap", "restore", {"code": code.replace(code[0], "b" if code[0] == "a" else "a", 1)})
    assert "這不是復原碼" in app.notices
    app.do("tap", "restore", {"code": code.upper()})
    assert app.shown["facts"][0]["value"] == address
    app.do("tap", "leave", {"to": elsewhere})
    assert sorted(node.principal for node in world.client.nodes.owned_by(elsewhere)) == [2 * FEC, 7 * FEC, 10 * FEC]
    assert world.client.balance(address) == 0
    assert world.client.balance(elsewhere) > 100 * FEC


def test_app__without_key_or_coin__pays_claims_gives_loses_its_key_and_leaves(
    app: App, world: World, name: str
) -> None:
    invoice = world.invoice(name, "100")
    address, code = started(app, world, invoice["links"]["short"])
    pays_through_a_broken_line(app, world, invoice, address)
    later = sees_what_is_pending(app, world, name)
    sees_what_is_settled(app, world, name, address)
    claims(app, world, later, address)
    gives_a_part_away(app, world, name)
    loses_everything_but_the_code_and_leaves(app, world, name, address, code)


def test_app__links_that_are_not_whole_or_forged__are_refused_in_four_languages(app: App, world: World) -> None:
    link: str = world.invoice(f"BAD-{id(app)}", "100")["links"]["pay"]
    forged = link.replace("amount=100", "amount=101")
    assert forged != link

    def said(link: str) -> list[str]:
        return [app.open("pay", language, link=link)["notices"][0]["text"] for language in LANGUAGES]

    assert len(set(said(link[:-80]))) == len(set(said(forged))) == 4
    assert world.signer.address in app.notices
    assert "pay" not in app.acts
