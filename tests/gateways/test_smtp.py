"""Customers' own mail servers: encrypted, at the address that was checked, and never able to hold us up (E11)."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from accounts.gateways import smtp
from accounts.gateways.mail import Letter, send_letter
from accounts.gateways.smtp import AddressRefused, MailServerFailed, Server
from tests.doubles.names import names
from tests.doubles.smtp_server import PASSWORD, SmtpServer, certificate

HOST = "smtp.acme.example"
LETTER = Letter("A notice", "Words that matter: šešios žąsys.\n.\nThe line above is a dot.", "en")


@pytest.fixture
def double(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
    trusted, context = certificate(tmp_path)
    settings.EGRESS_TRUST_ANCHORS = str(trusted)
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr(socket, "getaddrinfo", names({HOST: ["127.0.0.1"], "other.example": ["127.0.0.1"]}))
    monkeypatch.setattr(smtp, "STEP_SECONDS", 0.4)
    monkeypatch.setattr(smtp, "TOTAL_SECONDS", 0.8)
    with SmtpServer(context).running() as server:
        yield server


def at(double: SmtpServer, **changes: Any) -> Server:
    known = Server(HOST, double.port, double.tls, "acme", PASSWORD, "post@acme.example", "Acme, Ltd")
    return replace(known, **changes)


def send(server: Server, to: str = "bob@example.org") -> None:
    send_letter(LETTER, to=to, headers={"Message-ID": "<ndl_1@sealport>"}, server=server)


@pytest.mark.parametrize("tls", [False, True])
def test_a_letter_arrives_whole_in_the_customers_name(double: SmtpServer, tls: bool) -> None:
    double.tls = tls
    send(at(double))
    [(sender, recipient, content)] = double.mails
    assert (sender, recipient) == ("post@acme.example", "bob@example.org")
    message = message_from_bytes(content.replace(b"\r\n..", b"\r\n."))
    assert message["From"] == '"Acme, Ltd" <post@acme.example>'
    assert (message["Message-ID"], message["Auto-Submitted"]) == ("<ndl_1@sealport>", "auto-generated")
    plain, html = message.get_payload()  # type: ignore[misc]  # two parts
    assert plain.get_payload(decode=True).decode().replace("\r\n", "\n").strip() == LETTER.text
    assert "šešios žąsys" in html.get_payload(decode=True).decode()


@pytest.mark.parametrize(
    ("habit", "reason"),
    [
        *(("stall", "silent"), ("drip", "broke_off"), ("endless", "broke_off"), ("drop", "broke_off")),
        *(("lose_answer", "broke_off"), ("no_tls", "no_tls"), ("refuse_sender", "sender"), ("greylist", "recipient")),
        ("busy", "refused"),
    ],
)
def test_a_server_that_misbehaves_is_left_within_a_moment_and_told_about(
    double: SmtpServer, habit: str, reason: str
) -> None:
    double.habit = habit
    began = time.monotonic()
    with pytest.raises(MailServerFailed) as failed:
        send(at(double))
    assert failed.value.reason == reason
    assert time.monotonic() - began < 2
    assert failed.value.answer.isprintable()


def test_an_address_that_is_refused_for_good_is_no_failure_of_the_server(double: SmtpServer) -> None:
    double.habit = "refuse_recipient"
    with pytest.raises(AddressRefused, match="nobody here"):
        send(at(double))


def test_a_wrong_password_is_told_in_the_servers_own_printable_words(double: SmtpServer) -> None:
    with pytest.raises(MailServerFailed) as failed:
        send(at(double, password="guess"))
    assert (failed.value.reason, failed.value.answer) == ("sign_in", "535 5.7.8 not [31m you")
    assert "guess" not in repr(at(double, password="guess"))


@pytest.mark.parametrize("tls", [False, True])
def test_a_certificate_for_another_name_gets_neither_password_nor_mail(double: SmtpServer, tls: bool) -> None:
    double.tls = tls
    with pytest.raises(MailServerFailed) as failed:
        send(at(double, host="other.example"))
    assert failed.value.reason == "certificate"
    assert not double.mails


def test_a_server_inside_is_not_even_knocked_at(double: SmtpServer, settings: Any) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = []
    for host in (HOST, "127.1", "2130706433", "localhost"):
        with pytest.raises(MailServerFailed) as failed:
            send(at(double, host=host))
        assert failed.value.reason == "not_public"
    assert double.connections == 0


def test_a_name_that_answers_differently_the_second_time_leads_nowhere_else(
    double: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", names({HOST: ["127.0.0.2", "127.0.0.1"]}))
    with pytest.raises(MailServerFailed) as failed:
        send(at(double))  # asked once: at 127.0.0.2, which was checked, nobody listens
    assert failed.value.reason == "silent"
    assert double.connections == 0


def test_no_header_can_be_smuggled_in_by_a_name(double: SmtpServer) -> None:
    with pytest.raises(ValueError, match="newline"):
        send(at(double, name="Acme\r\nBcc: everybody@example.org"))
    with pytest.raises(ValueError, match="newline"):
        send(at(double), to="bob@example.org\r\nBcc: everybody@example.org")
    assert not double.mails
