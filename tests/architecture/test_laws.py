"""The code base keeps every law of `laws.py`; each law catches what it forbids and lets pass the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.architecture import laws
from tests.architecture.laws import LAWS
from tests.architecture.source import ROOT

Law = Callable[[Path], list[str]]


class Planted(NamedTuple):
    """A file that breaks a law, and a near twin in the same place that does not."""

    law: Law
    path: str
    breach: str
    allowed: str = "pass\n"


ACTION = "def close(*, now): pass"
SMALL = "def a(): pass\n" * 3
PLANTED = [
    Planted(laws.orm_writes_in_doors, "billing/views.py", "Plan.objects.create(code='1')", "Plan.objects.first()"),
    Planted(laws.orm_writes_in_doors, "billing/api/plans.py", "plan.save()", "storage.open()"),
    Planted(laws.orm_writes_in_doors, "billing/tasks.py", "plans().filter(x=1).update(y=2)", "headers.update(y=2)"),
    Planted(
        laws.orm_writes_in_doors, "billing/admin.py", "Plan.objects.filter(x=1).delete()", "Plan.objects.filter(x=1)"
    ),
    Planted(laws.orm_writes_in_doors, "billing/forms.py", "self.instance.save()", "super().save()"),
    Planted(
        laws.orm_writes_in_doors, "portal/views.py", "cursor.execute('DELETE FROM x')", "cursor.execute('SELECT 1')"
    ),
    Planted(
        laws.orm_writes_in_doors,
        "billing/management/commands/fix.py",
        "Plan.objects.bulk_create(rows)",
        "default_storage.save(name, file)",
    ),
    Planted(
        laws.careless_schema_changes,
        "sealing/actions/a.py",
        "with customer:\n    pass",
        "with schema_context(customer.schema_name):\n    pass",
    ),
    Planted(laws.careless_schema_changes, "sealing/tasks.py", "@schema_context('c_1')\ndef f(): pass"),
    Planted(laws.careless_schema_changes, "sealing/tasks.py", "inside = schema_context('c_1')", "name = schema_name()"),
    Planted(laws.careless_schema_changes, "sealing/views/a.py", "connection.set_schema('c_1')", "connection.close()"),
    Planted(laws.clock_reads, "billing/actions/a.py", "clock.now()", "clock.legal_date(now)"),
    Planted(laws.clock_reads, "billing/actions/a.py", "import time\ntime.time()", "import time\ntime.monotonic()"),
    Planted(laws.clock_reads, "billing/views.py", "datetime.now(UTC)", "clock.now()"),
    Planted(laws.clock_reads, "portal/views.py", "timezone.now()", "timezone.activate(zone)"),
    Planted(laws.clock_reads, "billing/views.py", "from kernel.clock import now", "from kernel import clock"),
    Planted(laws.clock_reads, "billing/models/a.py", "DateTimeField(auto_now=True)", "DateTimeField(null=True)"),
    Planted(laws.hidden_control_flow, "billing/apps.py", "from django.db.models.signals import post_save"),
    Planted(laws.hidden_control_flow, "billing/apps.py", "from django.dispatch import receiver"),
    Planted(
        laws.hidden_control_flow,
        "billing/models/plans.py",
        "class Plan:\n    def save(self): pass",
        "class Plan:\n    def cost(self): pass",
    ),
    Planted(
        laws.migrations_with_app_code,
        "billing/migrations/0009_x.py",
        "from billing.rules.rating import rate",
        "import kernel.fields",
    ),
    Planted(laws.domain_that_knows_pages, "billing/actions/a.py", "from django.http import Http404"),
    Planted(laws.domain_that_knows_pages, "billing/queries.py", "from django.urls import reverse"),
    Planted(laws.domain_that_knows_pages, "billing/rules/a.py", "from django.shortcuts import redirect"),
    Planted(
        laws.shapeless_actions,
        "billing/actions/close.py",
        "def close(*, now): pass\ndef reopen(*, now): pass",
        "def close(*, now): pass\ndef _reopen(): pass",
    ),
    Planted(laws.shapeless_actions, "billing/actions/close.py", "def close(period, *, now): pass", ACTION),
    Planted(laws.shapeless_actions, "billing/actions/close.py", "def close(*, period): audit.record(period)", ACTION),
    Planted(laws.banned_names, "billing/rules/rating_utils.py", "pass"),
    Planted(laws.banned_names, "billing/rules/rating.py", "class RatingService: pass", "class Rating: pass"),
    Planted(laws.banned_names, "billing/rules/rating.py", "def process_lines(): pass", "def rate_lines(): pass"),
    Planted(laws.banned_names, "billing/rules/rating.py", "def do_rate(): pass", "def done(): pass"),
    Planted(laws.banned_names, "billing/rules/rating.py", "data = 1", "metadata = 1"),
    Planted(
        laws.broken_budgets,
        "billing/rules/a.py",
        SMALL + "def f():\n" + "    pass\n" * 59,
        SMALL + "def f():\n" + "    pass\n" * 58,
    ),
    Planted(laws.broken_budgets, "billing/rules/a.py", "\n" * 400, "\n" * 399),
    Planted(
        laws.broken_budgets, "billing/rules/a.py", "def f():\n" + "    pass\n" * 9, "def f():\n" + "    pass\n" * 8
    ),
    Planted(
        laws.missing_docstrings,
        "billing/actions/close.py",
        '"""Closes."""\ndef close(*, now): pass',
        '"""Closes."""\ndef close(*, now):\n    """Close it."""\ndef _part(): pass',
    ),
    Planted(laws.missing_docstrings, "billing/rules/a.py", "ONE = 1", '"""One."""\nONE = 1'),
    Planted(
        laws.words_outside_the_glossary, "billing/views.py", "_('Your organisation')", "_('Your customer account')"
    ),
    Planted(laws.words_outside_the_glossary, "billing/templates/a.html", "<p>Your team</p>", "<p>{# team #}Steam</p>"),
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_code_keeps_the_law(law: Law) -> None:
    assert law(ROOT) == []


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: f"{planted.law.__name__}-{planted.breach[:24]!r}")
def test_the_law_catches_a_planted_breach(planted: Planted, tmp_path: Path) -> None:
    file = tmp_path / planted.path
    file.parent.mkdir(parents=True)
    file.write_text(planted.breach)
    assert len(planted.law(tmp_path)) == 1
    if planted.law is not laws.banned_names or planted.breach != "pass":  # there the file's own name is the breach
        file.write_text(planted.allowed)
        assert planted.law(tmp_path) == []


def test_every_law_has_a_planted_breach() -> None:
    assert {planted.law for planted in PLANTED} == set(LAWS)
