"""Waiting for something to become true, instead of for time to pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

Value = TypeVar("Value")


def wait_for(question: Callable[[], Value], what: str, *, seconds: float = 60.0) -> Value:
    """Ask until the answer is truthy and return it; fails, saying `what` never came, when it does not come."""
    give_up = time.monotonic() + seconds
    while not (answer := question()):
        if time.monotonic() > give_up:
            raise AssertionError(f"In {seconds:.0f} s never: {what}")
        time.sleep(0.02)
    return answer


def somebody_waits_for_a_lock() -> bool:
    """Whether a transaction in this PostgreSQL waits for another one; it can be asked inside of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])
