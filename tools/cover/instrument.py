"""Solidity sources that leave a mark wherever they are run.

Compilers' source maps say little of branches, least of all in optimised code, and without the optimiser the contracts
are too deep for the stack. So the marks are put into the source itself, at places that the compiler's syntax tree
names, and compiled with the project's own settings. A mark is a call to an account of its own that has no code: it
changes nothing, works in pure functions and before a revert, and the EVM remembers that it looked the account up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

#: Mark number n is a call to the account MARKS + n.
MARKS = 0xC0FE << 144
LIBRARY = "contracts/Reached.sol"
LIBRARY_SOURCE = f"""// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

library Reached {{
    function mark(uint256 n) internal pure {{
        function(uint256) internal view looking = _look;
        function(uint256) internal pure marking;
        assembly ("memory-safe") {{
            marking := looking
        }}
        marking(n);
    }}

    function mark(bool condition, uint256 n) internal pure returns (bool) {{
        mark(condition ? n : n + 1);
        return condition;
    }}

    function _look(uint256 n) private view {{
        assembly ("memory-safe") {{
            pop(staticcall(0, add({MARKS:#x}, n), 0, 0, 0, 0))
        }}
    }}
}}
"""
Node = dict[str, Any]


@dataclass(frozen=True)
class Point:
    """Something that a test may reach: a line on which something begins, or a branch, one way of a condition."""

    source: str
    line: int
    kind: str
    label: str


def marks_among(accounts: Iterable[str]) -> set[int]:
    """Numbers of the marks among the accounts that an EVM has looked up."""
    numbers = (int(account, 16) - MARKS for account in accounts)
    return {number for number in numbers if 0 <= number < 2**32}


@dataclass
class Instrumenter:
    """Takes sources with their syntax trees; `points[n]` is what mark n stands for."""

    points: list[Point] = field(default_factory=list)

    def instrument(self, name: str, text: str, tree: Node) -> str:
        """The source with marks in it."""
        return _Source(name, text.encode(), self.points).marked(tree)


class _Source:
    """One source; positions in syntax trees are bytes."""

    def __init__(self, name: str, text: bytes, points: list[Point]) -> None:
        self.name = name
        self.text = text
        self.points = points
        self.insertions: list[tuple[int, str]] = []
        self.decided: set[int] = set()

    def marked(self, tree: Node) -> str:
        for node in _walk(tree):
            self._mark(node)
        if not self.insertions:
            return self.text.decode()
        pieces = []
        last = 0
        for position, inserted in sorted(self.insertions, key=lambda insertion: insertion[0]):
            pieces += [self.text[last:position].decode(), inserted]
            last = position
        marked = "".join([*pieces, self.text[last:].decode()])
        # The library is imported on the pragma's own line: the compiler's messages keep their line numbers.
        return marked.replace(";\n", f';import {{Reached}} from "{LIBRARY}";\n', 1)

    def _mark(self, node: Node) -> None:
        match node["nodeType"]:
            case "FunctionDefinition" | "ModifierDefinition" if node.get("body"):
                at, _ = _span(node)
                self._insert(_span(node["body"])[0] + 1, self._point(at, "line", node["name"] or node["kind"]))
            case "Block" | "UncheckedBlock":
                for statement in node["statements"]:
                    self._statement(statement)
            case "IfStatement":
                self._decision(node["condition"])
                self._bodies(node["trueBody"], node.get("falseBody"))
            case "WhileStatement" | "ForStatement" | "DoWhileStatement":
                if node.get("condition"):
                    self._decision(node["condition"])
                self._bodies(node["body"])
            case "TryCatchClause":
                at, _ = _span(node["block"])
                self._insert(at + 1, self._point(at, "branch", "returns or catches"))
            case "Conditional":
                self._decision(node["condition"])
            case "BinaryOperation" if node["operator"] in ("&&", "||"):
                self._decision(node)
            case "FunctionCall" if node["expression"].get("name") in ("require", "assert"):
                self._decision(node["arguments"][0])

    def _bodies(self, *bodies: Node | None) -> None:
        """Gives braces to bodies that have none."""
        for body in bodies:
            if body and body["nodeType"] not in ("Block", "UncheckedBlock"):
                self._insert(_span(body)[0], "{")
                self._statement(body)
                self._insert(self._end(body), "}")

    def _statement(self, statement: Node) -> None:
        if statement["nodeType"] not in ("Block", "UncheckedBlock"):
            at, _ = _span(statement)
            self._insert(at, self._point(at, "line", statement["nodeType"]))

    def _decision(self, condition: Node) -> None:
        """Marks each operand of a condition where it is true and where it is false."""
        while condition["nodeType"] == "TupleExpression":
            (condition,) = condition["components"]
        if condition["id"] in self.decided:
            return
        self.decided.add(condition["id"])
        if condition["nodeType"] == "BinaryOperation" and condition["operator"] in ("&&", "||"):
            self._decision(condition["leftExpression"])
            self._decision(condition["rightExpression"])
            return
        start, end = _span(condition)
        text = " ".join(self.text[start:end].decode().split())
        line = self._line(start)
        self.points += [Point(self.name, line, "branch", f"{text} is {way}") for way in ("true", "false")]
        self._insert(start, "Reached.mark(")
        self._insert(end, f", {len(self.points) - 2})")

    def _point(self, at: int, kind: str, label: str) -> str:
        self.points.append(Point(self.name, self._line(at), kind, label))
        return f" Reached.mark({len(self.points) - 1}); "

    def _line(self, position: int) -> int:
        return self.text.count(b"\n", 0, position) + 1

    def _insert(self, position: int, text: str) -> None:
        self.insertions.append((position, text))

    def _end(self, statement: Node) -> int:
        """Where a statement ends, semicolon included: the tree has it in `return;` and `do … while (…);` only."""
        match statement["nodeType"]:
            case "Block" | "UncheckedBlock" | "TryStatement":
                return _span(statement)[1]
            case "IfStatement":
                return self._end(statement.get("falseBody") or statement["trueBody"])
            case "WhileStatement" | "ForStatement":
                return self._end(statement["body"])
        return self.text.index(b";", _span(statement)[1] - 1) + 1


def _span(node: Node) -> tuple[int, int]:
    start, length, _ = map(int, node["src"].split(":"))
    return start, start + length


def _walk(node: Any) -> Iterator[Node]:
    """A node and all below it, parents first."""
    if isinstance(node, list):
        for item in node:
            yield from _walk(item)
    elif isinstance(node, dict):
        if "nodeType" in node:
            yield node
        for value in node.values():
            yield from _walk(value)
