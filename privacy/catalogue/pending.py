"""Tables, fields as `table.field`, and places, that are classified before they exist. None on a release."""

from __future__ import annotations

PENDING: frozenset[str] = frozenset()
