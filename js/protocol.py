"""Writes ``src/protocol.ts`` from the kernel's ``_protocol.py``, so that the two cannot differ.

``python js/protocol.py`` writes the file; ``python js/protocol.py --check`` exits with status 1
when the file on disk is not what would be written. The module is read, never imported: shapes,
constants and their docstrings all stand in its syntax tree.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "src" / "dspy_session" / "inspector" / "_protocol.py"
TARGET = HERE / "src" / "protocol.ts"

HEADER = """\
// Generated from src/dspy_session/inspector/_protocol.py by js/protocol.py. Do not edit.
"""

SCALARS = {
    "str": "string",
    "int": "number",
    "float": "number",
    "bool": "boolean",
    "Any": "unknown",
    "None": "null",
}


class UnknownShapeError(Exception):
    """The protocol uses something that this generator cannot say in TypeScript."""

    def __init__(self, node: ast.AST) -> None:
        line = getattr(node, "lineno", "?")
        super().__init__(
            f"{SOURCE.name}:{line}: no TypeScript for {ast.unparse(node)!r}. "
            f"Use a simpler type there, or teach js/protocol.py this one."
        )


def as_typescript(node: ast.expr) -> str:
    """The TypeScript type of a Python annotation."""
    match node:
        case ast.Constant(value=None):
            return "null"
        case ast.Name(id=name):
            return SCALARS.get(name, name)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return f"{as_typescript(left)} | {as_typescript(right)}"
        case ast.Subscript(value=ast.Name(id=name), slice=inner):
            return _generic(node, name, inner.elts if isinstance(inner, ast.Tuple) else [inner])
    raise UnknownShapeError(node)


def _generic(node: ast.Subscript, name: str, inner: list[ast.expr]) -> str:
    match name:
        case "Literal":
            return " | ".join(_literal(value) for value in inner)
        case "Union":
            return " | ".join(as_typescript(value) for value in inner)
        case "Optional":
            return f"{as_typescript(inner[0])} | null"
        case "NotRequired" | "Required":
            return as_typescript(inner[0])
        case "list":
            item = as_typescript(inner[0])
            return f"({item})[]" if " " in item else f"{item}[]"
        case "dict":
            return f"Record<{as_typescript(inner[0])}, {as_typescript(inner[1])}>"
        case "tuple":
            if isinstance(inner[-1], ast.Constant) and inner[-1].value is ...:
                return f"({as_typescript(inner[0])})[]"
            return f"[{', '.join(as_typescript(value) for value in inner)}]"
    raise UnknownShapeError(node)


def _literal(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=bool(value)):
            return "true" if value else "false"
        case ast.Constant(value=str(value)):
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case ast.Constant(value=int(value)):
            return str(value)
    raise UnknownShapeError(node)


def _documented(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, str]]:
    """Each statement with the docstring that follows it, if one does."""
    for here, after in zip(body, [*body[1:], None]):
        text = _docstring(after)
        if _docstring(here) is None:
            yield here, text or ""


def _docstring(node: ast.stmt | None) -> str | None:
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text
    return None


def _jsdoc(text: str, indent: str = "") -> list[str]:
    # RST's cross references read as plain code in an editor's tooltip.
    lines = [line.strip().replace("*/", "* /") for line in text.strip().splitlines()]
    lines = [line.replace(":data:", "").replace(":class:", "") for line in lines]
    if not any(lines):
        return []
    if len(lines) == 1:
        return [f"{indent}/** {lines[0]} */"]
    return [f"{indent}/**", *(f"{indent} * {line}".rstrip() for line in lines), f"{indent} */"]


def _is_typed_dict(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "TypedDict" for base in node.bases)


def _interface(node: ast.ClassDef) -> Iterator[str]:
    yield from _jsdoc(ast.get_docstring(node) or "")
    partial = any(
        word.arg == "total" and isinstance(word.value, ast.Constant) and word.value.value is False
        for word in node.keywords
    )
    fields: list[str] = []
    for statement, text in _documented(node.body):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        kind = statement.annotation
        optional = partial
        if isinstance(kind, ast.Subscript) and isinstance(kind.value, ast.Name):
            optional = kind.value.id == "NotRequired" or (partial and kind.value.id != "Required")
        fields += _jsdoc(text, "  ")
        fields.append(f"  {statement.target.id}{'?' if optional else ''}: {as_typescript(kind)};")
    if fields:
        yield f"export interface {node.name} {{"
        yield from fields
        yield "}"
    else:
        yield f"export type {node.name} = Record<never, never>;"


def _requests(table: ast.Dict, text: str) -> Iterator[str]:
    yield from _jsdoc(text)
    yield "export interface Requests {"
    for name, pair in zip(table.keys, table.values):
        if not isinstance(name, ast.Constant) or not isinstance(pair, ast.Tuple):
            raise UnknownShapeError(table)
        args, result = (as_typescript(part) for part in pair.elts)
        yield f"  {name.value}: {{ args: {args}; result: {result} }};"
    yield "}"


def _constant(name: str, value: ast.expr, text: str) -> Iterator[str]:
    match name, value:
        case "REQUESTS", ast.Dict():
            yield from _requests(value, text)
        case "PUSHES", ast.Tuple(elts=kinds):
            yield from _jsdoc(text)
            yield f"export type Push = {' | '.join(as_typescript(kind) for kind in kinds)};"
        case _, ast.Constant():
            yield from _jsdoc(text)
            yield f"export const {name} = {_literal(value)};"
        case _, ast.Subscript():
            yield from _jsdoc(text)
            yield f"export type {name} = {as_typescript(value)};"
        case _:
            raise UnknownShapeError(value)


def generate(source: str) -> str:
    """The whole of ``protocol.ts`` for the text of ``_protocol.py``."""
    blocks = [HEADER.rstrip()]
    for statement, text in _documented(ast.parse(source).body):
        match statement:
            case ast.ClassDef() if _is_typed_dict(statement):
                blocks.append("\n".join(_interface(statement)))
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if not name.startswith("_"):
                blocks.append("\n".join(_constant(name, value, text)))
    return "\n\n".join(blocks) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or with ``--check`` only compare."""
    wanted = generate(SOURCE.read_text(encoding="utf-8"))
    found = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    if found == wanted:
        return 0
    if "--check" in arguments:
        sys.stderr.write(
            "js/src/protocol.ts is not what _protocol.py says. Run: python js/protocol.py\n"
        )
        return 1
    TARGET.write_text(wanted, encoding="utf-8")
    sys.stdout.write(f"wrote {TARGET.relative_to(HERE.parent)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
