"""The audit trail as a customer sees it: entries of its own chain, in plain words (clause C3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import ApiToken, Membership
from accounts.queries.audit_words import GROUP_NOUNS, sentence
from accounts.rules.permissions import Role
from kernel.actor import Actor
from kernel.audit import Payload, readable_payload_of
from kernel.audit_chain import moment
from kernel.audit_trail import Asked, Entry, Linked, linked_entries
from kernel.errors import Outage

_CHUNK = 500


def filtered(*, since: datetime | None = None, until: datetime | None = None, group: str = "", **named: str) -> Asked:
    """What is asked for, with the group of actions by its code in `GROUPS`."""
    return Asked(since=since, until=until, nouns=GROUP_NOUNS.get(group, ()), **named)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One entry. `number` is its place in the customer's chain; `who`, `sentence`, `reason` and `details` are None or
    general when it cannot be read at this moment or any more.
    """

    linked: Linked
    payload: Payload | None

    @property
    def number(self) -> int:
        return self.linked.number

    @property
    def hash(self) -> bytes:
        return self.linked.hash

    @property
    def entry(self) -> Entry:
        return self.linked.entry

    @property
    def moment(self) -> str:
        """The exact time, UTC, as it is hashed."""
        return moment(self.entry.at)

    @property
    def who(self) -> str:
        """The name of who acted, as it was."""
        if self.entry.actor_kind == "system":
            return _("The system")
        return self.payload.actor_name if self.payload else self.entry.actor_id

    @property
    def sentence(self) -> str:
        details = self.payload.details if self.payload else {}
        return sentence(self.entry.action, who=self.who, subject=self.entry.subject, facts=_in_words(details))

    @property
    def reason(self) -> str:
        return self.payload.reason if self.payload else ""

    @property
    def facts(self) -> list[tuple[str, Any]]:
        return sorted(self.payload.details.items()) if self.payload else []

    @property
    def told_facts(self) -> list[tuple[str, str]]:
        """The facts as a page shows them."""
        return [(name, _as_text(value)) for name, value in self.facts]


def _as_text(value: Any) -> str:
    """A fact as people read it, without the signs of a programming language."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_as_text(inner)}" for name, inner in value.items()) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(map(_as_text, value)) or "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "–" if value is None or value == "" else str(value)


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Rows, newest first. `next_after` is the number after which the next page begins; `readable` is false while the
    device with the keys is away, so that only ids are known.
    """

    rows: list[AuditRow]
    next_after: int | None
    readable: bool


def audit_page(actor: Actor, asked: Asked, *, after: int | None, limit: int) -> AuditPage:
    """A page of the trail of the actor's customer. Raises `Forbidden` without `audit.read`.

    From the database alone when the HSM is away: then names and facts are missing.
    """
    actor.require("audit.read")
    found = linked_entries(actor.customer, asked, before=after, limit=limit + 1)
    rows, readable = [], True
    for linked in found[:limit]:
        payload = None
        if readable:
            try:
                payload = readable_payload_of(linked.entry)
            except Outage:
                readable = False
        rows.append(AuditRow(linked, payload))
    more = len(found) > limit
    return AuditPage(rows, rows[-1].number if more else None, readable)


def every_entry(actor: Actor, asked: Asked) -> Iterator[AuditRow]:
    """All entries that are asked for, newest first, for an export. Raises `Forbidden`; an outage without the HSM."""
    actor.require("audit.read")
    before: int | None = None
    while found := linked_entries(actor.customer, asked, before=before, limit=_CHUNK):
        yield from (AuditRow(linked, readable_payload_of(linked.entry)) for linked in found)
        before = found[-1].number


def actors_of(actor: Actor) -> list[tuple[str, str]]:
    """The members and tokens of the customer, those of before too: (id, name), for the filter."""
    actor.require("audit.read")
    members = Membership.objects.select_related("person").filter(customer_id=actor.customer)
    tokens = ApiToken.objects.filter(customer_id=actor.customer).order_by("name", "id")
    named = [(member.id, str(member)) for member in members.order_by("person__name", "person__email")]
    return named + [(token.id, _("API token %(name)s") % {"name": token.name}) for token in tokens]


def _in_words(details: dict[str, Any]) -> dict[str, Any]:
    """The facts as sentences need them: roles by their names."""
    facts = dict(details)
    for name in ("from", "to"):
        if isinstance(inner := details.get(name), dict) and "role" in inner:
            facts[f"{name}_role"] = _role(inner["role"])
    if "role" in facts:
        facts["role"] = _role(facts["role"])
    return facts


def _role(code: str) -> str:
    names = {
        Role.OWNER: _("Owner"),
        Role.ADMINISTRATOR: _("Administrator"),
        Role.BILLING: _("Billing"),
        Role.DEVELOPER: _("Developer"),
        Role.MEMBER: _("Member"),
        Role.AUDITOR: _("Auditor"),
    }
    return names[Role(code)] if code in set(Role) else code
