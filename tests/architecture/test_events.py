"""Every event that the code emits is in the catalogue, and docs/events.md is what the catalogue says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from accounts.rules.events import BY_NAME, CATALOGUE, PUBLIC
from portal.management.commands.write_events import page
from tests.architecture.source import ROOT, dotted, sources

EVENT = re.compile(r"[a-z_]+\.[a-z_]+")
# Where the name is not written in the call: what it can be there. A module that emits such a name has a line here.
COMPUTED: dict[str, set[str]] = {
    "accounts/actions/_cases.py": {
        f"case.{step}"
        for step in (
            *("opened", "evidence_added", "evidence_read", "granted", "refused", "agreed", "objected"),
            *("invited", "withdrawn", "done"),
        )
    },
    "accounts/actions/_ending.py": {
        *("contract.ending", "contract.end_announced", "contract.ending_withdrawn", "customer.ended"),
    },
    "accounts/actions/_grants.py": {
        f"access.{step}"
        for step in ("offered", "requested", "granted", "refused", "used", "revoked", "ended", "disclosed")
    },
    "accounts/actions/change_document_rules.py": {"customer.document_rules_changed"},
    "accounts/actions/change_sign_in_rules.py": {"sign_in_rules.changed"},
    "accounts/actions/configure_provider.py": {"identity_provider.created", "identity_provider.changed"},
    "accounts/actions/remove_provider.py": {"identity_provider.removed"},
    "accounts/actions/suspend_customer.py": {"customer.suspended"},
    "accounts/actions/transfer_customer.py": {"customer.transferred"},
    "accounts/actions/verify_email_domain.py": {"email_domain.verified"},
    "billing/actions/_cards.py": {"payment.received", "payment.returned", "payment.refunded"},
    "billing/actions/align_subscription.py": {"subscription.ended", "subscription.resumed"},
    "accounts/actions/_standing.py": {
        "member.left",
        "member.role_changed",
        "member.suspended",
        "member.restored",
        "member.ended",
    },
    "accounts/actions/accept_invitation.py": {"member.joined"},
    "accounts/actions/switch_mail_server.py": {"mail_server.switched_on", "mail_server.switched_off"},
    "accounts/actions/create_customer.py": {"customer.created"},
    "privacy/actions/_rights.py": {
        f"rights_request.{step}"
        for step in (
            *("received", "identified", "export_wanted", "erasure_wanted", "copy_ready", "moved"),
            *("extended", "answered", "refused", "withdrawn", "restricted", "end_announced", "unrestricted"),
        )
    },
    "sealing/actions/_status.py": {"seal.refused", "seal.failed"},
    "trust/actions/_orders.py": {
        f"certificate_order.{step}"
        for step in ("ordered", "key_made", "confirmed", "imported", "completed", "cancelled")
    },
    "trust/actions/want_minutes.py": {"certificate_order.minutes_wanted"},
}


def emitted(root: Path = ROOT) -> tuple[dict[str, str], set[str]]:
    """Every name of an event by where it is emitted, and the modules with calls whose name is computed."""
    named: dict[str, str] = {}
    computed: set[str] = set()
    for source in sources(root):
        for call in source.calls:
            if dotted(call) not in {"outbox.emit", "emit"} or source.name == "kernel/outbox.py":
                continue
            first = call.args[0] if call.args else None
            if isinstance(first, ast.Constant) and EVENT.fullmatch(str(first.value)):
                named[str(first.value)] = source.name
            else:
                computed.add(source.name)
    return named, computed


def missing(root: Path = ROOT) -> list[str]:
    """Events that are emitted and not in the catalogue, and modules that compute one without saying which."""
    named, computed = emitted(root)
    named |= {name: module for module in computed for name in COMPUTED.get(module, ())}
    return sorted(f"{name} ({module})" for name, module in named.items() if name not in BY_NAME) + sorted(
        f"{module}: say in COMPUTED which events" for module in computed - COMPUTED.keys()
    )


def test_every_event_is_in_the_catalogue() -> None:
    assert missing() == [], "add to accounts/rules/events.py: " + ", ".join(missing())


def test_nothing_is_in_the_catalogue_that_nobody_emits() -> None:
    named, computed = emitted()
    known = named.keys() | {name for module in computed for name in COMPUTED.get(module, ())}
    assert sorted(BY_NAME.keys() - known) == []


@pytest.mark.parametrize("call", ["outbox.emit('seal.forgotten', now=now)", "outbox.emit(f'seal.{x}', now=now)"])
def test_an_event_that_is_forgotten_is_noticed(tmp_path: Path, call: str) -> None:
    planted = tmp_path / "sealing" / "actions" / "forget.py"
    planted.parent.mkdir(parents=True)
    planted.write_text(f"def forget(*, now):\n    {call}\n")
    assert len(missing(tmp_path)) == 1


def test_the_catalogue_names_nothing_twice_and_tells_no_names() -> None:
    assert len(BY_NAME) == len(CATALOGUE)
    assert len(PUBLIC) == len([kind for kind in CATALOGUE if kind.public])
    told = {field for kind in PUBLIC.values() for field in kind.fields}
    assert not told & {"name", "email", "reference", "secret", "id", "key"}


def test_the_page_of_events_is_up_to_date() -> None:
    assert (ROOT / "docs" / "events.md").read_text() == page(), "run manage.py write_events"
