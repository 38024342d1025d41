"""What tests of the doors have in common."""

from __future__ import annotations

import secrets

import pytest


@pytest.fixture
def one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests of this test are counted in one minute, though the clock's may end while they are made."""
    window = secrets.randbits(64)
    monkeypatch.setattr("accounts.api.throttling.window_number", lambda now: window)
