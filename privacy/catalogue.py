"""What is kept about whom, why, and for how long: one list that a lawyer can read.

The public privacy page, the records of processing (GDPR Article 30), the annex of the data processing agreement, the
answer to a request for access and the retention engine are all made from it. What is not in it fails the tests.
"""

from __future__ import annotations

from privacy.rules.retention import Method, RetentionRule, Span, Start


def _(text: str) -> str:
    """Marks what is translated where it is shown."""
    return text


RULES: tuple[RetentionRule, ...] = (
    RetentionRule(
        key="content",
        words=_("Documents, sealed files, their names, reports and exports"),
        start=Start.END_OF_CONTRACT,
        period=Span(days=6),
        ceiling=Span(days=6),
        methods=(Method.DESTROY_KEY, Method.DELETE_FILES, Method.DROP_SCHEMA),
        clause="D3",
    ),
    RetentionRule(
        key="person",
        words=_("A person's account, when they belong to no customer any more"),
        start=Start.END_OF_MEMBERSHIP,
        period=Span(days=6),
        ceiling=Span(days=6),
        methods=(Method.FORGET_PERSON,),
        clause="D3",
    ),
    RetentionRule(
        key="bookkeeping",
        words=_("Contracts, invoices, payments and what they are based on"),
        start=Start.END_OF_BOOKKEEPING_YEAR,
        period=Span(years=10),
        floor=Span(years=10),
        ceiling=Span(years=10),
        methods=(Method.DELETE_ROWS,),
        clause="D4",
    ),
    RetentionRule(
        key="activity",
        words=_("Activity records and system logs"),
        start=Start.EVENT,
        period=Span(days=90),
        ceiling=Span(days=90),
        methods=(Method.DROP_PARTITION, Method.DELETE_ROWS, Method.DELETE_FILES),
        clause="D5",
    ),
    RetentionRule(
        key="hosted_audit",
        words=_("Audit records of hosted services"),
        start=Start.EVENT,
        period=Span(months=18),
        floor=Span(months=18),
        ceiling=Span(years=10),
        adjustable=True,
        methods=(Method.DROP_PARTITION,),
        clause="D5",
    ),
    RetentionRule(
        key="consent",
        words=_("Records of consent to cookies, and the language chosen"),
        start=Start.GIVEN,
        period=Span(months=12),
        ceiling=Span(months=12),
        methods=(Method.DELETE_ROWS,),
        clause="D2",
    ),
    RetentionRule(
        key="inactive_account",
        words=_("A free account that nobody signs in to"),
        start=Start.LAST_ACTIVITY,
        period=Span(years=2),
        floor=Span(years=2),
        methods=(Method.DESTROY_KEY, Method.DELETE_FILES, Method.DROP_SCHEMA),
        notice_days=(90, 30, 7),
        clause="C9",
    ),
    RetentionRule(
        key="downgrade_excess",
        words=_("What exceeds the storage of a smaller plan"),
        start=Start.DOWNGRADE,
        period=Span(months=6),
        floor=Span(months=6),
        methods=(Method.DELETE_FILES,),
        notice_days=(30, 7),
        clause="B11",
    ),
    RetentionRule(
        key="backup",
        words=_("Backup copies"),
        start=Start.MADE,
        period=Span(days=30),
        ceiling=Span(days=30),
        methods=(Method.DELETE_FILES,),
        clause="E9",
    ),
    RetentionRule(
        key="upgrade_copy",
        words=_("The copy made before an upgrade"),
        start=Start.UPGRADE,
        period=Span(days=1),
        ceiling=Span(days=1),
        methods=(Method.DELETE_FILES,),
        clause="E9",
    ),
    RetentionRule(
        key="rights_request",
        words=_("Requests about personal data, and our answers"),
        start=Start.CLOSED,
        period=Span(years=3),
        ceiling=Span(years=3),
        methods=(Method.DELETE_ROWS,),
        clause="D1",
    ),
    RetentionRule(
        key="rights_export",
        words=_("Files made to answer a request"),
        start=Start.MADE,
        period=Span(days=7),
        ceiling=Span(days=7),
        methods=(Method.DELETE_FILES,),
        clause="D1",
    ),
    RetentionRule(
        key="contact_message",
        words=_("Messages sent by the contact form, once they are answered"),
        start=Start.CLOSED,
        period=Span(months=12),
        ceiling=Span(months=12),
        methods=(Method.DELETE_ROWS,),
        clause="D12",
    ),
)

RULE = {rule.key: rule for rule in RULES}
