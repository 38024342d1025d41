"""The log of requests: enough to find one again, and nothing in it that opens a door or was a customer's own word."""

from __future__ import annotations

import logging

import pytest
from django.test import Client

from kernel.requests import RequestLogFilter
from tests.cast import Cast


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.handler.addFilter(RequestLogFilter())
    caplog.set_level(logging.INFO)
    return caplog


def test_an_address_is_logged_as_its_route_under_the_id_that_was_answered(
    cast: Cast, client: Client, lines: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/invitations/a-secret/?next=/also-secret/")
    cast.alice.client().get(cast.alice.url("documents/?reference=a-secret"))

    [invitation, search] = [record for record in lines.records if record.name == "kernel.requests"]
    assert invitation.getMessage() == "GET /invitations/<str:secret>/ 404"
    assert vars(invitation)["request_id"] == answer["X-Request-Id"]
    assert search.getMessage() == "GET /c/<slug>/documents/ 200"
    assert "secret/" not in lines.text.replace("<str:secret>/", "")


def test_an_error_of_ours_is_logged_with_its_route_and_not_with_its_address(
    client: Client, lines: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("accounts.views.entrance.offered_invitation", fail)
    client.raise_request_exception = False

    assert client.get("/invitations/a-secret/").status_code == 500
    [error] = [record for record in lines.records if record.levelno == logging.ERROR]
    assert error.getMessage() == "Internal Server Error: /invitations/<str:secret>/"
    assert "boom" in lines.text
    assert "a-secret" not in lines.text
