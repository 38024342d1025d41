"""Every notice speaks the reader's language from the subject to the last line (clause E8)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils import translation

from accounts.gateways.mail import Letter, with_footer, with_html
from accounts.models import Customer, Notice
from accounts.queries.notices import words_of
from accounts.rules.notices import CATALOGUE, NoticeKind, notice_kind

ROOT = Path(__file__).resolve().parents[2] / "templates"
OTHERS = [code for code, _name in settings.LANGUAGES if code != "en"]
WRITTEN = "§§§"  # names, and what people and mail servers wrote: the same in every language
BY_FILTER = {
    "euros": "12.50",
    "floatformat": 5,
    "country_name": "LT",
    "role_name": "member",
    "ground_name": "abuse",
    "document_name": "terms",
    "common_name": f"CN={WRITTEN}",
    "mail_trouble": "silent",
}
GIVEN = {"portal", "site", "customer", "number", "zone", "operator_name"}


def facts_of(template: str) -> dict[str, Any]:
    """A fact for every name in the tags of a template, such as its filters and its use can show."""
    tags = re.findall(r"{%.*?%}|{{.*?}}", template, flags=re.S)
    text = re.sub(r'"[^"]*"', '""', " ".join(tags))
    names = set(re.findall(r"(?<![.|\w])([a-z][a-z0-9_]*)", text)) - GIVEN
    facts: dict[str, Any] = dict.fromkeys(names, WRITTEN)
    for name in names:
        if name.endswith("_at"):
            facts[name] = "2026-11-24T09:30:00+00:00"
        elif name.endswith("_on"):
            facts[name] = "2026-11-24"
    for name, used in re.findall(r"(?<![.|\w])([a-z][a-z0-9_]*)\|([a-z_]+)", text):
        facts[name] = BY_FILTER.get(used, facts[name])
    facts |= dict.fromkeys(re.findall(r"count [a-z_]+=([a-z_]+)", text), 2)
    for parent, child, used in re.findall(r"([a-z_]+)\.([a-z_0-9]+)\|?([a-z_]*)", text):
        within = facts.setdefault(parent, {})
        facts[parent] = (within if isinstance(within, dict) else {}) | {child: BY_FILTER.get(used, WRITTEN)}
    for each, many in re.findall(r"for ([a-z_]+) in ([a-z_]+)", text):
        facts[many] = [facts.get(each, WRITTEN)]
    return {name: value for name, value in facts.items() if name not in GIVEN}


def variants(kind: NoticeKind) -> Iterator[dict[str, Any]]:
    """The facts with every condition true, with every plain one false, and with each value that is asked for."""
    both = "".join((ROOT / f"{kind.template}{end}.txt").read_text() for end in ("_subject", ""))
    facts = facts_of(both)
    yield facts
    asked = set(re.findall(r'([a-z_]+) == "([a-z_]+)"', both))
    plain = re.findall(r"{% (?:el)?if (?:not )?([a-z_]+) %}", both)
    falsy = {name: 0 if facts.get(name) == 2 else None for name in plain}
    yield facts | falsy
    for name, value in sorted(asked):
        yield facts | {name: value}
        yield facts | {name: value} | falsy


def letter(kind: NoticeKind, facts: dict[str, Any], language: str) -> Letter:
    customer = Customer(name=WRITTEN, slug="acme")
    words = words_of(Notice(kind=kind.code, number="N-2026-000001", customer=customer, facts=facts), language=language)
    return with_footer(
        words, {"number": "N-2026-000001", "link": "https://s.example/1", "preferences": "https://s.example/2"}
    )


def in_words(found: Letter) -> set[str]:
    """The lines in which somebody says something: not addresses, figures and what was written elsewhere."""
    lines = [found.subject, *found.text.splitlines()]
    return {line for line in lines if re.search(r"[a-z]{2} [a-z]|^[A-Z][a-z]+:?$", re.sub(r"https?://\S+", "", line))}


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.code)
def test_no_line_of_a_notice_stays_english(kind: NoticeKind) -> None:
    for facts in variants(kind):
        english = in_words(letter(kind, facts, "en"))
        assert english
        for language in OTHERS:
            assert not english & in_words(letter(kind, facts, language)), (language, facts)


@pytest.mark.parametrize("language", OTHERS)
def test_a_programs_own_reason_and_the_html_are_in_the_readers_language(language: str) -> None:
    reason = "Everything that was overdue is paid."
    found = letter(notice_kind("customer.restored"), {"reason": reason}, language)
    assert reason not in found.text
    assert WRITTEN in letter(notice_kind("customer.restored"), {"reason": WRITTEN}, language).text
    message = EmailMultiAlternatives(found.subject, found.text)
    with translation.override(language):
        [(html, kind)] = with_html(message).alternatives
    assert (kind, f'<html lang="{language}">' in html) == ("text/html", True)
    words = unescape(re.sub(r"<[^>]+>", " ", html.partition("<body>")[2])).split()
    assert words == found.text.split()
