"""Every action that is recorded anywhere can be told in plain words (accounts/queries/audit_words.py)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from accounts.queries.audit_words import GROUP_NOUNS, GROUPS, WORDS
from privacy.rules.rights import RequestState
from sealing.rules.seal_states import SealStatus
from tests.architecture.source import ROOT, Source, dotted, sources
from trust.rules.orders import Step

ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
# What an action's name ends with where it is put together from a value.
ENDINGS = {
    "seal.": (SealStatus.REFUSED, SealStatus.FAILED),
    "certificate_order.": tuple(Step),
    "card_payment.": ("succeeded", "failed", "cancelled"),
    "card_refund.": ("succeeded", "failed"),
    "rights_request.": tuple(each for each in RequestState if each is not RequestState.RECEIVED),
}


def recorded(root: Path = ROOT) -> set[str]:
    """The names of all actions that the code records, those too that are handed to who records."""
    return {name for source in sources(root) if source.layer not in {"migrations"} for name in _names(source)}


def _names(source: Source) -> Iterator[str]:
    if "record(" not in source.text and "event=" not in source.text:
        return
    for call in source.calls:
        name = dotted(call.func).rpartition(".")[2]
        for keyword in call.keywords:
            if (keyword.arg == "action" and name == "record") or (keyword.arg == "event" and source.layer == "actions"):
                yield from _values(source, keyword.value)


def _values(source: Source, value: ast.expr) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(name)):
            yield name
        case ast.JoinedStr(values=[ast.Constant(value=str(beginning)), *_rest]):
            yield from (beginning + ending for ending in ENDINGS.get(beginning, ("?",)))
        case ast.IfExp(body=body, orelse=orelse):
            yield from _values(source, body)
            yield from _values(source, orelse)
        case ast.Name(id=wanted):
            for node in ast.walk(source.tree):
                if isinstance(node, ast.Assign):
                    for target in node.targets:
                        yield from _assigned(source, target, node.value, wanted)


def _assigned(source: Source, target: ast.expr, value: ast.expr, wanted: str) -> Iterator[str]:
    match target, value:
        case ast.Name(id=name), _ if name == wanted:
            yield from _values(source, value)
        case ast.Tuple(elts=names), ast.Tuple(elts=values):
            for one, its in zip(names, values, strict=True):
                yield from _assigned(source, one, its, wanted)


def test_every_recorded_action_has_its_words() -> None:
    missing = sorted(name for name in recorded() if name not in WORDS)
    assert not missing, "accounts/queries/audit_words.py has no words for: " + ", ".join(missing)


def test_every_action_belongs_to_a_group_or_is_the_operators_own() -> None:
    known = {noun for nouns in GROUP_NOUNS.values() for noun in nouns} | {"receipt_key", "timestamp_authority"}
    assert set(GROUP_NOUNS) == set(GROUPS)
    missing = sorted({name.partition(".")[0] for name in WORDS} - known)
    assert not missing, f"accounts/queries/audit_words.py has no group for: {', '.join(missing)}"


def test_the_search_finds_every_way_in_which_an_action_is_named(tmp_path: Path) -> None:
    (tmp_path / "accounts" / "actions").mkdir(parents=True)
    (tmp_path / "accounts" / "actions" / "planted.py").write_text(
        'audit.record(action="a.plain")\n'
        'event, facts = "a.named", {}\nrecord(action=event)\n'
        'change(event="a.handed")\n'
        'audit.record(action=f"seal.{status}")\n'
        'audit.record(action="a.yes" if right else "a.no")\n'
    )
    assert recorded(tmp_path) == {"a.plain", "a.named", "a.handed", "a.yes", "a.no", "seal.refused", "seal.failed"}
    assert {"member.suspended", "certificate_order.key_made", "audit.exported"} <= recorded()
