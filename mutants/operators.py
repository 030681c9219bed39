"""What is changed in the contracts: mutation operators over the compiler's own syntax tree.

The operators are those of the literature, without the ones that others subsume:

- deletion of statements and of operands (Delamaro, Offutt, Ammann: "Designing Deletion Mutation Operators", ICST 2014);
  a statement that no test reaches survives its own deletion, so replacing statements by reverts adds nothing;
- of the replacements of a relational operator only the three that imply the others (Kaminski, Ammann, Offutt:
  "Improving logic-based testing", JSS 86, 2013).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any

Tree = dict[str, Any]

RELATIONAL = {
    "<": ("<=", "!=", "false"),
    ">": (">=", "!=", "false"),
    "<=": ("<", "==", "true"),
    ">=": (">", "==", "true"),
    "==": ("<=", ">=", "false"),
    "!=": ("<", ">", "true"),
}
ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "/", "&": "|", "|": "&", "<<": ">>", ">>": "<<"}
COMPOUND = {"+=": "-=", "-=": "+=", "|=": "&=", "<<=": ">>=", ">>=": "<<="}
STEP = {"++": "--", "--": "++"}
#: Where one name stands for what the caller is, another for who started the transaction.
ORIGIN = {"msg.sender": "tx.origin"}
ENCODERS = {"encode": "encodePacked", "encodePacked": "encode"}

OPERATORS = {
    "SDL": "statement deleted",
    "CDL": "condition replaced by true or false",
    "ROR": "relational operator replaced",
    "AOR": "arithmetic or bitwise operator replaced",
    "ODL": "operand or operator deleted; one branch of a ternary taken",
    "ASR": "compound assignment replaced by another or by a plain one",
    "UOR": "++ and -- exchanged; before and after exchanged where the value is used",
    "LIR": "literal replaced: one more, the other truth, no text",
    "ARS": "neighbouring arguments of one type exchanged",
    "CAD": "cast dropped",
    "MDR": "modifier or call option removed",
    "ENV": "msg.sender replaced by tx.origin; abi.encode and abi.encodePacked exchanged",
}


@dataclass(frozen=True)
class Mutant:
    """One small change of one source file. `before` and `after` are the lines it touches, spaces normalized."""

    file: str
    function: str
    operator: str
    before: str
    after: str
    #: How many changes of the same looks come before it in the function.
    twin: int
    text: str

    @property
    def id(self) -> str:
        """Says which change it is, wherever in the file it may have moved to."""
        return sha256("\0".join([*self.looks, str(self.twin)]).encode()).hexdigest()[:16]

    @property
    def looks(self) -> tuple[str, str, str, str, str]:
        """What a reader needs to recognize it."""
        return self.file, self.function, self.operator, self.before, self.after


@dataclass(frozen=True)
class _Edit:
    operator: str
    start: int
    end: int
    text: str


def mutants_of(file: str, source: str, tree: Tree) -> list[Mutant]:
    """All mutants of one source file, given its syntax tree as the compiler gives it."""
    code = source.encode()
    seen: Counter[tuple[str, ...]] = Counter()
    mutants: list[Mutant] = []
    for contract in tree["nodes"]:
        for part in contract.get("nodes", ()) if contract["nodeType"] == "ContractDefinition" else ():
            name = f"{contract['name']}.{part.get('name') or part.get('kind', '')}"
            if part["nodeType"] in ("FunctionDefinition", "ModifierDefinition"):
                edits = _Walk(code).function(part)
            elif part["nodeType"] == "VariableDeclaration" and part.get("value"):
                edits = _Walk(code).visit(part["value"])
            else:
                continue
            mutants += [_mutant(file, name, code, edit, seen) for edit in edits]
    # Two operators may make the same change.
    return list({mutant.text: mutant for mutant in reversed(mutants) if mutant.text != source}.values())[::-1]


def _mutant(file: str, function: str, code: bytes, edit: _Edit, seen: Counter[tuple[str, ...]]) -> Mutant:
    first = code.rfind(b"\n", 0, edit.start) + 1
    last = code.find(b"\n", edit.end)
    new = edit.text.encode()
    before = " ".join(code[first:last].decode().split())
    after = " ".join((code[first : edit.start] + new + code[edit.end : last]).decode().split())
    looks = (file, function, edit.operator, before, after)
    seen[looks] += 1
    return Mutant(*looks, seen[looks] - 1, (code[: edit.start] + new + code[edit.end :]).decode())


def _literal(node: Tree) -> Tree:
    """What is cast."""
    cast = node["nodeType"] == "FunctionCall" and node["kind"] == "typeConversion"
    return _literal(node["arguments"][0]) if cast else node


def _is_zero(node: Tree) -> bool:
    node = _literal(node)
    return node["nodeType"] == "Literal" and node.get("value") == "0"


def _is_ordered(node: Tree) -> bool:
    """Whether order means something for values of its type."""
    return str(node["typeDescriptions"]["typeString"]).startswith(("uint", "int"))


def _family(node: Tree) -> str:
    """Types that stand for each other in an argument list."""
    kind = str(node["typeDescriptions"]["typeString"]).removesuffix(" memory").removesuffix(" calldata")
    return "uint" if kind.startswith(("uint", "int_const")) else kind


class _Walk:
    """Walks a tree and yields edits."""

    def __init__(self, code: bytes) -> None:
        self.code = code
        #: Zeros that something is compared with: ROR says all that one more would.
        self.zeros: set[str] = set()

    def span(self, node: Tree) -> tuple[int, int]:
        start, length, _ = map(int, node["src"].split(":"))
        return start, start + length

    def text(self, node: Tree) -> str:
        start, end = self.span(node)
        return self.code[start:end].decode()

    def replace(self, operator: str, node: Tree, text: str) -> _Edit:
        return _Edit(operator, *self.span(node), text)

    def function(self, node: Tree) -> Iterator[_Edit]:
        for modifier in node.get("modifiers", ()):
            if modifier.get("kind") == "modifierInvocation":
                yield self.replace("MDR", modifier, "")
            else:
                yield from self.children(modifier)
        if node.get("body"):
            yield from self.children(node["body"])

    def visit(self, node: Tree) -> Iterator[_Edit]:
        handler = getattr(self, f"visit_{node['nodeType']}", None)
        if handler is not None:
            yield from handler(node)
        yield from self.children(node)

    def children(self, node: Tree) -> Iterator[_Edit]:
        for key, value in node.items():
            if key in ("typeName", "typeDescriptions", "documentation"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, dict) and "nodeType" in child:
                    yield from self.visit(child)

    # -------------------------------------------------------------- statements

    def deleted(self, node: Tree) -> _Edit:
        start, end = self.span(node)
        rest = self.code[end:].lstrip()
        # The tree leaves the semicolon out; in the head of a `for` there is none.
        if self.code[start:end].endswith(b";"):
            return _Edit("SDL", start, end, "{}")
        if rest.startswith(b";"):
            return _Edit("SDL", start, len(self.code) - len(rest) + 1, "{}")
        return _Edit("SDL", start, end, "")

    def visit_ExpressionStatement(self, node: Tree) -> Iterator[_Edit]:  # noqa: N802
        yield self.deleted(node)

    def visit_EmitStatement(self, node: Tree) -> Iterator[_Edit]:  # noqa: N802
        yield self.deleted(node)

    def visit_Return(self, node: Tree) -> Iterator[_Edit]:  # noqa: N802
        yield self.deleted(node)

    def visit_Break(self, node: Tree) -> Iterator[_Edit]:  # noqa: N802
        yield self.deleted(node)

    def visit_Continue(self, node: Tree) -> Iterator[_Edit]:  # noqa: N802
        yield self.deleted(node)

    def visit_IfStatement(self, node: Tree) -> Iterator[_Edit]:  # noqa: N802
        body = node["trueBody"]
        only = body["statements"][0] if body["nodeType"] == "Block" and len(body["statements"]) == 1 else body
        # An `if` around one statement that SDL deletes need not be false too; a check that always reverts is caught by
        # whatever passes it.
        if only["nodeType"] == "RevertStatement" or only["nodeType"] == "Block" or node.get("falseBody"):
            yield self.replace("CDL", node["condition"], "false")
        if only["nodeType"] != "RevertStatement":
            yield self.replace("CDL", node["condition"], "true")

    def visit_ForStatement(self, node: Tree) -> Iterator[_Edit]:  # noqa: N802
        yield self.replace("CDL", node["condition"], "false")

    def visit_WhileStatement(self, node: Tree) -> Iterator[_Edit]:  # noqa: N802
        yield self.replace("CDL", node["condition"], "false")

    # ------------------------------------------------------------- expressions

    def visit_BinaryOperation(self, node: Tree) -> Iterator[_Edit]:  # noqa: N802
        operator, left, right = node["operator"], node["leftExpression"], node["rightExpression"]
        if operator in RELATIONAL:
            self.zeros |= {_literal(operand)["src"] for operand in (left, right) if _is_zero(operand)}
            replacements: tuple[str, ...] = RELATIONAL[operator]
            if not _is_ordered(left) or _is_zero(left) or _is_zero(right):
                replacements = ("false",) if operator == "==" else ("true",) if operator == "!=" else replacements[-1:]
            for replacement in replacements:
                if replacement in ("true", "false"):
                    yield self.replace("ROR", node, replacement)
                else:
                    yield self.replace("ROR", node, f"{self.text(left)} {replacement} {self.text(right)}")
            return
        if operator in ARITHMETIC:
            start, end = self.span(left)[1], self.span(right)[0]
            # Brackets around an operand stand between it and the sign.
            gap = self.code[start:end].decode()
            yield _Edit("AOR", start, end, gap.replace(operator, ARITHMETIC[operator], 1))
        yield self.replace("ODL", node, f"({self.text(left)})")
        if operator not in ("<<", ">>"):
            yield self.replace("ODL", node, f"({self.text(right)})")

    def visit_UnaryOperation(self, node: Tree) -> Iterator[_Edit]:  # noqa: N802
        operator, operand = node["operator"], self.text(node["subExpression"])
        if operator in ("!", "~", "-"):
            yield self.replace("ODL", node, operand)
        elif operator in STEP:
            step = STEP[operator]
            yield self.replace("UOR", node, step + operand if node["prefix"] else operand + step)
            yield self.replace("UOR", node, operand + operator if node["prefix"] else operator + operand)

    def visit_Conditional(self, node: Tree) -> Iterator[_Edit]:  # noqa: N802
        yield self.replace("ODL", node, f"({self.text(node['trueExpression'])})")
        yield self.replace("ODL", node, f"({self.text(node['falseExpression'])})")

    def visit_Assignment(self, node: Tree) -> Iterator[_Edit]:  # noqa: N802
        operator = node["operator"]
        if operator in COMPOUND:
            left, right = self.text(node["leftHandSide"]), self.text(node["rightHandSide"])
            yield self.replace("ASR", node, f"{left} {COMPOUND[operator]} {right}")
            yield self.replace("ASR", node, f"{left} = {right}")

    def visit_Literal(self, node: Tree) -> Iterator[_Edit]:  # noqa: N802
        text = self.text(node)
        if node["kind"] == "bool":
            yield self.replace("LIR", node, "false" if node["value"] == "true" else "true")
        elif node["kind"] == "number" and node["src"] not in self.zeros:
            yield self.replace("LIR", node, f"({text} + 1)")
        elif node["kind"] == "string":
            yield self.replace("LIR", node, '""')

    def visit_FunctionCall(self, node: Tree) -> Iterator[_Edit]:  # noqa: N802
        arguments = node["arguments"]
        if node["kind"] == "typeConversion":
            if _is_ordered(node) and not _is_zero(node):
                yield self.replace("CAD", node, f"({self.text(arguments[0])})")
            return
        for left, right in pairwise(arguments):
            if _family(left) == _family(right):
                start, end = self.span(left)[0], self.span(right)[1]
                gap = self.code[self.span(left)[1] : self.span(right)[0]].decode()
                yield _Edit("ARS", start, end, self.text(right) + gap + self.text(left))

    def visit_FunctionCallOptions(self, node: Tree) -> Iterator[_Edit]:  # noqa: N802
        yield self.replace("MDR", node, self.text(node["expression"]))

    def visit_MemberAccess(self, node: Tree) -> Iterator[_Edit]:  # noqa: N802
        text, member = self.text(node), node["memberName"]
        if text in ORIGIN:
            yield self.replace("ENV", node, ORIGIN[text])
        elif text == f"abi.{member}" and member in ENCODERS:
            yield self.replace("ENV", node, f"abi.{ENCODERS[member]}")
