"""Keeps the published schema to what is promised: `/api/v1`."""

from __future__ import annotations

from typing import Any


def only_api_v1(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]
