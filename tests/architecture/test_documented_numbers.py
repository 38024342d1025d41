"""The periods and limits that the documents print are those of the rules that act."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.rules.endings import ERASED_WITHIN_DAYS, EXPORT_DAYS
from accounts.rules.entrance import SESSION_LASTS
from billing.rules.excess import LAST_NOTICE_BUSINESS_DAYS
from kernel.audit_periods import PERIODS, Retention
from portal.routes import SCHEDULE
from privacy import tasks
from privacy.actions._items import LEASE
from privacy.catalogue import RULE
from privacy.rules import aggregates, breaches, receipts, rights, storage, sub_processors
from privacy.rules import retention as engine
from privacy.rules.retention import due_on
from tests.architecture.source import ROOT

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
ORDINALS = ["zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh"]
OPERATORS = "docs/operators.md"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def _listed(numbers: list[int]) -> str:
    return f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def _said(span: timedelta) -> str:
    return {30 * MINUTE: "half an hour", HOUR: "an hour"}.get(span, str(span))


def _day_of_its_end(rule: str) -> int:
    """On which day after its event something goes."""
    event = date(2026, 3, 10)
    return (due_on(RULE[rule], event) - event).days


CONTENT, PERSON, UNFINISHED = RULE["content"], _day_of_its_end("person"), RULE["unfinished_account"]
# Where; what is said there, without line breaks.
SAID: list[tuple[str, str]] = [
    (OPERATORS, f"Every {SCHEDULE['privacy.run_retention']['schedule'] / 60:.0f} minutes `privacy.run_retention`"),
    (OPERATORS, f"for {WORDS[tasks._TICK_SECONDS // 60]} minutes at most"),
    (OPERATORS, f"the engine has not run for {_said(2 * engine.TICK)}"),
    (OPERATORS, f"for the next, {_said(LEASE)} later"),
    (OPERATORS, f"more than {engine.FEW} things and more than a tenth of a class"),
    (OPERATORS, f"or {WORDS[engine.LARGEST_MULTIPLE]} times what earlier days did (a week of them at least)"),
    (OPERATORS, f"After the end its owners have {WORDS[EXPORT_DAYS]} whole days for the export."),
    (OPERATORS, f"On the {ORDINALS[_day_of_its_end('content')]} day the retention engine closes the customer"),
    (OPERATORS, f"the address of the receipt, which opens for {receipts.LINK_DAYS} days"),
    (OPERATORS, f"on the {ORDINALS[PERSON]} day after the end of their last membership"),
    (OPERATORS, f"after {_day_of_its_end('unfinished_account') - UNFINISHED.notice_days[0]} days without a sign-in"),
    (OPERATORS, f"and forgotten after {UNFINISHED.period.days}."),
    (OPERATORS, f"are erased {WORDS[RULE['inactive_account'].period.years]} years after the last day"),
    (OPERATORS, f"are told {_listed([*RULE['inactive_account'].notice_days])} days before"),
    (OPERATORS, f"goes {WORDS[RULE['downgrade_excess'].period.months]} months later, the oldest documents first"),
    (OPERATORS, f"and {WORDS[LAST_NOTICE_BUSINESS_DAYS]} business days have passed"),
    (OPERATORS, f"put aside each day and deleted after {RULE['activity'].period.days} days"),
    (OPERATORS, f"goes {RULE['backup'].period.days} days after its last change"),
    (OPERATORS, f"An object older than {storage.UNNAMED_FOR / HOUR:.0f} hours that no row names"),
    (OPERATORS, f"offered at `/privacy/export/<secret>/` for {WORDS[RULE['rights_export'].period.days]} days"),
    (OPERATORS, f"The last day is {rights.DAYS} days or a calendar month after receipt"),
    (OPERATORS, f"get a mail {_listed([each for each in rights.REMINDERS.values() if each > 0])} days before it"),
    (OPERATORS, f"a link that holds {rights.LINK_HOLDS / HOUR:.0f} hours; {WORDS[rights.LINKS_A_DAY]} a day"),
    (OPERATORS, f"{WORDS[rights.EXTENSION.months]} months more, with reasons, once"),
    (OPERATORS, f"the {breaches.AUTHORITY_WITHIN / HOUR:.0f} hours (GDPR 33)"),
    (OPERATORS, f"a mail {_listed([int(each / HOUR) for each in breaches.REMINDERS.values() if each])} hours before"),
    (OPERATORS, f"begin {sub_processors.ANNOUNCED_DAYS} days later, which the database insists on"),
    (OPERATORS, f"{RULE['contact_message'].period.months} months later the message is deleted"),
    (OPERATORS, f"after its {ORDINALS[aggregates.MONTH_RESTS_DAYS]} following day"),
    (OPERATORS, f"fewer than {WORDS[aggregates.FEWEST_CUSTOMERS]} customers"),
    (OPERATORS, f"sub-processors {WORDS[RULE['rights_request'].period.years]} years after their end"),
    (OPERATORS, f"after {WORDS[RULE['bookkeeping'].period.years]} bookkeeping years"),
    (OPERATORS, f"`activity` {PERIODS[Retention.ACTIVITY]}, `hosted` and the platform's {PERIODS[Retention.HOSTED]}"),
    (OPERATORS, f"`hosted5y` {PERIODS[Retention.HOSTED_5]}, `hosted10` {PERIODS[Retention.HOSTED_10]}"),
    (OPERATORS, f"A session ends {SESSION_LASTS / HOUR:.0f} hours after the sign-in"),
    ("docs/settings.md", f"files in it are deleted {RULE['backup'].period.days} days after they were made"),
    ("docs/settings.md", f"put aside each day and deleted after {RULE['activity'].period.days} days"),
    ("docs/jobs.md", f"go {RULE['activity'].period.days} days after their end"),
    ("docs/glossary.md", f"within {WORDS[ERASED_WITHIN_DAYS]} days of the end"),
    ("accounts/README.md", f"the erasure follows within {WORDS[ERASED_WITHIN_DAYS]} days"),
    ("trust/README.md", f"Serials are kept for {RULE['timestamp_log'].period.days} days"),
    ("SECURITY.md", f"none lasts longer than {SESSION_LASTS / HOUR:.0f} hours"),
]


@pytest.mark.parametrize(("page", "sentence"), SAID)
def test_a_number_in_the_documents_is_the_rules(page: str, sentence: str) -> None:
    assert sentence in " ".join((ROOT / page).read_text().split())
