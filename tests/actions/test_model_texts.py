"""The model texts say what the rules do, in each language, and are announced once for each state of the rules."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

import privacy
from accounts.models import LegalDocument
from accounts.queries.documents import readable_text
from accounts.rules.documents import DocumentKind
from kernel import clock
from kernel.actor import Actor
from privacy.actions import publish_model_texts as publishing
from privacy.actions.publish_model_texts import publish_model_texts
from privacy.gateways.texts import model_languages, model_text
from privacy.queries import figures as filling

LANGUAGES = ("en", "lt", "lv", "et")
MODELS = [(kind.value, language) for kind in DocumentKind for language in LANGUAGES]
# Numbers of laws are no numbers of ours, nor are those of headings.
LAWS = re.compile(
    r"(?:No|Nr\.|nr) 910/2014|GDPR Article 28|BDAR 28 straipsnis|VDAR 28\. pants|üldmäärus, artikkel 28|^## \d+\.",
    re.MULTILINE,
)
FIRST = Path(privacy.__file__).parent.parent / "accounts" / "migrations" / "texts"

# What the contract says. Whoever changes a rule comes by here, and has a new version announced.
IN_THE_CONTRACT = {
    "access_hours": "4",
    "activity_days": "90",
    "announced_days": "30",
    "backup_days": "30",
    "bookkeeping_years": "10",
    "breach_days": "30",
    "consent_months": "12",
    "due_days": "30",
    "erased_days": "7",
    "excess_months": "6",
    "highest_liability": "10000",
    "hosted_audit_months": "18",
    "inactive_notice_days": "90, 30 and 7",
    "inactive_years": "2",
    "insolvency_days": "60",
    "interest_percent": "0.02",
    "late_payments": "3",
    "liability_months": "12",
    "operator_notice_months": "6",
    "price_notice_months": "3",
    "request_export_days": "7",
    "request_years": "3",
    "upgrade_copy_days": "1",
    "waiting_business_days": "3",
}


def test_the_numbers_of_the_rules_are_those_of_the_contract() -> None:
    found = filling.figures("en")
    assert {name: found[name] for name in IN_THE_CONTRACT} == IN_THE_CONTRACT
    assert set(filling.FIGURES) | {"inactive_notice_days"} == set(IN_THE_CONTRACT)
    assert filling.figures("lt")["interest_percent"] == "0,02"
    told = [filling.figures(language)["inactive_notice_days"] for language in ("lt", "lv", "et")]
    assert told == ["90, 30 ir 7", "90, 30 un 7", "90, 30 ja 7"]


@pytest.mark.parametrize(("kind", "language"), MODELS)
def test_no_model_says_a_number_itself_and_each_can_be_read(kind: str, language: str) -> None:
    text = model_text(kind, language)
    assert not re.search(r"\d", LAWS.sub("", re.sub(r"\{\{\w+\}\}", "", text)))
    title, body = readable_text(text, language)
    assert title
    assert "{{" not in body


@pytest.mark.parametrize("kind", list(DocumentKind))
def test_every_model_has_the_same_parts_in_all_languages_and_is_marked_as_one(kind: str) -> None:
    assert len({model_text(kind, language).count("\n## ") for language in LANGUAGES}) == 1
    assert model_languages(kind) == sorted(LANGUAGES)
    for language in LANGUAGES:
        named = set(re.findall(r"\{\{(\w+)\}\}", model_text(kind, language)))
        assert named == set(re.findall(r"\{\{(\w+)\}\}", model_text(kind, "en"))), language
    assert "model text" in model_text(kind, "en")


def test_every_figure_stands_in_some_text() -> None:
    texts = " ".join(model_text(kind, "en") for kind in DocumentKind)
    assert {name for name in filling.FIGURES if f"{{{{{name}}}}}" not in texts} == set()


def test_the_texts_that_came_with_the_first_version_still_say_what_the_rules_do() -> None:
    terms, dpa, policy = ((FIRST / f"{kind}-2026-1.txt").read_text() for kind in ("terms", "dpa", "privacy"))
    said = filling.figures("en")
    assert f"due {said['due_days']} calendar days after" in terms
    assert f"Late payment costs {said['interest_percent']} %" in terms
    assert f"not cured within {said['breach_days']} days" in terms
    assert f"insolvency that lasts {said['insolvency_days']} days" in terms
    assert {"6": "six months' notice"}[said["operator_notice_months"]] in terms
    assert f"kept for {said['backup_days']} days" in dpa
    assert f"announces changes {said['announced_days']} days ahead" in dpa
    assert {"7": "export for seven days"}[said["erased_days"]] in dpa
    assert f"within {said['erased_days']} days of the end" in policy
    assert f"kept for {said['bookkeeping_years']} years" in policy
    assert f"kept for {said['activity_days']} days" in policy


def test_the_models_are_announced_once_and_again_when_a_rule_changes(db: None, monkeypatch: Any) -> None:
    now, system = clock.now(), Actor.system("tests")
    today = clock.legal_date(now)
    assert publish_model_texts(actor=system, now=now) == ["terms", "dpa", "aup", "privacy", "cookies"]
    ahead = {row.kind: row.effective_on - today for row in LegalDocument.objects.filter(announced_at=now)}
    assert ahead.pop("cookies") == timedelta(0), "nothing of the kind held before"
    assert set(ahead.values()) == {timedelta(days=30)}
    assert publish_model_texts(actor=system, now=now + timedelta(hours=1)) == []
    monkeypatch.setattr(filling, "FIGURES", {**filling.FIGURES, "due_days": 14})
    later = now + timedelta(days=1)
    assert publish_model_texts(actor=system, now=later) == ["terms"]
    assert "due 14 calendar days" in LegalDocument.objects.get(announced_at=later, language="en").text


def test_a_model_is_announced_anew_when_a_translation_of_it_came_later(db: None, monkeypatch: Any) -> None:
    now, system = clock.now(), Actor.system("tests")
    monkeypatch.setattr(publishing, "model_languages", lambda kind: ["en", "lt"])
    publish_model_texts(actor=system, now=now)
    monkeypatch.setattr(
        publishing, "model_languages", lambda kind: ["en", "lt", "lv"] if kind == "aup" else ["en", "lt"]
    )
    assert publish_model_texts(actor=system, now=now + timedelta(days=1)) == ["aup"]
    assert publish_model_texts(actor=system, now=now + timedelta(days=2)) == []


def test_the_command_shows_the_form_for_special_terms_and_names_what_there_is_not(db: None, capsys: Any) -> None:
    call_command("publish_model_texts", "--show", "special", "en")
    assert "An invoice is due 30 calendar days" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("publish_model_texts", "--show", "special", "fi")
