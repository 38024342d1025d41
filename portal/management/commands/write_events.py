"""`manage.py write_events`: writes docs/events.md from the catalogue of events."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.rules.events import CATALOGUE, EventKind

_HEAD = """\
# Events

Written from `accounts/rules/events.py` by `manage.py write_events`; a test compares the two.

`GET /api/v1/events` and webhooks tell of these. Each has a `type`, a `timestamp` (when it happened) and `data`: under
`id` what it is about, and the fields of the table. There are ids and states in it, never names or contents: whoever may
know more asks the API. New types and new fields may be added at any time; a type or field that is here keeps its
meaning. *Since* is the version of the API.

Events with a `live` field of false are told to test mode; everything else to live mode.

| Type | What happened | `id` is of | Other fields | Since |
|---|---|---|---|---|
"""
_INNER = """
`webhook.test` is sent by the test button only, with the webhook's `id` and `live`.

## Internal events

They are in the stream and told to nobody outside.

| Event | What happened | About |
|---|---|---|
"""


def page() -> str:
    """The page as it should be."""
    told = "".join(map(_row, sorted((kind for kind in CATALOGUE if kind.public), key=lambda kind: kind.public)))
    inner = sorted((kind for kind in CATALOGUE if not kind.public), key=lambda kind: kind.name)
    return _HEAD + told + _INNER + "".join(f"| `{kind.name}` | {kind.words} | {kind.subject} |\n" for kind in inner)


def _row(kind: EventKind) -> str:
    fields = "<br>".join(f"`{name}`: {meaning}" for name, meaning in kind.fields.items())
    return f"| `{kind.public}` | {kind.words} | {kind.subject} | {fields} | {kind.since} |\n"


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "events.md"
        path.write_text(page())
        self.stdout.write(f"{path} is written.")
