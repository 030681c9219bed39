"""The floors of the package: imports point down only, and nowhere in a circle. Read off the imports themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import fec

ROOT = Path(__file__).resolve().parents[2]

#: From the ground up. A package imports those of the floors below its own, and nobody on its own floor.
FLOORS = (
    ("core",),
    ("i18n",),
    ("protocol", "charts", "simulate"),
    ("chain",),
    ("client", "store", "pages"),
    ("indexer", "relayer", "replay"),
    ("reports",),
    ("service",),
    ("cli",),
)

#: The same within the service, of its packages and its loose modules.
SERVICE_FLOORS = (
    ("models", "settings", "errors"),
    ("http",),
    ("actions",),
    ("context",),
    ("access",),
    ("feed", "reports", "rewards", "sales", "webhooks"),
    ("orders", "shoppers"),
    ("gathering", "members", "operations"),
    ("app",),
)
ALL_FLOORS = {"fec": FLOORS, "fec.service": SERVICE_FLOORS}

Imports = Mapping[str, frozenset[str]]


def modules(folder: Path) -> dict[str, Path]:
    """Every module below a package's folder, by its dotted name."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(source: str, known: Mapping[str, Path]) -> Iterator[str]:
    """The known modules that a source imports, wherever in it; not what only a type checker sees of `fec` itself."""
    for statement in ast.walk(ast.parse(source)):
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names if alias.name in known)
        elif isinstance(statement, ast.ImportFrom):
            assert not statement.level, "imports are absolute"
            for alias in statement.names:
                full = f"{statement.module}.{alias.name}"
                if full in known or statement.module in known:
                    yield full if full in known else str(statement.module)


def graph(folder: Path) -> Imports:
    """What each module of a package imports of it."""
    known = modules(folder)
    return {name: frozenset(imported(path.read_text(), known)) - {name} for name, path in known.items()}


def rooms(of: Imports, package: str) -> dict[str, set[str]]:
    """What each direct part of a package imports of the others."""
    found: dict[str, set[str]] = {}
    for module, targets in of.items():
        for target in targets:
            here, there = part(module, package), part(target, package)
            if here and there and here != there:
                found.setdefault(here, set()).add(there)
    return found


def part(module: str, package: str) -> str:
    """The direct part of a package that a module is in; empty for the package itself and for what is outside."""
    return module.removeprefix(f"{package}.").partition(".")[0] if module.startswith(f"{package}.") else ""


def circle(of: Mapping[str, set[str] | frozenset[str]]) -> list[str]:
    """Some circle of imports, if there is one."""
    done: set[str] = set()

    def search(name: str, way: list[str]) -> list[str]:
        if name in way:
            return way[way.index(name) :]
        if name in done:
            return []
        for target in sorted(of.get(name, ())):
            if found := search(target, [*way, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(of) if (found := search(name, []))), [])


def upward(of: Imports, package: str) -> list[str]:
    """Imports within a package that do not point down its floors."""
    floor = {name: height for height, names in enumerate(ALL_FLOORS[package]) for name in names}
    return sorted(
        f"{module} imports {target}"
        for module, targets in of.items()
        for target in targets
        if (here := part(module, package)) and (there := part(target, package)) and here != there
        if floor[there] >= floor[here]
    )


@cache
def real() -> Imports:
    """What each module of `fec` imports of it."""
    return graph(ROOT / "fec")


@pytest.mark.parametrize("package", ALL_FLOORS)
def test_imports__of_every_package__point_down(package: str) -> None:
    assert upward(real(), package) == []


def test_imports__planted_upward__are_found() -> None:
    planted = {**real(), "fec.core.amounts": frozenset({"fec.chain.rpc"})}
    assert upward(planted, "fec") == ["fec.core.amounts imports fec.chain.rpc"]


def test_imports__planted_upward_in_the_service__are_found() -> None:
    planted = {**real(), "fec.service.actions.outbox": frozenset({"fec.service.context"})}
    assert upward(planted, "fec.service") == ["fec.service.actions.outbox imports fec.service.context"]


def test_imports__of_modules__go_in_no_circle() -> None:
    assert circle(real()) == []


@pytest.mark.parametrize("package", ALL_FLOORS)
def test_imports__of_packages__go_in_no_circle(package: str) -> None:
    assert circle(rooms(real(), package)) == []


def test_circle__planted__is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a", "b", "c"]


def test_modules__beside_the_packages__are_none() -> None:
    assert [
        name for name in real() if "." in name and part(name, "fec") not in {n for names in FLOORS for n in names}
    ] == []
    assert sorted(path.name for path in (ROOT / "fec").glob("*.py")) == ["__init__.py"]


def test_modules__beside_the_services_packages__are_five() -> None:
    loose = sorted(path.stem for path in (ROOT / "fec" / "service").glob("[!_]*.py"))
    assert loose == ["app", "context", "errors", "models", "settings"]


def test_routers__of_the_service__do_not_import_one_another() -> None:
    sources = {name: path.read_text() for name, path in modules(ROOT / "fec").items()}
    routers = {name for name in sources if "\nrouter = APIRouter(" in sources[name]}
    assert len(routers) > 10
    assert [(name, real()[name] & routers) for name in sorted(routers) if real()[name] & routers] == []


@pytest.mark.parametrize("name", fec.__all__)
def test_name__of_the_public_surface__is_there(name: str) -> None:
    assert getattr(fec, name) is not None
