"""The invariants of `manage.py check_invariants`, asserted after every test that touched the database."""

from __future__ import annotations

from portal.invariants import broken_invariants


def assert_invariants() -> None:
    broken = broken_invariants()
    assert not broken, "\n".join(f"{name}: {rows} rows" for name, rows in broken.items())
