"""Compiles mutants: only what one of them needs, as fast as it goes, in a compiler that stays loaded."""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterable, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent
#: Compiler settings without the IR pipeline.
FAST = {"viaIR": False, "optimizer": {"enabled": False}}
OPTIMIZED = {"viaIR": False, "optimizer": {"enabled": True, "runs": 200}}

Bytecode = dict[str, str]


class DoesNotCompile(Exception):
    """A source that the compiler refuses, with its message."""


class StackTooDeep(DoesNotCompile):
    """A source that only the IR pipeline takes."""


class Sources:
    """The contracts, who imports whom, and which of them tests deploy."""

    def __init__(self) -> None:
        """Reads them.

        Raises:
            ValueError: if a rewrite does not apply.
        """
        self.text = {path.relative_to(ROOT).as_posix(): path.read_text() for path in ROOT.glob("contracts/**/*.sol")}
        self.rewrites: dict[str, list[dict[str, str]]] = {}
        for rewrite in tomllib.loads((HERE / "legacy.toml").read_text())["rewrite"]:
            self.rewrites.setdefault(rewrite["file"], []).append(rewrite)
        for file in self.rewrites:
            if self.rewritten(file, self.text[file]) is None:
                raise ValueError(f"mutants/legacy.toml no longer fits {file}")
        shipped = {path.stem for path in (ROOT / "fec" / "protocol" / "abi").glob("*.json")}
        #: Names of the contracts that tests deploy, by file.
        self.deployed = {
            file: Path(file).stem
            for file in self.text
            if Path(file).stem in shipped or file.startswith("contracts/test/")
        }
        self.imports: dict[str, set[str]] = {}
        #: By file: what its import directives say, and which file that is.
        self._directives: dict[str, list[tuple[str, str]]] = {}

    @cached_property
    def mutable(self) -> list[str]:
        """Files whose code is deployed; interfaces and what only tests deploy have none."""
        return [file for file in sorted(self.text) if not file.startswith(("contracts/test/", "contracts/interfaces/"))]

    def learn(self, trees: dict[str, Any]) -> None:
        """Takes from the syntax trees who imports whom."""
        for file, tree in trees.items():
            directives = [node for node in tree["nodes"] if node["nodeType"] == "ImportDirective"]
            self.imports[file] = {node["absolutePath"] for node in directives}
            self._directives[file] = [(node["file"], node["absolutePath"]) for node in directives]

    def deployed_with(self, file: str) -> dict[str, str]:
        """Files and names of the deployed contracts that contain code of a file."""
        return {top: name for top, name in sorted(self.deployed.items()) if file in self.imported_by([top])}

    def imported_by(self, files: Iterable[str]) -> set[str]:
        """The files, what they import, and so on."""
        found, left = set(), list(files)
        while left:
            one = left.pop()
            if one not in found:
                found.add(one)
                left += self.imports.get(one, ())
        return found

    def copy(self, place: str, tops: Iterable[str], file: str, text: str) -> dict[str, str] | None:
        """Sources under `place`: one file with another text, and what imports it; None where a rewrite does not apply.

        They import the project's other files, and the libraries, from where those are.
        """
        copied = {one for one in self.imported_by(tops) if one in self.text and file in self.imported_by([one])}
        copies = {}
        for one in copied:
            rewritten = self.rewritten(one, text if one == file else self.text[one])
            if rewritten is None:
                return None
            for said, meant in self._directives[one]:
                if meant in self.text:
                    rewritten = rewritten.replace(f'"{said}"', f'"{place}{meant}"' if meant in copied else f'"{meant}"')
            copies[place + one] = rewritten
        return copies

    def rewritten(self, file: str, text: str) -> str | None:
        """A source as the fast pipeline can take it; None where a change is in the way."""
        for rewrite in self.rewrites.get(file, ()):
            if within := rewrite.get("within"):
                before, begin, rest = text.partition(f"    function {within}(")
                body, end, after = rest.partition("\n    }\n")
                body = re.sub(rf"\b{rewrite['old']}\b", rewrite["new"], body)
                text = before + begin + body + end + after
            elif text.count(rewrite["old"]) == 1:
                text = text.replace(rewrite["old"], rewrite["new"])
            else:
                return None
        return text


class Compiler:
    """One compiler process."""

    def __init__(self, process: Process, sources: Sources) -> None:
        """Use {start}."""
        self.process = process
        self.sources = sources
        config = yaml.safe_load((ROOT / "ape-config.yaml").read_text())["solidity"]
        self.deployment = {
            "viaIR": config["via_ir"],
            "optimizer": {"enabled": config["optimize"], "runs": config["optimization_runs"]},
        }
        self.common = {
            "remappings": config["import_remapping"],
            "evmVersion": config["evm_version"],
            "metadata": {"appendCBOR": False},
        }

    @classmethod
    async def start(cls, sources: Sources) -> Compiler:
        """Starts Node with the compiler; its stack is what the IR pipeline needs."""
        command = ["node", "--stack-size=6000", str(HERE / "solc.js")]
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=2**28)
        compiler = cls(process, sources)
        await compiler._send(sources.text)
        return compiler

    async def stop(self) -> None:
        """Ends the process."""
        self.process.kill()
        await self.process.wait()

    async def _send(self, value: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(value).encode() + b"\n")
        await self.process.stdin.drain()

    async def _compile(self, texts: dict[str, str], settings: dict[str, Any], selection: Any) -> dict[str, Any]:
        output = await self._output(texts, settings, selection)
        for error in _errors(output):
            raise _as_exception(error)
        return output

    async def _output(self, texts: dict[str, str], settings: dict[str, Any], selection: Any) -> dict[str, Any]:
        await self._send(
            {
                "language": "Solidity",
                "sources": {file: {"content": text} for file, text in texts.items()},
                "settings": {**self.common, **settings, "outputSelection": selection},
            }
        )
        assert self.process.stdout is not None
        output: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return output

    async def trees(self) -> dict[str, Any]:
        """Syntax tree of each of the project's sources, by file."""
        files = self.sources.text
        output = await self._compile(files, FAST, {file: {"": ["ast"]} for file in files})
        return {file: output["sources"][file]["ast"] for file in files}

    async def bytecode(self, tops: dict[str, str], settings: dict[str, Any], changed: dict[str, str]) -> Bytecode:
        """Creation code without metadata of some contracts, by name, with some sources changed.

        Raises:
            DoesNotCompile: with the compiler's errors.
        """
        texts = {file: self.sources.text[file] for file in tops} | changed
        selection = {file: {name: ["evm.bytecode.object"]} for file, name in tops.items()}
        output = await self._compile(texts, settings, selection)
        return {name: output["contracts"][file][name]["evm"]["bytecode"]["object"] for file, name in tops.items()}

    async def fast(self, tops: dict[str, str], changed: dict[str, str]) -> Bytecode:
        """Creation code by the fast pipeline, or as deployed where that cannot take it."""
        return await self._legacy(tops, FAST, changed) or await self.shipped(tops, changed)

    async def each(self, tops: dict[str, str], file: str, texts: Sequence[str]) -> list[Bytecode | DoesNotCompile]:
        """What {fast} makes of each of several texts of one file, in one go as far as that is possible."""
        done: dict[int, Bytecode | DoesNotCompile] = {}
        copies = {number: self.sources.copy(f"{number}/", tops, file, text) for number, text in enumerate(texts)}
        left = {number: copy for number, copy in copies.items() if copy is not None}
        while left:
            others = self.sources.rewrites.keys() & self.sources.imported_by(tops)
            shared = {one: self.sources.rewritten(one, self.sources.text[one]) or "" for one in others}
            selection = {
                f"{number}/{top}": {name: ["evm.bytecode.object"]} for number in left for top, name in tops.items()
            }
            sources = shared | {path: text for copy in left.values() for path, text in copy.items()}
            output = await self._output(sources, FAST, selection)
            errors = _errors(output)
            if not errors:
                contracts = output["contracts"]
                for number in left:
                    done[number] = {
                        name: contracts[f"{number}/{top}"][name]["evm"]["bytecode"]["object"]
                        for top, name in tops.items()
                    }
                break
            refused = {}
            for error in reversed(errors):
                place = (error.get("sourceLocation") or {}).get("file", "").partition("/")[0]
                if place.isdecimal():
                    refused[int(place)] = _as_exception(error)
            if not refused:
                break
            done |= {number: error for number, error in refused.items() if not isinstance(error, StackTooDeep)}
            left = {number: copy for number, copy in left.items() if number not in refused}
        for number, text in enumerate(texts):
            if number not in done:
                try:
                    done[number] = await self.fast(tops, {file: text})
                except DoesNotCompile as error:
                    done[number] = error
        return [done[number] for number in range(len(texts))]

    async def optimized(self, tops: dict[str, str], changed: dict[str, str]) -> Bytecode | None:
        """Creation code by the fast pipeline with its optimizer; None for what it cannot take."""
        return await self._legacy(tops, OPTIMIZED, changed)

    async def shipped(self, tops: dict[str, str], changed: dict[str, str]) -> Bytecode:
        """Creation code by the settings of what is deployed."""
        return await self.bytecode(tops, self.deployment, changed)

    async def _legacy(self, tops: dict[str, str], settings: dict[str, Any], changed: dict[str, str]) -> Bytecode | None:
        rewritten = {}
        for file in changed.keys() | (self.sources.rewrites.keys() & self.sources.imported_by(tops)):
            text = self.sources.rewritten(file, changed.get(file, self.sources.text[file]))
            if text is None:
                return None
            rewritten[file] = text
        try:
            return await self.bytecode(tops, settings, rewritten)
        except StackTooDeep:
            return None


def _errors(output: dict[str, Any]) -> list[dict[str, Any]]:
    return [error for error in output.get("errors", ()) if error["severity"] == "error"]


def _as_exception(error: dict[str, Any]) -> DoesNotCompile:
    message = error["formattedMessage"]
    return (StackTooDeep if "Stack too deep" in message else DoesNotCompile)(message)


def fingerprint(code: Bytecode | Iterable[str]) -> str:
    """Hash of bytecode."""
    return sha256(json.dumps(code, sort_keys=True).encode()).hexdigest()[:16]
