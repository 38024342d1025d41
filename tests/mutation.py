"""How many changed constants, comparisons and operators of billing's rules the rule tests notice.

`python -m tests.mutation [module ...]` changes one thing at a time, runs `tests/rules` against it in a process of its
own, and prints the score and every change that nobody noticed. `WORKERS` processes work at once.
"""

from __future__ import annotations

import ast
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
RULES = ROOT / "billing" / "rules"
TESTS = ROOT / "tests" / "rules"
GOAL = 90.0
SECONDS = 60

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "ROUND_HALF_UP": "ROUND_DOWN"}


class Mutant(NamedTuple):
    """One change: the module, its line, what it became, and the whole source with it."""

    module: str
    line: int
    change: str
    source: str


class Survivor(NamedTuple):
    module: str
    line: int
    change: str


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every single change of a module that its tests ought to notice."""
    tree = ast.parse(path.read_text())
    idle = _idle(tree)
    for place, node in enumerate(ast.walk(tree)):
        if id(node) in idle:
            continue
        for changed in _changes(node):
            mutated = copy.deepcopy(tree)
            _put(mutated, place, changed)
            words = f"{ast.unparse(node)}  ->  {ast.unparse(changed)}"
            yield Mutant(f"billing.rules.{path.stem}", getattr(node, "lineno", 0), words, ast.unparse(mutated))


def _idle(tree: ast.AST) -> set[int]:
    """Texts that no code reads, types, which nothing evaluates, and decorators, which guard what is not computed."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
        idle = [getattr(node, "annotation", None), getattr(node, "returns", None), *getattr(node, "decorator_list", ())]
        skipped.update(id(part) for root in idle if root is not None for part in ast.walk(root))
    return skipped


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Constant(value=value):
            yield from map(ast.Constant, _other_values(value))
        case ast.Compare(ops=ops):
            for place, op in enumerate(ops):
                if type(op) in _COMPARISONS:
                    changed = [*ops[:place], _COMPARISONS[type(op)](), *ops[place + 1 :]]
                    yield ast.Compare(node.left, changed, node.comparators)
        case ast.BinOp(op=op) if type(op) in _OPERATORS:
            yield ast.BinOp(node.left, _OPERATORS[type(op)](), node.right)
        case ast.BoolOp(op=op):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.Name(id=name) if name in _NAMES:
            yield ast.Name(_NAMES[name], node.ctx)
        case ast.IfExp():
            yield ast.IfExp(node.test, node.orelse, node.body)


def _other_values(value: object) -> Iterator[bool | int | str]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str) and (number := _number(value)) is not None:
        yield str(number.scaleb(1) or 1)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _put(tree: ast.AST, place: int, changed: ast.AST) -> None:
    target = next(node for count, node in enumerate(ast.walk(tree)) if count == place)
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, name, changed)
            elif isinstance(value, list) and any(entry is target for entry in value):
                value[:] = [changed if entry is target else entry for entry in value]
    ast.fix_missing_locations(tree)


class _Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Hands out the changed source in place of the module's own."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.mutant.module else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.mutant.source, self.mutant.module, "exec"), module.__dict__)


def _is_noticed(mutant: Mutant, tests: list[str]) -> bool:
    """Whether a test fails, or never ends, in a fork of this process that has the mutant."""
    child = os.fork()
    if child == 0:
        _run(mutant, tests)
    _pid, status = os.waitpid(child, 0)
    return status != 0


def _run(mutant: Mutant, tests: list[str]) -> None:
    import signal

    import pytest

    signal.alarm(SECONDS)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    sys.meta_path.insert(0, _Planted(mutant))
    without = [option for name in ("cacheprovider", "django", "randomly", "xdist") for option in ("-p", f"no:{name}")]
    plain = ["-o", "addopts=", "-o", "filterwarnings=ignore", "--noconftest", "--import-mode=importlib"]
    os._exit(int(pytest.main(["-x", "-q", *without, *plain, *tests])))


def _tests_of(module: str, tests: dict[str, str]) -> list[str]:
    """All tests of billing's rules, those that name the module first."""
    return sorted(tests, key=lambda path: module not in tests[path])


def _judge(mutant: Mutant) -> Survivor | None:
    noticed = _is_noticed(mutant, _tests_of(mutant.module, _TEXTS))
    return None if noticed else Survivor(mutant.module, mutant.line, mutant.change)


_TEXTS = {str(path): text for path in sorted(TESTS.glob("test_*.py")) if "billing.rules" in (text := path.read_text())}


def main(names: list[str]) -> int:
    """Print the score of the modules named, or of all; 1 if it is below the goal."""
    import hypothesis  # loaded once, for all forks

    hypothesis.settings.register_profile("mutation", derandomize=True, max_examples=20, deadline=None, database=None)
    hypothesis.settings.load_profile("mutation")
    sys.path.insert(0, str(ROOT))
    paths = [path for path in sorted(RULES.glob("*.py")) if not names or path.stem in names]
    unchanged = Mutant("", 0, "", "")
    if _is_noticed(unchanged, list(_TEXTS)):
        print("The tests fail without any change.")
        return 1
    mutants = [mutant for path in paths for mutant in mutants_of(path)]
    with multiprocessing.get_context("fork").Pool(int(os.environ.get("WORKERS", os.cpu_count() or 1))) as pool:
        survivors = [survivor for survivor in pool.imap(_judge, mutants, chunksize=1) if survivor]
    for survivor in survivors:
        print(f"{survivor.module}:{survivor.line}  {survivor.change}")
    score = 100 * (len(mutants) - len(survivors)) / len(mutants) if mutants else 0.0
    print(f"mutants {len(mutants)}\nnoticed {len(mutants) - len(survivors)}\nscore {score:.1f} %")
    return 0 if score >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
