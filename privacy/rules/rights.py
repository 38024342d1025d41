"""Requests about personal data (D1): kinds and states, the clock, whose identity is enough, what comes of them.

GDPR 12 and 15 to 22. Days are legal days of the operator's zone, so that a clock change moves no deadline.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from privacy.rules import retention
from privacy.rules.inventory import Role
from privacy.rules.retention import RetentionRule, Span

DAYS = 30
MONTH = Span(months=1)
EXTENSION = Span(months=2)
LINK_HOLDS = timedelta(hours=24)
LINKS_A_DAY = 3  # to one address: nobody's mailbox is filled by what others ask in their name
REQUESTS_PER_MINUTE = 6  # from one network address
LONGEST_MESSAGE = 4000
REMINDERS = {"10_days": 10, "5_days": 5, "2_days": 2, "overdue": -1}  # days before the last day


class RequestKind(StrEnum):
    """What somebody asks for. A complaint goes to the authority and is no request to us."""

    ACCESS = "access"
    PORTABILITY = "portability"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    OBJECTION_MARKETING = "objection_marketing"
    OBJECTION_DECISIONS = "objection_decisions"


class RequestState(StrEnum):
    """Where a request stands; the last three are its ends."""

    RECEIVED = "received"  # nobody has shown yet that it is their own
    IDENTITY = "identity"  # shown
    SCOPED = "scoped"  # which data, and whose
    IN_PROGRESS = "in_progress"
    EXTENDED = "extended"
    ANSWERED = "answered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class RefusalGround(StrEnum):
    """Why a request may be refused; nothing else is a ground."""

    UNFOUNDED = "unfounded"  # 12 (5)
    EXCESSIVE = "excessive"  # 12 (5)
    IDENTITY = "identity"  # 11 (2), 12 (6)
    LEGAL_OBLIGATION = "legal_obligation"  # 17 (3) (b)
    CLAIMS = "claims"  # 17 (3) (e)


class Shown(StrEnum):
    """How it was shown whose request it is."""

    SIGN_IN = "sign_in"
    LINK = "link"
    NOT_NEEDED = "not_needed"


class Result(StrEnum):
    """What comes of one class of data."""

    GIVEN = "given"
    CORRECTED = "corrected"
    ERASED = "erased"
    KEPT = "kept"
    RESTRICTED = "restricted"
    NOT_HELD = "not_held"
    OF_CUSTOMERS = "of_customers"


class KeptBecause(StrEnum):
    """The legal ground on which a class outlives a request to erase it."""

    NOTHING = ""
    LEGAL_OBLIGATION = "legal_obligation"  # 17 (3) (b)
    CLAIMS = "claims"  # 17 (3) (e)
    SECURITY = "security"  # 17 (1) (c): an overriding interest


CLOSED = frozenset({RequestState.ANSWERED, RequestState.REFUSED, RequestState.WITHDRAWN})

MOVES: dict[RequestState, frozenset[RequestState]] = {
    RequestState.RECEIVED: frozenset({RequestState.IDENTITY, RequestState.REFUSED, RequestState.WITHDRAWN}),
    RequestState.IDENTITY: frozenset(
        {RequestState.SCOPED, RequestState.EXTENDED, RequestState.REFUSED, RequestState.WITHDRAWN}
    ),
    RequestState.SCOPED: frozenset(
        {RequestState.IN_PROGRESS, RequestState.EXTENDED, RequestState.REFUSED, RequestState.WITHDRAWN}
    ),
    RequestState.IN_PROGRESS: frozenset({RequestState.EXTENDED, *CLOSED}),
    RequestState.EXTENDED: frozenset({RequestState.SCOPED, RequestState.IN_PROGRESS, *CLOSED}),
    RequestState.ANSWERED: frozenset(),
    RequestState.REFUSED: frozenset(),
    RequestState.WITHDRAWN: frozenset(),
}

# Asked for with a sign-in or the link alone, these run by themselves until staff answer.
SELF_RUNNING = frozenset({RequestKind.ACCESS, RequestKind.PORTABILITY})
# What customers keep is theirs to answer for (D9): these are passed on to them.
_OF_DATA = frozenset(
    {
        RequestKind.ACCESS,
        RequestKind.PORTABILITY,
        RequestKind.RECTIFICATION,
        RequestKind.ERASURE,
        RequestKind.RESTRICTION,
    }
)
# What gives data away or takes an account away asks for more than a mailbox, where there is more.
_WEIGHTY = frozenset({RequestKind.ACCESS, RequestKind.PORTABILITY, RequestKind.ERASURE})


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What decides about a request. Dates are legal days."""

    kind: RequestKind
    state: RequestState
    due_on: date
    extended_due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of one class of data: `rule` is its retention rule. What is kept is gone on `until` at the latest."""

    rule: str
    result: Result
    until: date | None = None
    because: KeptBecause = KeptBecause.NOTHING


def due_on(received_on: date) -> date:
    """The last day for the answer: 30 days or a calendar month after receipt, whichever is earlier (GDPR 12 (3))."""
    return min(received_on + timedelta(days=DAYS), MONTH.after(received_on))


def extended_due_on(first_due_on: date) -> date:
    """The last day after an extension: two months more (GDPR 12 (3))."""
    return EXTENSION.after(first_due_on)


def last_day(facts: RequestFacts) -> date:
    """The last day that counts now."""
    return facts.extended_due_on or facts.due_on


def may_move(facts: RequestFacts, to: RequestState) -> bool:
    """Whether a request in its state may take this step."""
    return to in MOVES[facts.state]


def may_extend(facts: RequestFacts, *, today: date) -> bool:
    """Whether it can be extended: once, and not after the first due date, when the requester has to know of it."""
    return may_move(facts, RequestState.EXTENDED) and facts.extended_due_on is None and today <= facts.due_on


def may_refuse(facts: RequestFacts, ground: RefusalGround) -> bool:
    """Whether this ground is one here: identity only while it is not shown, what 17 (3) keeps only against erasure."""
    if not may_move(facts, RequestState.REFUSED):
        return False
    if ground in (RefusalGround.LEGAL_OBLIGATION, RefusalGround.CLAIMS) and facts.kind is not RequestKind.ERASURE:
        return False
    return (ground is RefusalGround.IDENTITY) is (facts.state is RequestState.RECEIVED)


def lapses(facts: RequestFacts, *, today: date) -> bool:
    """Whether it ends because nobody has shown whose it is: on its last day, when a refusal is still in time."""
    return facts.state is RequestState.RECEIVED and today >= facts.due_on


def link_holds(sent_at: datetime, now: datetime) -> bool:
    """Whether a one-time link may be used still; not at the end of its hours."""
    return now < sent_at + LINK_HOLDS


def identity_is_enough(kind: RequestKind, shown: Shown, *, has_second_step: bool) -> bool:
    """Whether we know well enough whose request it is (GDPR 12 (6)).

    A recent sign-in is. A one-time link is, unless an account with a second step is asked about: who has the mailbox
    alone must not get what it guards. Nothing need be shown to stop advertising.
    """
    if shown is Shown.NOT_NEEDED:
        return kind is RequestKind.OBJECTION_MARKETING
    return shown is Shown.SIGN_IN or not (kind in _WEIGHTY and has_second_step)


def followed_by_secret(kind: RequestKind, shown: str) -> bool:
    """Whether the page of a request opens by the secret in its mails: not once a sign-in has shown whose it is.

    Who has the mailbox alone must not get there what the sign-in guards. An erasure takes the sign-in away, and hands
    nothing out.
    """
    return shown != Shown.SIGN_IN or kind is RequestKind.ERASURE


def is_for_customers(kind: RequestKind, *, about_documents: bool) -> bool:
    """Whether it is passed on to customers, the controllers of what they have uploaded (D9; GDPR 28 (3) (e))."""
    return about_documents and kind in _OF_DATA


def reminder_due(facts: RequestFacts, *, given: Collection[str], today: date) -> str:
    """The newest reminder for staff that is due and was not given; empty for none, as for what lapses by itself."""
    if facts.state in CLOSED or facts.state is RequestState.RECEIVED:
        return ""
    due = [name for name, days in REMINDERS.items() if today >= last_day(facts) - timedelta(days=days)]
    return due[-1] if due and due[-1] not in given else ""


def days_left(facts: RequestFacts, *, today: date) -> int:
    """Whole days until the last one that counts; below zero when it is over."""
    return days_until(last_day(facts), today=today)


def days_until(day: date, *, today: date) -> int:
    """Whole days until a day; below zero when it is over."""
    return (day - today).days


_KEPT = {
    "bookkeeping": KeptBecause.LEGAL_OBLIGATION,
    "hosted_audit": KeptBecause.LEGAL_OBLIGATION,
    "rights_request": KeptBecause.CLAIMS,
    "consent": KeptBecause.CLAIMS,
    "activity": KeptBecause.SECURITY,
    "backup": KeptBecause.SECURITY,
    "upgrade_copy": KeptBecause.SECURITY,
}
_COPIES = frozenset({"backup", "upgrade_copy"})  # what is in them is given, put right and restricted where it is from
_BY_ADDRESS = frozenset({"rights_request", "contact_message"})  # all by which we know somebody without an account
_OTHERWISE = {
    RequestKind.ACCESS: Result.GIVEN,
    RequestKind.PORTABILITY: Result.GIVEN,
    RequestKind.RECTIFICATION: Result.CORRECTED,
    RequestKind.ERASURE: Result.ERASED,
    RequestKind.RESTRICTION: Result.RESTRICTED,
}


def usual_result(rule: RetentionRule, kind: RequestKind, *, role: Role, has_account: bool) -> Result | None:
    """What comes of the data that go by this rule, if nobody says otherwise; None where nothing is to be said.

    `role` is the operator's: what it processes for customers is theirs to decide (D9). Of somebody without an account
    we hold what they wrote to us; the rest does not tell us that it is theirs (GDPR 11).
    """
    if kind not in _OTHERWISE or (rule.key in _COPIES and kind is not RequestKind.ERASURE):
        return None
    if role is Role.PROCESSOR:
        return Result.OF_CUSTOMERS
    if not has_account and rule.key not in _BY_ADDRESS:
        return Result.NOT_HELD
    if rule.key in _KEPT and (kind is RequestKind.ERASURE or _goes_on_in_use(rule, kind)):
        return Result.KEPT
    return _OTHERWISE[kind]


def _goes_on_in_use(rule: RetentionRule, kind: RequestKind) -> bool:
    """What law or security keeps and uses is not restricted (GDPR 18 (2)); what somebody wrote to us is."""
    return kind is RequestKind.RESTRICTION and rule.key not in _BY_ADDRESS


def restricts(kind: RequestKind, results: Iterable[Result]) -> bool:
    """Whether an answer with these results restricts anything: only where that was asked for (GDPR 18)."""
    return kind is RequestKind.RESTRICTION and Result.RESTRICTED in results


def outcome_of(rule: RetentionRule, result: Result, *, today: date) -> Outcome:
    """The outcome with what the law wants said of it: what is kept has a ground and a last day.

    It is gone at the latest on the day that its rule promises if it had begun today.
    """
    if result is not Result.KEPT:
        return Outcome(rule.key, result)
    because = _KEPT.get(rule.key, KeptBecause.CLAIMS)
    return Outcome(rule.key, result, retention.promised_on(rule, today), because)
