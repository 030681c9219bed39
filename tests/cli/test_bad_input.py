"""Bad input of every kind: a sentence in the reader's language, the right exit code, and nothing left behind."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from fec.chain import deployments
from fec.cli import main
from fec.i18n import LOCALES

from .conftest import Shell

PREFIXES = {"en": "Error: ", "zh_Hans": "错误：", "zh_Hant": "錯誤：", "ms": "Ralat: "}
#: What bytes of an argument become that are no UTF-8.
NOT_TEXT = "a\udcffb"
ENDLESS = "9" * 5_000
SOMEBODY = "0x" + "11" * 20

#: Words after the common options, and the exit code.
MISUSED: list[tuple[str, ...]] = [
    *(
        ("send", SOMEBODY, "--yes", "--", amount)
        for amount in ("-1", "1e5", "1.1234567890123456789", ENDLESS, "😀", "", "1,2", "NaN", "0x10", "１２", NOT_TEXT)
    ),
    ("curve", "--principal", "1" * 70),
    ("send", "0x123", "1", "--yes"),
    ("send", "😀", "1", "--yes"),
    ("send", NOT_TEXT, "1", "--yes"),
    # The checksum is wrong in its last digit.
    ("send", "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb9226A", "1", "--yes"),
    *(
        ("node", "claim", "--", name)
        for name in (ENDLESS, f"{ENDLESS}-1", f"1-{ENDLESS}", "0x" + "f" * 80, "-1", "😀", NOT_TEXT, "", "ADN")
    ),
    *(("quote", "1", "--program", number) for number in ("0", "-1", ENDLESS, "x", str(2**32), "1.5", NOT_TEXT)),
    *(("order", "sign", "1", "--program", "1", "--id", name) for name in (NOT_TEXT, "😀" * 20, "x" * 33)),
    *(("order", "refund", "--yes", "--", key) for key in ("2", "/", "", f"{ENDLESS}/A", f"2/{NOT_TEXT}", "0x12")),
    *(
        ("order", "sign", "1", "--program", "1", "--id", "a", f"--for={length}")
        for length in ("7x", ENDLESS + "d", "-1d", "", NOT_TEXT, "1.5d", "9999999999w")
    ),
    *(("curve", "--start", date) for date in ("2026-13-01", "0001-01-01", ENDLESS, NOT_TEXT, "1969-01-01", "now")),
    *(
        ("program", "set-terms", "1", f"--tier={tier}")
        for tier in (f"0:{ENDLESS}", f"{ENDLESS}:1", "-1:5", "a:b", ":", "5", NOT_TEXT, "0:10.123")
    ),
    ("pay", "missing.json"),
    ("pay", "folder"),
    ("pay", "http://"),
    ("pay", "https://shop.example/"),
    ("pay", f"http://{NOT_TEXT}"),
    ("pay", "object.json", "--by", "service"),
    ("pay", "object.json", "--by", "nodes"),
    ("status", "--keystore", "missing.json"),
    ("index", "rollback", "--", "-1"),
    ("serve", "--port", "99999"),
    ("dev", "--out", "folder"),
    ("node", "mint"),
    ("nothing-of-the-kind",),
    ("status", "--no-such-option"),
]
FILES = ("bytes", "deep.json", "empty", "list.json", "null.json", "text.json", "number.json", "object.json")
REFUSED: list[tuple[str, ...]] = [
    *(
        words
        for name in FILES
        for words in (
            ("status", "--deployments", name),
            ("balance", "--keystore", name),
            ("pay", name),
            ("order", "relay", name),
            ("custody", "show", name),
            ("custody", "relay", name),
            ("reward", "fund", "1", name, "--until", "2099-01-01", "--yes"),
            ("dev", "--out", name),
        )
    ),
    *(("replay", name, "--shopper", "c", "--time", "t", "--amount", "a", "--rate", "1") for name in FILES),
    *((("index", "run", "--database", name)) for name in FILES if name != "empty"),
    ("status", "--deployments", "missing.json"),
    ("node", "show", "1-99"),
    ("program", "show", "4294967295"),
    ("order", "show", "2/😀"),
    ("status", "--rpc", "ftp://127.0.0.1"),
    ("status", "--rpc", "http://"),
    ("status", "--rpc", "http://[::1"),
    ("status", "--rpc", "http://127.0.0.1:99999"),
    ("status", "--rpc", f"http://{'a' * 70}.invalid"),
    ("status", "--rpc", f"http://{NOT_TEXT}"),
    ("status", "--rpc", "http://127.0.0.1:1"),
    ("pay", "http://127.0.0.1:1/v1/pay/a"),
    ("pay", "http://127.0.0.1:99999/v1/pay/a"),
    ("pay", f"http://{'a' * 70}.invalid/v1/pay/a"),
    ("pay", "http://127.0.0.1:1/pay#id=a"),
    (
        "pay",
        "http://127.0.0.1:1/pay#chain=1&checkout=0x&program=1&order=a&amount=1&reference=&expiry=1&signature=0x&id=a",
    ),
    ("index", "status", "--database", "mysql://127.0.0.1/x"),
    ("index", "status", "--database", "://"),
    ("index", "status", "--database", "postgresql://a:secret@127.0.0.1:port/x"),
    ("index", "status", "--database", "postgresql://a:secret@127.0.0.1:1/x"),
    ("index", "run", "--database", "nowhere/x.sqlite"),
    *(
        ("index", *words, "--database", "fresh.sqlite")
        for words in (("status",), ("check",), ("rebuild",), ("rollback", "1"))
    ),
    ("serve",),
    ("serve", "key", "list"),
]
#: What stands in place of a chain, or of a shop's service: a path, a status and a body.
ANSWERS = {
    "page": (200, b"<html>"),
    "failure": (500, b"oops"),
    "busy": (429, b'{"error": "slow down"}'),
    "empty": (200, b""),
    "list": (200, b"[]"),
    "object": (200, b"{}"),
    "number": (200, b"5"),
    "bytes": (200, b"\xff\xfe"),
    "null": (200, b'{"jsonrpc": "2.0", "id": 0, "result": null}'),
    "word": (200, b'{"jsonrpc": "2.0", "id": 0, "result": "zzz"}'),
    "negative": (200, b'{"jsonrpc": "2.0", "id": 0, "result": "-0x5"}'),
    "error": (200, b'{"jsonrpc": "2.0", "id": 0, "error": {"code": -32000, "message": "no"}}'),
    "no error": (200, b'{"jsonrpc": "2.0", "id": 0, "error": "no"}'),
}


def said(words: tuple[str, ...], options: list[str], code: int, folder: Path) -> dict[str, str]:
    """What a command says in each language, each time with the same exit code and nothing left behind."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    sentences = {}
    for locale in LOCALES:
        result = CliRunner(mix_stderr=False).invoke(main, ["--lang", locale, *options, *words])
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        assert (result.exit_code, result.stdout) == (code, "")
        assert "Traceback" not in result.stderr
        [line] = [line for line in result.stderr.splitlines() if line.startswith(PREFIXES[locale])]
        sentences[locale] = line.removeprefix(PREFIXES[locale])
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    return sentences


def name_of(words: tuple[str, ...]) -> str:
    return " ".join(words).encode("ascii", "replace").decode()[:80]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The current folder, with files that are not what they should be."""
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00\x80" * 10)
    (tmp_path / "deep.json").write_text("[" * 200_000)
    (tmp_path / "empty").write_text("")
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "null.json").write_text("null")
    (tmp_path / "text.json").write_text('"x"')
    (tmp_path / "number.json").write_text(f'{{"chainId": {ENDLESS}}}')
    (tmp_path / "object.json").write_text("{}")
    (tmp_path / "folder").mkdir()
    return tmp_path


@pytest.fixture
def _passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEC_PASSPHRASE", "latte")


@pytest.mark.parametrize("words", MISUSED, ids=name_of)
def test_misuse__each_language__says_so_with_exit_code_2(shell: Shell, folder: Path, words: tuple[str, ...]) -> None:
    height = shell.anvil.web3.eth.block_number
    sentences = said(words, shell.options, 2, folder)
    assert all(sentences[locale] != sentences["en"] for locale in PREFIXES if locale != "en")
    assert shell.anvil.web3.eth.block_number == height


@pytest.mark.parametrize("words", REFUSED, ids=name_of)
@pytest.mark.usefixtures("_passphrase")
def test_refusal__each_language__says_so_with_exit_code_1(shell: Shell, folder: Path, words: tuple[str, ...]) -> None:
    height = shell.anvil.web3.eth.block_number
    options = shell.options if "--keystore" not in words else shell.as_(None).options
    sentences = said(words, options, 1, folder)
    assert all(sentences[locale] != sentences["en"] for locale in PREFIXES if locale != "en")
    assert not any("secret" in sentence for sentence in sentences.values())
    assert shell.anvil.web3.eth.block_number == height


@pytest.fixture(scope="module")
def strange() -> Iterator[str]:
    """A server that is no chain and no shop."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = ANSWERS[self.path.split("/")[1].replace("%20", " ")]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815 (the library's name)

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("answer", ANSWERS)
def test_rpc__that_is_no_chain__is_refused(record: Path, strange: str, folder: Path, answer: str) -> None:
    sentences = said(("status",), ["--rpc", f"{strange}/{answer}", "--deployments", str(record)], 1, folder)
    assert all(sentences[locale] != sentences["en"] for locale in PREFIXES if locale != "en")


@pytest.mark.parametrize("answer", ANSWERS)
def test_pay__service_that_is_none__is_refused(shell: Shell, strange: str, folder: Path, answer: str) -> None:
    sentences = said(("pay", f"{strange}/{answer}/v1/pay/a", "--yes"), shell.options, 1, folder)
    assert all(sentences[locale] != sentences["en"] for locale in PREFIXES if locale != "en")


@pytest.mark.parametrize(
    ("variable", "value", "code"),
    [
        ("FEC_RPC", "localhost", 1),
        ("FEC_DEPLOYMENTS", "missing.json", 1),
        ("FEC_ACCOUNT", "alice", 2),
        ("FEC_KEYSTORE", "missing.json", 2),
        ("FEC_PRIVATE_KEY", "0x" + "0" * 64, 1),
        ("FEC_PRIVATE_KEY", "0x" + "f" * 64, 1),
        ("FEC_PRIVATE_KEY", "hunter2", 1),
    ],
)
def test_environment__wrong_value__is_refused(  # noqa: PLR0917 (pytest names them)
    shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, code: int
) -> None:
    monkeypatch.setenv("FEC_RPC", shell.anvil.url)
    monkeypatch.setenv(variable, value)
    sentences = said(("node", "mint", "1", "--yes"), [], code, folder)
    assert all(sentences[locale] != sentences["en"] for locale in PREFIXES if locale != "en")
    assert not any("hunter2" in sentence for sentence in sentences.values())


def test_deployments__addresses_of_nothing__are_refused(shell: Shell, record: Path, folder: Path) -> None:
    deployment = deployments.read(record)
    for contract in deployment["contracts"].values():
        contract["address"] = SOMEBODY
    (folder / "31337.json").write_text(json.dumps(deployment))
    sentences = said(("status", "--deployments", "31337.json"), shell.options, 1, folder)
    assert "but there is no code" in sentences["en"]


def test_index__table_that_is_gone__is_said_without_a_traceback(shell: Shell, record: Path, folder: Path) -> None:
    from fec import store  # noqa: PLC0415

    shell("index", "run", "--database", "shop.sqlite")
    engine = store.open_database(folder / "shop.sqlite")
    with store.writing(engine) as connection:
        connection.exec_driver_sql("DROP TABLE cursor")
    engine.dispose()
    result = shell.run("index", "status", "--database", "shop.sqlite")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The database refused: no such table: cursor.")
