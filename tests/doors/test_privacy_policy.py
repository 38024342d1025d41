"""The public privacy page, the annex, the records and the answer to Article 15 say what the rules do (D1, D5, D9)."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils.translation import override

from accounts.rules.staff_roles import StaffRole
from privacy.catalogue import PURPOSES, RULE, RULES
from privacy.catalogue.measures import MEASURES
from privacy.catalogue.rights import RIGHTS
from privacy.queries.article15 import block
from privacy.queries.inventory import activities, rule_words
from privacy.queries.periods import span_words
from privacy.rules.inventory import Role
from privacy.rules.retention import RetentionRule, Span
from tests.cast import Cast
from tests.staff import staff_person

# What the contract and the privacy policy promise, word by word.
PROMISED = {
    "content": "gone within 7 days",
    "person": "gone within 7 days",
    "unfinished_account": "90 days",
    "bookkeeping": "10 years",
    "activity": "90 days",
    "hosted_audit": "18 months",
    "consent": "12 months",
    "inactive_account": "2 years",
    "downgrade_excess": "6 months",
    "backup": "30 days",
    "upgrade_copy": "1 day",
    "rights_request": "3 years",
    "rights_export": "7 days",
    "expired": "1 day",
    "webhook_log": "30 days",
    "timestamp_log": "400 days",
    "contact_message": "12 months",
}


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace(" ,", ",")


def asked(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == client.head(path).status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (Span(days=90), "90 days"),
        (Span(days=1), "1 day"),
        (Span(months=18), "18 months"),
        (Span(years=10), "10 years"),
        (Span(years=1, months=6), "1 year and 6 months"),
        (Span(years=2, months=1, days=3), "2 years and 1 month and 3 days"),
        (Span(), "0 days"),
    ],
)
def test_a_span_is_told_in_words_with_its_plural(span: Span, words: str) -> None:
    assert span_words(span) == words


def test_the_page_has_every_rule_with_the_period_of_its_clause(db: None, client: Client) -> None:
    page = asked(client, "/privacy/")
    for rule in RULES:
        row = page.partition(f'id="rule-{rule.key}"')[2].partition("</tr>")[0]
        assert f"{PROMISED[rule.key]}, counted from" in words_of(row), rule.key
    text = words_of(page)
    assert "at least 18 months, at most 10 years" in text  # D5: the customer's own period
    assert "are told 90, 30, and 7 days before." in text  # C9
    assert text.count("told 30 days and at least 5 business days before") == 1  # B11


def test_the_page_changes_when_a_rule_changes_and_only_then() -> None:
    def rendered(rules: dict[str, RetentionRule]) -> str:
        periods = {"periods": rule_words(rules)}
        told = [render_to_string("privacy/activity.html", {"activity": each}) for each in activities(rules)]
        return render_to_string("privacy/periods.html", periods) + "".join(told)

    before = rendered(RULE)
    assert rendered(dict(RULE)) == before
    for key, rule in RULE.items():
        longer = replace(rule.period, days=rule.period.days + 1)
        promised = rule.ceiling and replace(rule.ceiling, days=rule.ceiling.days + 1)
        assert rendered({**RULE, key: replace(rule, period=longer, ceiling=promised)}) != before, key
        if rule.adjustable:
            assert rendered({**RULE, key: replace(rule, ceiling=Span(years=9))}) != before
            assert rendered({**RULE, key: replace(rule, floor=Span(months=17))}) != before
        if rule.notice_days:
            assert rendered({**RULE, key: replace(rule, notice_days=(8, *rule.notice_days))}) != before
    day_more = {**RULE, "activity": replace(RULE["activity"], period=Span(days=91))}
    assert "91 days" in rendered(day_more)
    others = {key: rule for key, rule in day_more.items() if key != "unfinished_account"}
    assert "90 days" not in rendered(others)


def test_the_page_says_for_each_purpose_what_why_and_in_which_role(db: None, client: Client) -> None:
    text = words_of(asked(client, "/privacy/"))
    for each in activities():
        assert f"GDPR, Article {each.basis}" in text, each.key
    told = {each.key for each in activities()}
    assert "operation" not in told  # it holds nothing about anybody
    assert {purpose.key for purpose in PURPOSES} - told <= {"operation", "contact"}
    assert {each.role for each in activities()} == {Role.CONTROLLER, Role.PROCESSOR}
    assert [each.key for each in activities(role=Role.PROCESSOR)] == ["sealing"]
    assert "we are the controller" in text
    assert "we its processor" in text
    for right in RIGHTS:
        assert f"GDPR, Article {right.article}" in text


def test_officer_and_authority_are_named(db: None, client: Client, settings: Any) -> None:
    settings.DPO_NAME, settings.DPO_EMAIL, settings.DPO_ADDRESS = "Ona Onaitė", "dpo@example.org", "Gatvė 2, Vilnius"
    settings.OPERATOR_COUNTRY = "LV"
    for path in ("/privacy/", "/privacy/annex/"):
        page = asked(client, path)
        assert 'href="mailto:dpo@example.org"' in page
        assert "Ona Onaitė" in page
        assert "Datu valsts inspekcija" in page
        assert 'href="https://www.dvi.gov.lv/"' in page
    settings.DPO_EMAIL, settings.OPERATOR_CONTACT = "", "+370 600 00000"
    settings.OPERATOR_COUNTRY = "XX"
    page = asked(client, "/privacy/")
    assert "+370 600 00000" in page
    assert "Supervisory authority" not in page


def test_the_annex_has_every_category_and_measure(db: None, client: Client) -> None:
    text = words_of(asked(client, "/privacy/annex/"))
    for thing in activities(role=Role.PROCESSOR)[0].things:
        assert thing.words in text.replace("&#x27;", "'"), thing.name
    for measure in MEASURES:
        assert measure.words in text.replace("&#x27;", "'"), measure.clause


def test_article_15_is_answered_from_the_catalogue_in_every_language(settings: Any) -> None:
    settings.DPO_EMAIL = "dpo@example.org"
    for language, _name in settings.LANGUAGES:
        with override("en"):
            answer = block(language)
        assert answer["language"] == language
        assert len(answer["processing"]) == len(activities())
        assert answer["data_protection_officer"]["email"] == "dpo@example.org"
        assert answer["authority"]["website"] == "https://vdai.lrv.lt/"
        assert {each["article"] for each in answer["rights"]} == {right.article for right in RIGHTS}
    kept = {each["clause"]: each["period"] for one in block("en")["processing"] for each in one["kept"]}
    assert (kept["D3"], kept["D4"], kept["E9"]) == ("gone within 7 days", "10 years", "1 day")
    for one in block("en")["processing"]:
        assert one["purpose"]
        assert one["legal_basis"]
        assert one["categories"]
        assert one["kept"]


def test_staff_read_the_records_as_a_page_and_as_a_file(cast: Cast) -> None:
    stranger = cast.alice.person
    stranger.is_staff = True
    stranger.save()
    assert cast.alice.client().get("/staff/records/").status_code == 403
    assert cast.alice.client().get("/staff/records.csv").status_code == 403
    client = staff_person("Ruta", StaffRole.SUPPORT).client
    page = asked(client, "/staff/records/")
    assert "accounts_person" in page
    assert "encrypted_name" in page
    answer = client.get("/staff/records.csv")
    lines = list(csv.DictReader(b"".join(answer.streaming_content).decode().removeprefix("\ufeff").splitlines()))  # type: ignore[attr-defined]
    by_name = {line["name"]: line for line in lines}
    assert by_name["sealing_document"]["role"] == "processor"
    assert (by_name["billing_invoice"]["kept"], by_name["billing_invoice"]["clause"]) == ("10 years", "D4")
    assert by_name["documents"]["where"] == "storage"
    assert "email" in by_name["accounts_person"]["personal_data"].split()
    assert len(by_name) == len(lines) == sum(len(each.things) for each in activities())
