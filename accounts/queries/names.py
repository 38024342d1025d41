"""The names of a customer's members and API tokens, for pages that show what they did."""

from __future__ import annotations

from collections.abc import Collection

from accounts.models import ApiToken, Membership


def names_within(customer_id: str, ids: Collection[str]) -> dict[str, str]:
    """What those of the customer's members and API tokens with these ids are called; strangers are left out.

    The caller has made sure that the reader may know who they are.
    """
    members = Membership.objects.select_related("person").filter(customer_id=customer_id, id__in=ids)
    tokens = ApiToken.objects.filter(customer_id=customer_id, id__in=ids)
    return {member.id: str(member.person) for member in members} | {token.id: token.name for token in tokens}
