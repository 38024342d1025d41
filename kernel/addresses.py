"""Finding rows by an e-mail address, without taking another address for it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact


def same_address(field: str, email: str) -> Q:
    """The rows whose `field` is this address, in capital or small letters.

    Comparing capitals alone, as `iexact` does, takes ı for i, ſ for s and ς for σ: with such a letter in its domain an
    address is somebody else's, who would get what is another's. `iexact` stays for the index.
    """
    return Q(**{f"{field}__iexact": email}) & Q(Exact(Lower(field), Value(email.lower())))


def any_address(field: str, emails: Iterable[str]) -> Q:
    """The rows whose `field` is one of these addresses; none without any."""
    return reduce(or_, (same_address(field, email) for email in emails), Q(pk__in=[]))
