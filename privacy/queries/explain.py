"""Why something is still there, until when, and why it was erased (D3, D4, D5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from accounts.queries.contract import contract_end
from accounts.queries.customers import customer_called
from accounts.queries.kept import is_person, notice_on, person_of_member, token_on
from billing.queries.excess import excesses_of
from billing.queries.kept import invoice_on
from kernel.actor import Actor
from kernel.audit_payloads import chosen_retention
from kernel.audit_periods import Retention
from kernel.audit_trail import classes_of
from kernel.clock import legal_date, legal_midnight
from kernel.errors import Forbidden, NotFound
from privacy.catalogue import RULE, RULES, TABLES
from privacy.models import Hold, Restriction, RetentionItem
from privacy.queries.erased import entries_of
from privacy.queries.periods import PeriodWords, period_words
from privacy.queries.retention import Followed
from privacy.rules.audit_periods import AUDIT_RULES
from privacy.rules.retention import Span, Start, due_on, last_day_gone, notices_on
from sealing.queries.documents import document_row

_OF_TABLE = {table.name: table.retention for table in TABLES}


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that keeps something. `event_on` is the legal day it counts from, None while that has not come; then
    there is no `due_on` either. `notices` are the days on which those concerned are told before."""

    rule: PeriodWords
    event_on: date | None
    due_on: date | None
    notices: tuple[date, ...]
    consequence: str


@dataclass(frozen=True, slots=True)
class Erased:
    """That it was erased: by which rule, when, and how many of what."""

    rule: PeriodWords
    at: datetime
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why something is still there. `held` says that a hold covers it; `cases` which, for staff only."""

    object: str
    what: str
    reasons: tuple[Reason, ...]
    held: bool = False
    cases: tuple[str, ...] = ()
    erased: Erased | None = None


@dataclass(frozen=True, slots=True)
class OwnDate:
    """A class of data with the customer's own date: of the one erasure that is to come, or the last day of which
    nothing is left; both None while what it counts from has not happened."""

    rule: PeriodWords
    due_on: date | None
    gone_until: date | None


def explain(object_id: str, viewer: Actor, *, courses: Sequence[Followed], now: datetime) -> Explanation:
    """Why the thing of this id is there, or why it is gone.

    A document's or seal's id, a member's, the customer's own, an invoice number, a notice's or API token's id, or a day
    (2026-11-28) of the audit trail; staff may name any customer and a person's number, too, but no document, for which
    they need an access grant. Raises `Forbidden` without `audit.read`, and `NotFound` for a stranger's.
    """
    viewer.require("audit.read")
    wanted = object_id.strip()
    if not wanted or "\0" in wanted or len(wanted) > 60:
        raise NotFound
    found = next(_found(wanted, viewer, courses, now), None) or _gone(wanted, viewer, courses)
    if found is None:
        raise NotFound
    return found


def own_dates(customer_id: str, *, courses: Sequence[Followed], now: datetime) -> list[OwnDate]:
    """Every class of data with what it means for this customer today."""
    return [_own(rule.key, customer_id, courses, now) for rule in RULES]


def _found(wanted: str, viewer: Actor, courses: Sequence[Followed], now: datetime) -> Iterator[Explanation]:
    own = None if viewer.kind == "staff" else viewer.customer
    customer = customer_called(wanted)
    if customer and own in {None, customer}:
        followed = _by_courses("customer", customer, courses, now)
        reasons = [_content_of(customer), *followed, _dated("bookkeeping", None)]
        yield _said(wanted, _("The customer’s account"), _distinct(reasons), viewer, {customer})
    person = person_of_member(own, wanted) or (wanted if own is None and is_person(wanted) else None)
    if person:
        reasons = _by_courses("person", person, courses, now) or [_dated("person", None)]
        yield _said(wanted, _("A person"), reasons, viewer, {wanted, person, own or ""})
    if invoice := invoice_on(own, wanted):
        yield _said(wanted, _("An invoice"), [_dated("bookkeeping", invoice[0])], viewer, {wanted, invoice[1]})
    for found, table, what in (
        (notice_on(own, wanted), "accounts_notice", _("A notice")),
        (token_on(own, wanted), "accounts_apitoken", _("An API token")),
    ):
        if found:
            yield _said(wanted, what, [_by_table(table, found[0], found[1] or None)], viewer, {wanted, found[1]})
    if on := _day(wanted):
        yield _said(wanted, _("The audit trail of a day"), _of_trail(own, on), viewer, {wanted, own or ""})
    if own is not None and _sees_seal(viewer, wanted):
        yield _said(wanted, _("A document"), [_content_of(own)], viewer, {wanted, own})


def _gone(wanted: str, viewer: Actor, courses: Sequence[Followed]) -> Explanation | None:
    """What the ledger says; customers learn of what was theirs only."""
    if viewer.kind != "staff":
        items = RetentionItem.objects.filter(subject=wanted, customer_id=viewer.customer)
        if not items.exclude(ledger_entry=None).exists():
            return None
    entries = entries_of({course.kind for course in courses}, wanted)
    if not entries:
        return None
    last = entries[-1]
    erased = Erased(rule=period_words(RULE[last.rule]), at=last.written_at, counts=dict(last.counts))
    return Explanation(object=wanted, what=_("Something that was erased"), reasons=(), erased=erased)


def _said(wanted: str, what: str, reasons: list[Reason], viewer: Actor, covered: set[str]) -> Explanation:
    holds = Hold.objects.filter(released_at=None, subject__in=covered - {""}).order_by("placed_at")
    if viewer.kind != "staff":  # who has a restriction tells their customer or does not
        holds = holds.exclude(case__in=Restriction.objects.values("request__number"))
    cases = tuple(holds.values_list("case", flat=True))
    return Explanation(
        object=wanted,
        what=what,
        reasons=tuple(reasons),
        held=bool(cases),
        cases=cases if viewer.kind == "staff" else (),
    )


def _distinct(reasons: list[Reason]) -> list[Reason]:
    """One reason for each rule: the one with a date where there is one."""
    best: dict[str, Reason] = {}
    for reason in reasons:
        known = best.get(reason.rule.key)
        if known is None or known.due_on is None:
            best[reason.rule.key] = reason
    return list(best.values())


def _by_courses(kind: str, subject: str, courses: Sequence[Followed], now: datetime) -> list[Reason]:
    """By the courses that follow this kind of subject: no other knows its ids."""
    found = [(course.rule, course.candidate(subject, now)) for course in courses if course.kind == kind]
    return [_dated(rule, each.event_on) for rule, each in found if each is not None]


def _content_of(customer_id: str) -> Reason:
    ends_at = contract_end(customer_id)
    return _dated("content", legal_date(ends_at) if ends_at else None)


def _by_table(table: str, day: date, customer_id: str | None) -> Reason:
    """By the catalogue: from the day, unless its rule counts from something else."""
    key = _OF_TABLE[table]
    if RULE[key].start is not Start.END_OF_CONTRACT:
        return _dated(key, day)
    return _content_of(customer_id) if customer_id else _dated(key, None)


def _of_trail(customer_id: str | None, on: date) -> list[Reason]:
    """By the classes of the customer's entries of that day; of one without any, by the class of those to come."""
    if customer_id is None:
        classes = [Retention.HOSTED, Retention.ACTIVITY]
    else:
        since, until = legal_midnight(on), legal_midnight(on + timedelta(days=1))
        classes = classes_of(customer_id, since=since, until=until) or [chosen_retention(customer_id)]
    return [_dated(key, on, chosen) for key, chosen in (AUDIT_RULES[each] for each in classes)]


def _dated(key: str, event_on: date | None, chosen: Span | None = None) -> Reason:
    rule = RULE[key]
    due = due_on(rule, event_on, chosen=chosen) if event_on else None
    if due is None:
        consequence = _("Its period has not begun: it stays until then.")
    else:
        consequence = _("It is erased by the engine on the day on which it is due, in all copies.")
    return Reason(
        rule=period_words(rule),
        event_on=event_on,
        due_on=due,
        notices=tuple(notices_on(rule, due).values()) if due else (),
        consequence=consequence,
    )


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:  # the 31st of November
        return None


def _sees_seal(viewer: Actor, wanted: str) -> bool:
    try:
        document_row(viewer, wanted)
    except (NotFound, Forbidden):
        return False
    return True


def _own(key: str, customer_id: str, courses: Sequence[Followed], now: datetime) -> OwnDate:
    rule, today = RULE[key], legal_date(now)
    if key == "content":
        due = _content_of(customer_id).due_on
    elif key == "downgrade_excess":  # its course follows reductions, of which a customer may have several
        due = min((due_on(rule, each.reduced_on) for each in excesses_of(customer_id, now=now)), default=None)
    else:
        found = _by_courses("customer", customer_id, [course for course in courses if course.rule == key], now)
        due = found[0].due_on if found else None
    waits = {Start.END_OF_CONTRACT, Start.END_OF_MEMBERSHIP, Start.LAST_ACTIVITY, Start.DOWNGRADE}
    audit_rule, period = AUDIT_RULES[chosen_retention(customer_id)]
    chosen = period if key == audit_rule else None
    gone = None if due or rule.start in waits else last_day_gone(rule, today, chosen=chosen)
    return OwnDate(rule=period_words(rule), due_on=due, gone_until=gone)
