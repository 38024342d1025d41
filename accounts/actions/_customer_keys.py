"""The key of a customer that is about to be created: made first, because no HSM is asked inside a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError

from kernel import vault
from kernel.ids import new_id


@contextmanager
def new_customer_id() -> Iterator[str]:
    """The id of a customer to create in the block, with its key in the HSM, so that its first audit entry is encrypted.

    When the block fails, the key is destroyed again; not when the connection broke, because the commit may have
    happened. Raises an outage without the HSM.
    """
    customer_id = new_id("cus")
    vault.have_key_at_hand(customer_id)
    try:
        yield customer_id
    except (OperationalError, InterfaceError):
        raise
    except BaseException:
        vault.discard_key(customer_id)
        raise
