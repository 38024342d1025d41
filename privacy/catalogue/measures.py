"""How data are kept safe (GDPR Article 32), as it stands in the annex of the data processing agreement."""

from __future__ import annotations

from dataclasses import dataclass

from privacy.catalogue.words import _


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What is done, and the clause that promises it."""

    words: str
    clause: str


MEASURES: tuple[Measure, ...] = (
    Measure(
        words=_(
            "Documents, their names, reasons and references are encrypted with AES-256 under a key of each customer's "
            "own, which a hardware security module guards. Connections are encrypted with TLS."
        ),
        clause="D6",
    ),
    Measure(
        words=_(
            "When a customer's content is erased, its key is destroyed in the hardware security module; from then on "
            "the content cannot be read in any backup either."
        ),
        clause="D3",
    ),
    Measure(
        words=_(
            "Staff see no document of a customer unless the customer or an authority's order allows it, two people of "
            "staff agree, for some hours, and each page is on record for the customer."
        ),
        clause="D7",
    ),
    Measure(
        words=_(
            "Each customer's content lies in a part of the database of its own, and the tests of every version try to "
            "reach it from another customer's account."
        ),
        clause="D9",
    ),
    Measure(
        words=_(
            "Who does what is written to an audit trail in which nothing can be changed, removed or moved unnoticed."
        ),
        clause="C3",
    ),
    Measure(
        words=_("People sign in with a second step or a passkey where the customer demands it; staff always do."),
        clause="C10",
    ),
    Measure(
        words=_("Backups are gone after their period, and what was erased is erased again after a restore."),
        clause="E9",
    ),
)
