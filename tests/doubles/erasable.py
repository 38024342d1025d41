"""Things that go, over a real table and real files, for tests of the retention engine: it can be killed anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from kernel.clock import legal_date, legal_midnight
from privacy.actions._retention import Candidate, Course, Spared, Step, Sweep
from privacy.models import ContactMessage, RetentionItem

CUSTOMER, PERSON = "cus_double", "4711"


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Erasable:
    """Messages with a file each. Which were told of, closed and erased is recorded as it happens.

    `kill_at` is the number of the point at which the process dies; `failing` are subjects whose step raises;
    `stubborn` is how often the last step leaves its row behind.
    """

    folder: Path
    kill_at: int | None = None
    points: int = 0
    told: list[tuple[str, int, date]] = field(default_factory=list)
    steps_taken: list[tuple[str, str]] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    stubborn: int = 0

    def add(self, event_on: date, count: int = 1) -> list[str]:
        """So many more, whose event was on that legal day; their ids."""
        found = []
        for _each in range(count):
            row = ContactMessage.objects.create(
                topic="other",
                name="Somebody",
                email="somebody@example.org",
                message="Hello",
                language="en",
                consent_text="Yes",
                consent_sha256="0" * 64,
                received_at=legal_midnight(event_on) + timedelta(hours=12),
            )
            (self.folder / row.id).write_text("Hello", encoding="utf-8")
            found.append(row.id)
        return found

    def move(self, subject: str, event_on: date) -> None:
        """Its clock begins anew: somebody signed in."""
        ContactMessage.objects.filter(id=subject).update(received_at=legal_midnight(event_on) + timedelta(hours=12))

    def left_of(self, subject: str) -> int:
        """Rows and files that are left."""
        return ContactMessage.objects.filter(id=subject).count() + (self.folder / subject).exists()

    def point(self) -> None:
        """One of the places at which a process may die."""
        self.points += 1
        if self.kill_at == self.points:
            raise Killed

    def course(self, rule: str) -> Course:
        """All of them, subject by subject."""
        return Course(
            rule=rule,
            kind="message",
            candidates=self._candidates,
            candidate=self._candidate,
            population=ContactMessage.objects.count,
            seize=self._seize,
            steps=(Step(name="file", words="its file", act=self._file), Step(name="row", words="it", act=self._row)),
            left=self._left,
            tell=self._tell,
        )

    def sweep(self, rule: str, batch: int = 7) -> Sweep:
        """All of them, by age."""
        return Sweep(
            rule=rule,
            store="privacy_contactmessage",
            due=lambda before: ContactMessage.objects.filter(received_at__lt=before).count(),
            population=ContactMessage.objects.count,
            oldest=lambda: ContactMessage.objects.order_by("received_at").values_list("received_at", flat=True).first(),
            erase=self._erase,
            batch=batch,
        )

    def _candidates(self, now: datetime) -> Iterable[Candidate]:
        return [self._of(row) for row in ContactMessage.objects.order_by("id")]

    def _candidate(self, subject: str, now: datetime) -> Candidate | None:
        row = ContactMessage.objects.filter(id=subject).first()
        return self._of(row) if row else None

    def _of(self, row: ContactMessage) -> Candidate:
        on = legal_date(row.received_at)
        return Candidate(subject=row.id, event_on=on, cycle=on.isoformat(), customer_id=CUSTOMER, person_id=PERSON)

    def _seize(self, item: RetentionItem, now: datetime) -> bool:
        self.point()
        row = ContactMessage.objects.select_for_update().get(id=item.subject)
        if row.answered_by == "stands against it":
            return False
        row.answered_at = now
        row.save(update_fields=["answered_at"])
        self.point()
        return True

    def _file(self, item: RetentionItem, now: datetime) -> Mapping[str, int]:
        self.point()
        if item.subject in self.failing:
            raise ValueError("this step fails")
        self.steps_taken.append((item.subject, "file"))
        path = self.folder / item.subject
        there = path.exists()
        path.unlink(missing_ok=True)
        self.point()
        return {"files": int(there)}

    def _row(self, item: RetentionItem, now: datetime) -> Mapping[str, int]:
        self.point()
        self.steps_taken.append((item.subject, "row"))
        if self.stubborn:
            self.stubborn -= 1
            return {}
        count, _by_table = ContactMessage.objects.filter(id=item.subject).delete()
        self.point()
        return {"rows": count}

    def _left(self, subject: str) -> Mapping[str, int]:
        self.point()
        return {"rows and files": self.left_of(subject)}

    def _tell(self, item: RetentionItem, days_before: int, act_on: date, now: datetime) -> None:
        self.point()
        self.told.append((item.subject, days_before, act_on))

    def _erase(self, *, before: datetime, limit: int, spared: Spared) -> int:
        self.point()
        if self.failing:
            raise OSError("the disk")
        old = ContactMessage.objects.filter(received_at__lt=before).exclude(id__in=spared.subjects)
        if CUSTOMER in spared.customers:
            return 0
        ids = list(old.order_by("id").values_list("id", flat=True)[:limit])
        self.point()
        return ContactMessage.objects.filter(id__in=ids).delete()[0]
