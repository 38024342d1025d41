"""The laws of ARCHITECTURE.md that import-linter and ruff cannot see, each as a function from a tree to its breaches.

`test_laws.py` holds the code base to them, and proves that each one catches a planted breach.
"""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Callable
from pathlib import Path

from tests.architecture.source import APPS, ROOT, Source, dotted, sources

WRITES = {
    "save",
    "create",
    "bulk_create",
    "bulk_update",
    "update",
    "get_or_create",
    "update_or_create",
    "delete",
    "raw",
}
SQL_WRITE = re.compile(r"\s*(insert|update|delete|truncate|drop|alter|create)\b", re.IGNORECASE)


def orm_writes_in_doors(root: Path = ROOT) -> list[str]:
    """A door translates; whatever changes rows is an action."""
    return [
        source.at(call, f"a door writes: {ast.unparse(call)[:80]}")
        for source in sources(root)
        if source.is_door
        for call in source.calls
        if _writes_rows(call) or _writes_sql(call)
    ]


def _writes_rows(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in WRITES:
        return False
    receiver, name = call.func.value, dotted(call.func.value)
    if name in {"default_storage", "super"}:
        return False
    of_rows = "objects" in name.split(".") or re.search(r"\b(filter|exclude|all|select_for_update)\b", name) is not None
    return of_rows or (call.func.attr in {"save", "delete"} and isinstance(receiver, ast.Name | ast.Attribute))


def _writes_sql(call: ast.Call) -> bool:
    if not (isinstance(call.func, ast.Attribute) and call.func.attr in {"execute", "executemany"} and call.args):
        return False
    return isinstance(sql := call.args[0], ast.Constant) and bool(SQL_WRITE.match(str(sql.value)))


CONTEXTS = {"schema_context", "tenant_context", "customer_schema"}


def careless_schema_changes(root: Path = ROOT) -> list[str]:
    """A reused context manager leaks one customer's schema into another thread: only `with schema_context(...):`."""
    return [breach for source in sources(root) for node in source.nodes for breach in _schema_breaches(source, node)]


def _schema_breaches(source: Source, node: ast.AST) -> list[str]:
    found = []
    match node:
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
                name = dotted(item.context_expr).rpartition(".")[2]
                if not isinstance(item.context_expr, ast.Call) and re.search(r"customer|tenant|context|schema", name):
                    found.append(source.at(node, f"`with {name}:` enters a manager made elsewhere"))
        case ast.FunctionDef(decorator_list=decorators) | ast.AsyncFunctionDef(decorator_list=decorators):
            names = {dotted(decorator).rpartition(".")[2] for decorator in decorators}
            found += [source.at(node, f"`@{name}` is one manager for all threads") for name in names & CONTEXTS]
        case ast.Assign(value=ast.Call() as value) if dotted(value).rpartition(".")[2] in CONTEXTS:
            found.append(source.at(node, "a schema context is kept in a variable"))
        case ast.Call(func=ast.Attribute(attr=attribute)) if attribute.startswith(("set_schema", "set_tenant")):
            if "tenancy" not in source.parts:
                found.append(source.at(node, f"{attribute}() outside kernel.tenancy"))
    return found


CLOCKS = re.compile(
    r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|timezone\.now|time\.(time|time_ns)|localtime|localdate)$"
)


def clock_reads(root: Path = ROOT) -> list[str]:
    """Time is an argument: doors read `kernel.clock` once, and nothing else reads a clock that tells the date."""
    found = []
    for source in sources(root):
        if source.name in {"kernel/clock.py", "kernel/ids.py"} or source.layer == "devstack":
            continue
        for node in source.nodes:
            name = dotted(node) if isinstance(node, ast.Attribute | ast.Name) else ""
            if CLOCKS.search(name):
                found.append(source.at(node, f"{name} is read outside kernel.clock"))
            elif name in {"clock.now", "clock.database_clock"} and not (source.is_door or source.app == "kernel"):
                found.append(source.at(node, f"{name} is read outside a door"))
        found += [
            source.at(statement, "kernel.clock.now is imported by name, which hides where it is read")
            for statement, name in source.imports
            if name in {"kernel.clock.now", "kernel.clock.database_clock"}
        ]
        if source.app != "kernel" and source.name != "accounts/models/person.py":  # allauth makes people too
            found += [
                source.at(keyword.value, f"{keyword.arg} reads the clock in a model")
                for call in source.calls
                for keyword in call.keywords
                if keyword.arg in {"auto_now", "auto_now_add"}
            ]
    return found


def hidden_control_flow(root: Path = ROOT) -> list[str]:
    """What happens is said in the action: no signals, and no model that does something of its own when saved."""
    found = []
    for source in sources(root):
        found += [
            source.at(statement, f"signals: {name}")
            for statement, name in source.imports
            if re.search(r"(^|\.)(signals|dispatch)(\.|$)", name)
            and source.name != "portal/celery.py"  # a worker's birth
        ]
        if (source.layer == "models" or source.app == "kernel") and source.name != "kernel/tenancy/guard.py":
            found += [
                source.at(method, f"{owner.name}.{method.name} overrides saving")
                for owner in source.classes
                for method in owner.body
                if isinstance(method, ast.FunctionDef) and method.name in {"save", "save_base", "delete", "full_clean"}
            ]
    return found


def migrations_with_app_code(root: Path = ROOT) -> list[str]:
    """A migration means the same for ever, so it uses no code that changes: only `kernel.fields`."""
    return [
        source.at(statement, f"a migration imports {name}")
        for source in sources(root, migrations=True)
        for statement, name in source.imports
        if name.split(".")[0] in APPS and not name.startswith("kernel.fields")
    ]


FRONT = tuple(
    f"django.{name}" for name in ["http", "shortcuts", "urls", "forms", "views", "template", "contrib.messages"]
)


def domain_that_knows_pages(root: Path = ROOT) -> list[str]:
    """Actions and queries serve pages, API, tasks and commands alike, so they know none of them."""
    return [
        source.at(statement, f"{source.layer} import {name}")
        for source in sources(root)
        if source.is_domain
        for statement, name in source.imports
        if name.startswith(FRONT) and not (source.layer == "gateways" and name.startswith("django.template"))
    ]


def shapeless_actions(root: Path = ROOT) -> list[str]:
    """One public function per file, named like the file, keywords only, the time among them if it writes one."""
    found = []
    for source in sources(root):
        if source.app not in APPS or source.layer != "actions" or source.parts[-1].startswith("_"):
            continue
        public = [node for node in source.tree.body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"]
        if [function.name for function in public] != [source.parts[-1]]:
            found.append(f"{source.name}:1: public functions are {[function.name for function in public]}")
            continue
        arguments = public[0].args
        if arguments.args or arguments.posonlyargs:
            found.append(source.at(public[0], "an argument can be given by position"))
        dated = re.search(r"\b(audit|outbox)\.|_at\b", source.text)
        if dated and not {"now", "clock"} & {argument.arg for argument in arguments.kwonlyargs}:
            found.append(source.at(public[0], "the time is not an argument"))
    return found


BANNED_WORDS = {"util", "utils", "helper", "helpers", "manager", "service", "handler", "handlers", "misc"}
# Names that Django and REST framework give, and one that is a noun.
GIVEN_NAMES = {
    "get_exception_handler",
    "process_id",
    "process_exception",
    "process_view",
    "process_request",
    "process_response",
}


def banned_names(root: Path = ROOT) -> list[str]:
    """A name says what a thing is; these say that nobody knew."""
    found = []
    for source in sources(root):
        if _is_banned(source.parts[-1].replace("process_", "")):
            found.append(f"{source.name}:1: module {source.parts[-1]}")
        for node in [*source.functions, *source.classes]:
            if _is_banned(node.name):
                found.append(source.at(node, f"{node.name} is a banned name"))
        found += [
            source.at(node, "`data` names nothing")
            for node in source.nodes
            if (isinstance(node, ast.arg) and node.arg == "data")
            or (isinstance(node, ast.Name) and node.id == "data" and isinstance(node.ctx, ast.Store))
        ]
    return found


def _is_banned(name: str) -> bool:
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)]
    if name in GIVEN_NAMES or not words:
        return False
    return bool(BANNED_WORDS & set(words)) or words[0] == "do" or words == ["data"] or name.startswith("process_")


FUNCTION_LINES, MODULE_LINES, MEDIAN_LINES = 60, 400, 10


def broken_budgets(root: Path = ROOT) -> list[str]:
    """Functions under 60 lines with a median under 10, modules under 400: what fits into a head."""
    found, sizes = [], []
    for source in sources(root):
        if (lines := source.text.count("\n")) >= MODULE_LINES:
            found.append(f"{source.name}:1: {lines} lines")
        for function in source.functions:
            sizes.append((function.end_lineno or 0) - function.lineno + 1)
            if sizes[-1] >= FUNCTION_LINES:
                found.append(source.at(function, f"{function.name} has {sizes[-1]} lines"))
    if sizes and statistics.median(sizes) >= MEDIAN_LINES:
        found.append(f"the median function has {statistics.median(sizes)} lines")
    return found


def missing_docstrings(root: Path = ROOT) -> list[str]:
    """Everything that others call says what it means, its units, and what it raises."""
    found = []
    for source in sources(root):
        documented = source.is_domain and source.layer != "models"
        if not documented and not (source.app == "kernel" and source.layer not in {"apps", "management"}):
            continue
        if source.text.strip() and ast.get_docstring(source.tree) is None:
            found.append(f"{source.name}:1: the module has no docstring")
        if not documented:
            continue
        found += [
            source.at(node, f"{node.name} has no docstring")
            for node in source.tree.body
            if isinstance(node, ast.FunctionDef) and node.name[0] != "_" and ast.get_docstring(node) is None
        ]
    return found


FOREIGN_WORDS = re.compile(r"\b(tenant|organi[sz]ation|workspace|teams?|stamps?|stamped)\b", re.IGNORECASE)


def words_outside_the_glossary(root: Path = ROOT) -> list[str]:
    """One thing, one word (docs/glossary.md): what people read never calls a customer a tenant or a team."""
    spoken = [
        (source.at(call, "says"), str(argument.value))
        for source in sources(root)
        for call in source.calls
        if dotted(call) in {"_", "gettext", "gettext_lazy", "ngettext"}
        for argument in call.args
        if isinstance(argument, ast.Constant)
    ]
    for template in sorted([*root.glob("templates/**/*.html"), *root.glob("*/templates/**/*.html")]):
        text = re.sub(r"{[%#].*?[%#]}|<!--.*?-->", "", template.read_text(), flags=re.DOTALL)
        spoken.append((f"{template.relative_to(root)}:1: says", re.sub(r"<[^>]*>", " ", text)))
    return [f"{where} {word[0]!r}" for where, text in spoken for word in [FOREIGN_WORDS.search(text)] if word]


LAWS: tuple[Callable[[Path], list[str]], ...] = (
    orm_writes_in_doors,
    careless_schema_changes,
    clock_reads,
    hidden_control_flow,
    migrations_with_app_code,
    domain_that_knows_pages,
    shapeless_actions,
    banned_names,
    broken_budgets,
    missing_docstrings,
    words_outside_the_glossary,
)
