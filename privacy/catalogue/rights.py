"""The rights that people have (D1), and where they are used."""

from __future__ import annotations

from dataclasses import dataclass

from privacy.catalogue.words import _


@dataclass(frozen=True, kw_only=True)
class Right:
    """A right: its article of the GDPR, and what it means."""

    key: str
    article: str
    words: str
    meaning: str


RIGHTS: tuple[Right, ...] = (
    Right(
        key="access",
        article="15",
        words=_("Access"),
        meaning=_("You are told whether we keep data about you, and get a copy of them."),
    ),
    Right(
        key="rectification",
        article="16",
        words=_("Rectification"),
        meaning=_("What is wrong is put right. Name, address and language you change yourself."),
    ),
    Right(
        key="erasure",
        article="17",
        words=_("Erasure"),
        meaning=_("What we need not keep by law goes, and for the rest you are told until when it stays and why."),
    ),
    Right(
        key="restriction",
        article="18",
        words=_("Restriction"),
        meaning=_("While it is disputed whether data are right or may be used, they are kept and not used."),
    ),
    Right(
        key="portability",
        article="20",
        words=_("Portability"),
        meaning=_("You get what you gave us as files that other programs can read."),
    ),
    Right(
        key="objection",
        article="21",
        words=_("Objection"),
        meaning=_("You object to a use that rests on our interest. Against direct marketing it takes effect at once."),
    ),
    Right(
        key="automated_decisions",
        article="22",
        words=_("Decisions by people"),
        meaning=_("Nothing that concerns you is decided by a program alone, and no profile of you is made."),
    ),
    Right(
        key="withdrawal",
        article="7 (3)",
        words=_("Withdrawal of consent"),
        meaning=_("What you consented to you can take back at any time, as easily as you gave it."),
    ),
    Right(
        key="complaint",
        article="77",
        words=_("Complaint"),
        meaning=_("You can complain to the supervisory authority of the country where you live or work."),
    ),
)
