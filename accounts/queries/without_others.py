"""Values that tell of one person, with what tells of others taken out (GDPR 15 (4))."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from accounts.models import Invitation, Membership
from accounts.queries.whose import Whose

ANOTHER_PERSON = "[another person]"
_ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]]+@[^\s<>,;:\"'()\[\]]+")
_IDS_OF_PEOPLE = ("mem_", "inv_")
# Keys that hold people, whatever their value looks like.
_OF_PEOPLE = frozenset({"email", "emails", "people", "old_owners", "requested_by", "reported_by", "staff", "owner"})


def without_others(whose: Whose) -> Callable[[Any], Any]:
    """How to make any value of JSON fit to be given to this person: strings that are the name or id of somebody else
    become `ANOTHER_PERSON`, at any depth, and so do others' addresses in a text.

    Whose names those are is read once: of all who belong, belonged or were invited to the person's customers.
    """
    return _Cleaner(whose.marks, _names_of_others(whose)).cleaned


def _names_of_others(whose: Whose) -> frozenset[str]:
    members = Membership.objects.filter(customer_id__in=whose.customers).exclude(person_id=whose.person)
    invited = Invitation.objects.filter(customer_id__in=whose.customers)
    names = {
        *members.values_list("person__name", flat=True),
        *members.values_list("person__email", flat=True),
        *invited.values_list("email", flat=True),
        *invited.values_list("invited_by", flat=True),
    }
    return frozenset(name.lower() for name in names if name) - whose.marks


class _Cleaner:
    def __init__(self, own: frozenset[str], others: frozenset[str]) -> None:
        self._own, self._others = own, others

    def cleaned(self, value: Any, *, of_people: bool = False) -> Any:
        if isinstance(value, dict):
            return {key: self.cleaned(each, of_people=of_people or key in _OF_PEOPLE) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.cleaned(each, of_people=of_people) for each in value]
        return self._text(value, of_people) if isinstance(value, str) else value

    def _text(self, text: str, of_people: bool) -> str:
        small = text.lower()
        if small in self._own:
            return text
        if small in self._others or (of_people and text) or text.startswith(_IDS_OF_PEOPLE):
            return ANOTHER_PERSON
        return _ADDRESS.sub(self._address, text) if "@" in text else text

    def _address(self, found: re.Match[str]) -> str:
        return found[0] if found[0].lower().strip(".") in self._own else ANOTHER_PERSON
