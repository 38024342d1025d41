"""Reading the code base as syntax trees: what every law of `laws.py` looks at."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("kernel", "accounts", "billing", "trust", "sealing", "privacy", "portal")
BUSINESS = ("accounts", "billing", "trust", "sealing", "privacy")
DOORS = {"views", "forms", "api", "tasks", "admin", "management", "middleware", "adapter"}
DOMAIN = {"actions", "queries", "models", "gateways", "rules"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file, named as in the repository."""

    root: Path
    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(self.root).as_posix()

    @property
    def parts(self) -> tuple[str, ...]:
        return self.path.relative_to(self.root).with_suffix("").parts

    @property
    def app(self) -> str:
        return self.parts[0]

    @property
    def layer(self) -> str:
        """`actions` for `billing/actions/close_period.py`, `queries` for `billing/queries.py`."""
        return self.parts[1] if len(self.parts) > 1 else ""

    @property
    def is_door(self) -> bool:
        if self.app == "portal":
            return self.layer not in {"devstack", "settings", "environment"}
        return self.app in BUSINESS and self.layer in DOORS

    @property
    def is_domain(self) -> bool:
        return self.app in BUSINESS and self.layer in DOMAIN

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.name)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @property
    def functions(self) -> list[Function]:
        return [node for node in self.nodes if isinstance(node, Function)]

    @property
    def classes(self) -> list[ast.ClassDef]:
        return [node for node in self.nodes if isinstance(node, ast.ClassDef)]

    @property
    def calls(self) -> list[ast.Call]:
        return [node for node in self.nodes if isinstance(node, ast.Call)]

    @property
    def imports(self) -> Iterator[tuple[ast.stmt, str]]:
        """Each imported name with its dots: `from a import b` is `a.b`."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)

    def at(self, node: ast.AST, what: str) -> str:
        """A violation, as an editor can open it."""
        return f"{self.name}:{getattr(node, 'lineno', 1)}: {what}"


def sources(root: Path = ROOT, *, migrations: bool = False) -> list[Source]:
    """The product's Python files."""
    found = (_read(root, path, path.stat().st_mtime_ns) for app in APPS for path in sorted((root / app).rglob("*.py")))
    return [source for source in found if migrations == ("migrations" in source.parts[:-1])]


@cache
def _read(root: Path, path: Path, _changed: int) -> Source:
    """A file is parsed once for all that look at it, until it changes."""
    return Source(root, path)


def dotted(node: ast.AST) -> str:
    """`a.b.c` for such an expression; what is not a plain name is left out: `f(x).b` is `f.b`."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            return f"{dotted(value)}.{attribute}"
        case ast.Call(func=function):
            return dotted(function)
    return ""
