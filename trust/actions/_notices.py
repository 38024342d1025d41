"""Mails about certificates: one job for each person, so that nobody is told twice because another was not reached."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kernel import jobs


def queue_notices(kind: str, subject: str, people: Iterable[int], *, now: datetime, occasion: str = "") -> None:
    """Queue a mail to each person in the caller's transaction.

    `kind` is a template in `trust/mail/`, `subject` the id of the certificate or order, `occasion` tells several
    mails of one kind about one subject apart.
    """
    for person in people:
        jobs.enqueue(
            "trust.mail_notice",
            now=now,
            key=f"trust.mail_notice:{kind}:{subject}:{occasion}:{person}",
            payload={"kind": kind, "subject": subject, "person": person},
        )
