"""Whether the documentation is true: each function returns what is said and is not so, or is so and not said.

Run by `make check` as `python -m tests.architecture.documentation`, and function by function by the tests.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.architecture.source import APPS, ROOT, dotted, sources

MAKE_TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
# `a/b.py`, `docs/x.md`, `sealing/formats/`: what looks like a path of the repository.
PATH = re.compile(rf"`((?:{'|'.join(APPS)}|docs|tests|templates|static|deploy)/[\w./-]*\w/?)`")
CODE = re.compile(r"```sh\n(.*?)```|`([^`\n]+)`", re.DOTALL)
MOST = {"A": 6, "B": 19, "C": 12, "D": 14, "E": 11}
CLAUSES = [f"{part}{number}" for part, most in MOST.items() for number in range(1, most + 1)]


def pages(root: Path = ROOT) -> list[Path]:
    """Every page of documentation."""
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("*/README.md")])


def rows(page: Path) -> Iterator[list[str]]:
    """The cells of every table row of a page."""
    for line in page.read_text().splitlines():
        if line.startswith("|") and not set(line) <= set("|- :"):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]


def _first_code_cells(page: Path) -> list[str]:
    return [code for cells in rows(page) for code in re.findall(r"`([^`]+)`", cells[0])]


def broken_links(root: Path = ROOT) -> list[str]:
    """Links to pages that are not there."""
    return [
        f"{page.relative_to(root)}: links to {target}"
        for page in pages(root)
        for target in LINK.findall(page.read_text())
        if "://" not in target and not (page.parent / target.partition("#")[0]).exists()
    ]


def doubled_headings(root: Path = ROOT) -> list[str]:
    """Headings that one page has twice: a merge that went wrong leaves a chapter beside its older self."""
    return [
        f"{page.relative_to(root)}: has {heading!r} {count} times"
        for page in pages(root)
        for heading, count in Counter(HEADING.findall(page.read_text())).items()
        if count > 1
    ]


def missing_paths(root: Path = ROOT) -> list[str]:
    """Files and folders that are named and do not exist."""
    return [
        f"{page.relative_to(root)}: names {path}"
        for page in pages(root)
        for path in PATH.findall(page.read_text())
        if not (root / path).exists()
    ]


def unknown_commands(root: Path = ROOT) -> list[str]:
    """`make x`, `manage.py x` and `python -m x` that do not exist."""
    targets = set(MAKE_TARGET.findall((root / "Makefile").read_text()))
    commands = {path.stem for path in root.glob("*/management/commands/*.py")} | {"check", "collectstatic", "shell"}
    found = []
    for page in pages(root):
        for block in CODE.findall(page.read_text()):
            for line in "".join(block).splitlines():
                named = re.search(r"\bmake ([a-z]+)\b", line), re.search(r"manage\.py ([a-z_]+)", line)
                module = re.search(r"python -m ([a-z.]+)", line)
                if named[0] and line.strip().startswith("make") and named[0][1] not in targets:
                    found.append(f"{page.relative_to(root)}: make {named[0][1]}")
                if named[1] and named[1][1] not in commands:
                    found.append(f"{page.relative_to(root)}: manage.py {named[1][1]}")
                if module and not list(root.glob(module[1].replace(".", "/") + "*")):
                    found.append(f"{page.relative_to(root)}: python -m {module[1]}")
    return found


def undocumented_settings(root: Path = ROOT) -> list[str]:
    """docs/settings.md has each variable that is read, once, and its default where it is a plain one."""
    read = {"SEALPORT_VAR": None} | {
        _text(call.args[0]): call.args[1].value if isinstance(call.args[-1], ast.Constant) and call.args[1:] else None
        for source in sources(root)
        if source.name in {"portal/settings.py", "portal/log_settings.py"}
        for call in source.calls
        if isinstance(call.func, ast.Attribute) and dotted(call.func.value) == "env"
    }
    page = root / "docs" / "settings.md"
    listed = {cells[0].strip("`"): cells[1] for cells in rows(page) if cells[0].startswith("`")}
    return (
        [f"{name} is not in docs/settings.md" for name in sorted(read.keys() - listed.keys())]
        + [f"{name} is in docs/settings.md, but nothing reads it" for name in sorted(listed.keys() - read.keys())]
        + [
            f"{name} has the default {default}, not {listed[name]}"
            for name, default in read.items()
            if default not in (None, "") and str(default) not in listed.get(name, "") and "embedded" not in listed[name]
        ]
    )


# Codes that no class declares: REST framework's, those that views give to `problem()`, and the ends of `give_up_seal`.
UNDECLARED_CODES = {
    *("not_authenticated", "authentication_failed", "permission_denied", "throttled", "parse_error", "not_acceptable"),
    *(
        "method_not_allowed",
        "unsupported_media_type",
        "too_large",
        "required",
        "taken",
        "internal_error",
        "replay_pending",
    ),
    "deadline_passed",
}


def codes(root: Path = ROOT) -> Counter[str]:
    """Every code of a refusal, outage, document or field, with the number of classes that declare it."""
    found: Counter[str] = Counter()
    for source in sources(root):
        if source.app == "portal" and source.layer == "devstack":
            continue
        for owner in source.classes:
            found.update(_declared_code(owner))
        for call in source.calls:
            if dotted(call).rpartition(".")[2] in {"FieldError", "Fault", "_wrong"}:
                found.update(dict.fromkeys((c for c in map(_text, call.args[1:2]) if c and c not in found), 0))
        if source.name == "sealing/formats/errors.py":
            found.update(_keys_of(source.tree, "CODES"))
    return found


def _declared_code(owner: ast.ClassDef) -> list[str]:
    if not owner.bases or dotted(owner.bases[0]).rpartition(".")[2] in {"Serializer", "Model"}:
        return []
    assigned = [
        (statement.targets[0] if isinstance(statement, ast.Assign) else statement.target, statement.value)
        for statement in owner.body
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None
    ]
    return [text for target, value in assigned if dotted(target) == "code" and (text := _text(value))]


def _text(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _keys_of(tree: ast.Module, name: str) -> list[str]:
    return [
        _text(key)
        for statement in tree.body
        if isinstance(statement, ast.AnnAssign) and dotted(statement.target) == name
        for key in getattr(statement.value, "keys", [])
    ]


def undocumented_codes(root: Path = ROOT) -> list[str]:
    """docs/errors.md has each code once; no two classes share one."""
    declared, listed = codes(root), Counter(_first_code_cells(root / "docs" / "errors.md"))
    known = declared.keys() | UNDECLARED_CODES
    return (
        [f"{code} is not in docs/errors.md" for code in sorted(known - listed.keys())]
        + [f"{code} is in docs/errors.md, but nothing raises it" for code in sorted(listed.keys() - known)]
        + [f"{code} is in docs/errors.md {times} times" for code, times in listed.items() if times > 1]
        + [f"{code} is declared {times} times" for code, times in declared.items() if times > 1]
    )


def unkept_clauses(root: Path = ROOT) -> list[str]:
    """docs/clauses.md has every clause; what it says is kept has a rule and a test that exist."""
    listed = [cells for cells in rows(root / "docs" / "clauses.md") if re.fullmatch(r"[A-E]\d+", cells[0])]
    table = {cells[0]: cells[2:5] for cells in listed}
    found = [f"{clause} is not in docs/clauses.md" for clause in CLAUSES if clause not in table]
    found += [
        f"{clause} stands there more than once"
        for clause, count in Counter(each[0] for each in listed).items()
        if count > 1
    ]
    for clause, (kept, rule, test) in table.items():
        if kept == "not yet":
            found += [f"{clause} is not kept, but has {named}" for named in (rule, test) if named]
        elif not kept.startswith(("yes", "in part: ")):
            found.append(f"{clause} is {kept!r}, which is neither yes, in part nor not yet")
        else:
            found += _missing_proof(root, clause, rule.strip("`"), test.strip("`"))
    mentioned = {
        clause
        for source in sources(root)
        for group in re.findall(r"(?:clauses? |\()((?:[A-E]\d+(?:, )?)+)", source.text)
        for clause in re.findall(r"[A-E]\d+", group)
    }
    return found + [f"{clause} is cited in the code, but is no clause" for clause in sorted(mentioned - table.keys())]


def _missing_proof(root: Path, clause: str, rule: str, test: str) -> list[str]:
    found = [] if rule and (root / rule).is_file() else [f"{clause}: there is no rule {rule!r}"]
    file, _, name = test.partition("::")
    if not (name and (root / file).is_file() and f"def {name}(" in (root / file).read_text()):
        found.append(f"{clause}: there is no test {test!r}")
    return found


def undocumented_invariants(root: Path = ROOT) -> list[str]:
    """docs/invariants.md has the names of `portal/invariants/`, word by word."""
    modules = [path for path in (root / "portal" / "invariants").glob("*.py") if path.stem != "__init__"]
    names = {name for path in modules for name in _keys_of(ast.parse(path.read_text()), path.stem.upper())}
    listed = {cells[0] for cells in rows(root / "docs" / "invariants.md")} - {"Invariant"}
    return [f"{name} is only on one side" for name in sorted(names ^ listed)]


def unexplained_apps(root: Path = ROOT) -> list[str]:
    """Every app has a README that names each of its actions' subjects: what it owns, what holds, where things are."""
    found = [f"{app}/README.md is missing" for app in APPS if not (root / app / "README.md").is_file()]
    for app in set(APPS) - {app for app in APPS if f"{app}/README.md is missing" in found}:
        text = (root / app / "README.md").read_text()
        found += [
            f"{app}/README.md does not say what it {word}" for word in ("owns",) if f"**{word.title()}**" not in text
        ]
    return found


def undecided(root: Path = ROOT) -> list[str]:
    """Each decision is numbered, listed and has its four parts."""
    listed = (root / "docs" / "decisions" / "README.md").read_text()
    found = []
    for number, page in enumerate(sorted((root / "docs" / "decisions").glob("0*.md")), start=1):
        text = page.read_text()
        if not page.name.startswith(f"{number:04}-") or f"({page.name})" not in listed:
            found.append(f"{page.name} is not the {number}. listed decision")
        parts = ("**Context.**", "**Decision.**", "**Consequences.**", "**Enforced by**")
        found += [f"{page.name} has no {part}" for part in parts if part not in text]
    return found


FOREIGN = re.compile(r"""<(?:script|link|img|iframe|source|use)\b[^>]*(?:src|href)=["'](?:https?:)?//""")


# What a page runs: one of our files, or what allauth reads as JSON.
SCRIPT = re.compile(r"<script\b[^>]*>")
OWN_SCRIPT = re.compile(r"""\bsrc="\{% (?:static|public_url) "[^"]+" %\}"|type="application/json\"""")


def foreign_resources(root: Path = ROOT) -> list[str]:
    """Pages that load something from elsewhere (clause D11); mails and links are another matter.

    The tag `third_party` is the only way to a script that is not one of our files: neither an address nor a variable
    stands where a script's does, and there is no script in the page itself.
    """
    return [
        str(template.relative_to(root))
        for template in sorted([*root.glob("templates/**/*.html"), *root.glob("*/templates/**/*.html")])
        if FOREIGN.search(text := template.read_text())
        or any(not OWN_SCRIPT.search(tag) for tag in SCRIPT.findall(text))
    ]


CHECKS: tuple[Callable[[Path], list[str]], ...] = (
    broken_links,
    doubled_headings,
    missing_paths,
    unknown_commands,
    undocumented_settings,
    undocumented_codes,
    unkept_clauses,
    undocumented_invariants,
    unexplained_apps,
    undecided,
    foreign_resources,
)


def main() -> int:
    faults = [fault for check in CHECKS for fault in check(ROOT)]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
