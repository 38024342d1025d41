"""People who belong to no customer: those who left, and those who never finished (clause D3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime

from accounts.actions.close_person import close_person
from accounts.actions.forget_person import forget_person
from accounts.actions.give_notice import give_notice
from accounts.queries.leavers import Leaver, addresses_of_person, leaver, leavers, left_of_person, living_people
from accounts.rules.people import Leaving
from kernel.actor import Actor
from kernel.clock import legal_date
from privacy.actions._retention import Candidate, Course, Step
from privacy.actions.delete_messages_of import delete_messages_of
from privacy.models import RetentionItem

_ACTOR = Actor.system("privacy.forget_people")


def _candidates(leaving: Leaving) -> Callable[[datetime], Iterator[Candidate]]:
    return lambda now: (_candidate(each) for each in leavers() if each.leaving is leaving)


def _looked_at(leaving: Leaving) -> Callable[[str, datetime], Candidate | None]:
    def found(subject: str, now: datetime) -> Candidate | None:
        # Every course is asked about names of every kind, and only a number names a person.
        person = leaver(int(subject)) if subject.isdecimal() else None
        return _candidate(person) if person is not None and person.leaving is leaving else None

    return found


def _candidate(person: Leaver) -> Candidate:
    """The cycle names the moment, so that whoever comes and goes again is another item."""
    subject = str(person.person_id)
    return Candidate(
        subject=subject, person_id=subject, event_on=legal_date(person.since), cycle=person.since.isoformat()
    )


def _seize(item: RetentionItem, now: datetime) -> bool:
    """They may have signed in, or become a member, a moment ago: the row is held while that is looked at."""
    since = datetime.fromisoformat(item.cycle)
    return close_person(person_id=int(item.subject), since=since, actor=_ACTOR, now=now)


def _delete_messages(item: RetentionItem, now: datetime) -> Mapping[str, int]:
    addresses = addresses_of_person(int(item.subject))
    return {"privacy_contactmessage": delete_messages_of(actor=_ACTOR, addresses=addresses, now=now)}


def _forget(item: RetentionItem, now: datetime) -> Mapping[str, int]:
    return forget_person(person_id=int(item.subject), actor=_ACTOR, now=now)


def _left(subject: str) -> Mapping[str, int]:
    return left_of_person(int(subject))


def _tell_unfinished(item: RetentionItem, days_before: int, due_on: date, now: datetime) -> None:
    facts = {"erased_on": due_on.isoformat()}
    give_notice(kind="person.unfinished", customer_id=None, people=[int(item.subject)], facts=facts, now=now)


# Messages first: they are found by the addresses, which the second step forgets.
_STEPS = (
    Step(name="delete_messages", words="Messages sent by the contact form", act=_delete_messages),
    Step(name="forget_person", words="Name, addresses, means of signing in and sessions of the person", act=_forget),
)

PERSON = Course(
    rule="person",
    kind="person",
    candidates=_candidates(Leaving.LEFT),
    candidate=_looked_at(Leaving.LEFT),
    population=living_people,
    seize=_seize,
    steps=_STEPS,
    left=_left,
)
UNFINISHED = Course(
    rule="unfinished_account",
    kind="person",
    candidates=_candidates(Leaving.UNFINISHED),
    candidate=_looked_at(Leaving.UNFINISHED),
    population=living_people,
    seize=_seize,
    steps=_STEPS,
    left=_left,
    tell=_tell_unfinished,
)
