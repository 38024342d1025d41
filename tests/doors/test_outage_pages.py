"""An outage inside a page is told as one: whose it is and that it passes, and never as our own error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.test import Client
from django.utils import translation

from kernel import vault
from tests.cast import Cast
from trust.gateways import hsm


def test_a_page_that_needs_the_hsm_says_that_it_is_away(sealing_cast: Cast, settings: Any) -> None:
    alice = sealing_cast.alice
    token, settings.PKCS11_TOKEN = settings.PKCS11_TOKEN, "another token"
    hsm.close()
    vault.forget_keys()
    try:
        answer = alice.client().get(alice.url("documents/?reference=order-1"))
        assert alice.client().get(alice.url("documents/")).status_code == 200
    finally:
        settings.PKCS11_TOKEN = token
        hsm.close()

    assert answer.status_code == 503
    assert "An outside service is down." in answer.content.decode()
    assert "hsm_unavailable" in answer.content.decode()


def test_while_erasures_are_replayed_each_reads_that_in_their_own_language(
    db: None, tmp_path: Path, settings: Any
) -> None:
    settings.ERASURE_LEDGER_DIR = tmp_path
    (tmp_path / "erasures.jsonl").write_text("{}\n")
    for language, words in (("en", "Back in a moment"), ("lt", "Tuoj grįšime")):
        client = Client(HTTP_HOST="localhost")
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        with translation.override("lt" if language == "en" else "en"):  # of whom the thread has served before
            answer = client.get("/c/acme/")
            program = client.get("/api/v1/seals", headers={"Accept-Language": language})
        assert (answer.status_code, answer["Retry-After"]) == (503, "10")
        assert words in answer.content.decode()
        assert f'<html lang="{language}"' in answer.content.decode()
        assert (program.status_code, program.json()["code"]) == (503, "replay_pending")
        assert (program.json()["title"] == "The service is being restored.") is (language == "en")
