"""A request larger than any document is refused before it is read, whoever sends it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast

MEGABYTE = 1 << 20


@pytest.mark.parametrize("path", ["/account/login/", "/c/acme/seal/upload/", "/api/v1/seals", "/nowhere/"])
def test_a_stranger_cannot_fill_the_disk(cast: Cast, path: str, settings: Any) -> None:
    settings.MAX_DOCUMENT_BYTES = 1_000
    stranger = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)

    answer = stranger.generic("POST", path, bytes(1_000 + MEGABYTE + 1), "multipart/form-data; boundary=x")

    assert (answer.status_code, answer.json()["code"]) == (413, "document_too_large")
    assert not hasattr(answer.wsgi_request, "_post")


def test_the_largest_request_that_is_read_has_room_for_a_form_around_the_document(cast: Cast, settings: Any) -> None:
    settings.MAX_DOCUMENT_BYTES = 1_000

    answer = Client(HTTP_HOST="localhost").generic("POST", "/account/login/", bytes(1_000 + MEGABYTE), "text/plain")

    assert answer.status_code != 413
