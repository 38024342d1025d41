"""What those are called who ordered deliveries."""

from __future__ import annotations

from collections.abc import Collection

from accounts.queries.names import names_within


def orderer_names(customer_id: str, ids: Collection[str]) -> dict[str, str]:
    """The names of a customer's members and API tokens by id, for whoever may see what they ordered."""
    return names_within(customer_id, {each for each in ids if each})
