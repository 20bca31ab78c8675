"""Writes ``src/protocol.ts`` from the inspector's ``_protocol``, and likewise
``src/sessions/protocol.ts`` for the table of sessions.

``python js/protocol.py`` writes it, with one file for each section of the modules beside it;
``python js/protocol.py --check`` exits with status 1 when what is on disk differs. The modules
are read, never imported: shapes, constants and their docstrings all stand in the syntax tree.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
KERNEL = HERE.parent / "src" / "dspy_session"
SOURCES = {
    HERE / "src" / "protocol.ts": (
        "inspector/_protocol/messages.py",
        "inspector/_protocol/shapes.py",
        "inspector/_protocol/views.py",
        "inspector/_protocol/log.py",
        "inspector/_protocol/long_actions.py",
        "inspector/_protocol/nodes.py",
        "inspector/_protocol/saved_page.py",
    ),
    HERE / "src" / "sessions" / "protocol.ts": ("session_table/_protocol.py",),
}
"""Each index to write, and the modules it is made from."""

HEADER = "// Generated from src/dspy_session/{} by js/protocol.py. Do not edit."

EXPORTED = {"REQUESTS": "Requests", "PUSHES": "Push"}
"""Names that are types in TypeScript."""

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
            f"line {line}: no TypeScript for {ast.unparse(node)!r}. "
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
    if name == "Literal":
        return " | ".join(_literal(value) for value in inner)
    types = [as_typescript(value) for value in inner]
    match name:
        case "Union":
            return " | ".join(types)
        case "Optional":
            return f"{types[0]} | null"
        case "NotRequired" | "Required":
            return types[0]
        case "list":
            return f"({types[0]})[]" if " " in types[0] else f"{types[0]}[]"
        case "dict":
            return f"Record<{types[0]}, {types[1]}>"
        case "tuple":
            return f"[{', '.join(types)}]"
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
    for here, after in zip(body, [*body[1:], None], strict=True):
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
    text = text.strip().replace("*/", "* /").replace(":data:", "").replace(":class:", "")
    lines = [line.strip() for line in text.splitlines()]
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
    lines: list[str] = []
    for statement, text in _documented(node.body):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        kind = statement.annotation
        optional = partial
        if isinstance(kind, ast.Subscript) and isinstance(kind.value, ast.Name):
            optional = kind.value.id == "NotRequired" or (partial and kind.value.id != "Required")
        lines += _jsdoc(text, "  ")
        lines.append(f"  {statement.target.id}{'?' if optional else ''}: {as_typescript(kind)};")
    if lines:
        yield f"export interface {node.name} {{"
        yield from lines
        yield "}"
    else:
        yield f"export type {node.name} = Record<never, never>;"


def _requests(table: ast.Dict, text: str) -> Iterator[str]:
    yield from _jsdoc(text)
    yield "export interface Requests {"
    for name, pair in zip(table.keys, table.values, strict=True):
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


def _block(statement: ast.stmt, text: str) -> tuple[str, str] | None:
    """The name that a statement of the module defines, and its TypeScript."""
    match statement:
        case ast.ClassDef(name=name) if _is_typed_dict(statement):
            return name, "\n".join(_interface(statement))
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
        ) if not name.startswith("_"):
            return EXPORTED.get(name, name), "\n".join(_constant(name, value, text))
    return None


def _section(source: list[str], line: int) -> str:
    """The heading that a line of the module stands under, as a file's name; "" before the first."""
    for above in reversed(source[:line]):
        heading = re.match(r"# --- (?:the |what is )?(.+?) -+$", above)
        if heading:
            return heading[1].replace(" ", "_")
    return ""


def generate(sources: Iterable[str], target: Path, header: str) -> dict[Path, str]:
    """Every file to write, with its text: one for each section of the modules, and an index.

    Constants stand in the index, which exports everything: the page imports from nowhere else.
    """
    sections: dict[str, dict[str, str]] = {"": {}}
    for source in sources:
        lines = source.splitlines()
        for statement, text in _documented(ast.parse(source).body):
            block = _block(statement, text)
            if block:
                name, typescript = block
                sections.setdefault(_section(lines, statement.lineno), {})[name] = typescript
    files = {}
    for section, blocks in sections.items():
        if section:
            body = [*_imports(section, sections), *blocks.values()]
            files[target.with_suffix("") / f"{section}.ts"] = "\n\n".join([header, *body]) + "\n"
    named = sorted(filter(None, sections))
    exports = "\n".join(f'export * from "./protocol/{section}";' for section in named)
    files[target] = "\n\n".join([header, exports, *sections[""].values()]) + "\n"
    return files


def _imports(section: str, sections: dict[str, dict[str, str]]) -> Iterator[str]:
    code = re.sub(r"/\*.*?\*/", "", "\n".join(sections[section].values()), flags=re.DOTALL)
    used = set(re.findall(r"\b[A-Z]\w+", code))
    lines = []
    for other, blocks in sorted(sections.items()):
        names = sorted(used & blocks.keys())
        if other and other != section and names:
            lines.append(f'import type {{ {", ".join(names)} }} from "./{other}";')
    if lines:
        yield "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` only compare."""
    wanted: dict[Path, str] = {}
    for target, names in SOURCES.items():
        sources = [(KERNEL / name).read_text(encoding="utf-8") for name in names]
        wanted |= generate(sources, target, HEADER.format(names[0].partition("/")[0]))
    written = [path for one in SOURCES for path in [one, *one.with_suffix("").glob("*.ts")]]
    found = {path: path.read_text(encoding="utf-8") for path in written if path.exists()}
    if found == wanted:
        return 0
    if "--check" in arguments:
        names = sorted(p.name for p in {*found, *wanted} if found.get(p) != wanted.get(p))
        sys.stderr.write(
            f"js/src/protocol is not what the kernel says: {', '.join(names)}. "
            f"Run: python js/protocol.py\n"
        )
        return 1
    for path in found.keys() - wanted.keys():
        path.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"wrote {len(wanted)} files below js/src\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
