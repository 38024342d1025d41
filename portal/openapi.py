"""Keeps the published schema to what is promised: `/api/v1`."""

from __future__ import annotations

from typing import Any


def only_api_v1(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]


def problems_everywhere(result: dict[str, Any], generator: object, request: object, public: bool) -> dict[str, Any]:
    """Any call can be refused, by a missing token to begin with: every other answer is a problem document."""
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"]["default"] = {"content": problem, "description": "Refused; `code` says why."}
    return result
