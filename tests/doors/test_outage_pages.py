"""An outage inside a page is told as one: whose it is and that it passes, and never as our own error."""

from __future__ import annotations

from typing import Any

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
