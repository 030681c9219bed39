"""The wheel, in environments that have nothing else: what a shop's engineer installs is all there."""

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "fec"
UV = ROOT / ".venv" / "bin" / "uv"
#: What catalogs are made from, and what Python makes for itself.
FOR_BUILDERS = {".md", ".po", ".pyc"}
#: For resolving, downloading and installing on a busy machine.
PATIENCE = 600


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    """What a command prints that goes well; it sees nothing of the tests' own environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FEC_", "PYTHON", "VIRTUAL"))}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, since building writes into the folder."""
    source = tmp_path_factory.mktemp("source")
    shutil.copytree(PACKAGE, source / "fec", ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    (source / "tools").mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "tools/build.py"):
        shutil.copy(ROOT / name, source / name)
    run(UV, "build", "--quiet", "--wheel", "--out-dir", source / "dist", folder=source)
    [built] = (source / "dist").glob("*.whl")
    return built


def installed(folder: Path, wheel: Path, extra: str = "") -> Path:
    """The programs of a fresh environment with the wheel and what it requires, in the versions that are locked."""
    run(UV, "venv", "--quiet", "environment", folder=folder)
    python = folder / "environment" / "bin" / "python"
    locked = ("--constraint", ROOT / "requirements.lock")
    run(UV, "pip", "install", "--quiet", "--python", python, *locked, f"fec{extra} @ {wheel.as_uri()}", folder=folder)
    return python.parent


@pytest.fixture(scope="session")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("base"), wheel)


@pytest.fixture(scope="session")
def server(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("server"), wheel, "[server,replay]")


def test_wheel__built__holds_every_file_that_is_read_at_run_time(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("fec/")}
    files = (path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix not in FOR_BUILDERS)
    assert held == {path.relative_to(ROOT).as_posix() for path in files}


def test_base__alone__has_what_a_shop_needs_and_nothing_of_ape(base: Path, tmp_path: Path) -> None:
    code = """if True:
        import json, sys
        import fec.client.client, fec.client.custody, fec.protocol.abi, fec.protocol.signing
        heavy = {"ape", "sqlalchemy", "fastapi", "alembic"} & sys.modules.keys()
        print(json.dumps([fec.__file__, sorted(heavy), fec.protocol.abi.names()]))
    """
    place, heavy, names = json.loads(run(base / "python", "-c", code, folder=tmp_path))
    assert Path(place).is_relative_to(base.parent)
    assert heavy == []
    assert names == ["ADN", "Checkout", "Custodian", "FEC", "MemberVault", "NodeMetadata", "PasskeyVerifier", "Relay"]
    listed = run(UV, "pip", "list", "--python", base / "python", folder=tmp_path)
    assert "eth-ape" not in listed


@pytest.mark.parametrize(
    ("language", "start"),
    [
        ("en", "1,000 FEC burned pay back 10,000 FEC over 100 periods"),
        ("zh_Hans", "销毁 1,000 FEC，将在 100 期"),
        ("zh_Hant", "銷毀 1,000 FEC，將於 100 期"),
        ("ms", "1,000 FEC yang dibakar membayar balik 10,000 FEC dalam 100 tempoh"),
    ],
)
def test_base__command_line__speaks_every_language(base: Path, tmp_path: Path, language: str, start: str) -> None:
    assert run(base / "fec", "curve", "--lang", language, folder=tmp_path).startswith(start)


@pytest.mark.parametrize(
    "words", [("serve", "--help"), ("index", "--help"), ("replay", "--help"), ("chart", "--help"), ("dev", "--help")]
)
def test_base__help_of_what_needs_more__is_there(base: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert run(base / "fec", *words, folder=tmp_path).startswith("Usage: fec")


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (("index", "status"), "pip install 'fec[server]'"),
        (("serve", "key", "list"), "pip install 'fec[server]'"),
        (("chart", "payout"), "pip install 'fec[charts]'"),
        (("replay", "a.csv", "--shopper", "c", "--time", "t", "--amount", "a", "--rate", "1"), "'fec[replay]'"),
    ],
)
def test_base__what_needs_more__says_what_to_install(
    base: Path, tmp_path: Path, words: tuple[str, ...], extra: str
) -> None:
    (tmp_path / "a.csv").write_text("c,t,a\n")
    done = subprocess.run([base / "fec", *words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert extra in done.stderr


def test_base__simulation__needs_nothing_more(base: Path, tmp_path: Path) -> None:
    printed = run(base / "fec", "simulate", "wash", "--years", "1", "--lang", "en", folder=tmp_path)
    assert "Merchants who buy from themselves burn 100,000 FEC and gain 900,000 FEC" in printed


def test_charts__wheel_and_extra__draw_in_every_language_with_the_font_that_comes_along(
    wheel: Path, tmp_path: Path
) -> None:
    scripts = installed(tmp_path, wheel, "[charts]")
    for language in ("en", "zh_Hans", "zh_Hant", "ms"):
        run(scripts / "fec", "chart", "payout", "-o", f"{language}.png", "--lang", language, folder=tmp_path)
        assert (tmp_path / f"{language}.png").read_bytes().startswith(b"\x89PNG")


def test_server__tables__are_made_by_the_migrations_in_the_wheel(server: Path, tmp_path: Path) -> None:
    code = """if True:
        from sqlalchemy import inspect
        from fec import store
        import fec.replay, fec.service.app
        engine = store.open_database("shop.sqlite")
        store.upgrade(engine)
        store.check_version(engine)
        print("\\n".join(inspect(engine).get_table_names()))
    """
    tables = run(server / "python", "-c", code, folder=tmp_path).split()
    assert {"events", "orders", "relay_accounts", "invoices", "webhook_endpoints", "alembic_version"} <= set(tables)


def test_version__of_wheel_and_command__is_one(base: Path, wheel: Path, tmp_path: Path) -> None:
    assert run(base / "fec", "--version", folder=tmp_path).strip() == f"fec {wheel.name.split('-')[1]}"
