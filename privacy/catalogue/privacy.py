"""What `privacy` keeps: what is due to be erased, and the proof of what was."""

from __future__ import annotations

from privacy.catalogue.words import _
from privacy.rules.inventory import Subject, Table
from privacy.rules.retention import Method

_STAFF = (Subject.STAFF,)

TABLES: tuple[Table, ...] = (
    Table(
        name="privacy_retentionitem",
        words="What is due to be erased, and when",
        purpose="operation",
        technical="id rule subject customer_id cycle due_on state step found_at claimed_at ended_at",
    ),
    Table(
        name="privacy_retentionnotice",
        words="That it was told before",
        purpose="operation",
        technical="id item_id days_before given_on due_on_told",
    ),
    Table(
        name="privacy_hold",
        words=_("What must not be erased for now, because of which case, and who of staff said so"),
        purpose="rights",
        retention="rights_request",
        erasure=Method.DELETE_ROWS,
        about=_STAFF,
        personal="case reason placed_by released_by release_reason",
        technical="id covers subject placed_at released_at",
    ),
    Table(
        name="privacy_retentionrun",
        words=_("Runs of the erasure, and who of staff released one that had stopped"),
        purpose="rights",
        retention="rights_request",
        erasure=Method.DELETE_ROWS,
        about=_STAFF,
        personal="released_by",
        technical="id rule state started_at ended_at planned population erased held error",
    ),
    Table(
        name="privacy_erasureledgerentry",
        words="What was erased, as keyed hashes and numbers; about nobody, and kept for good",
        purpose="operation",
        technical="id rule step subject_kind subject_hash counts written_at",
    ),
    Table(
        name="privacy_erasurereceipt",
        words="Sealed receipts of what was erased, without names",
        purpose="operation",
        technical="id rule subject_hash content sha256 made_at",
    ),
)
