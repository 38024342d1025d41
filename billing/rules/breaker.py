"""Which invoices a person looks at before they go out: a mistake of ours must not reach a customer by itself."""

from collections.abc import Sequence
from decimal import Decimal
from statistics import median

TIMES_THE_MEDIAN = 5
MONTHS_COMPARED = 12  # the newest of the earlier invoices; what lies further back says little about this month
NEVER_HELD_UP_TO = Decimal("500.00")  # EUR without VAT: a first busy month after quiet ones is nobody's mistake
FIRST_HELD_ABOVE = Decimal("25000.00")  # EUR without VAT: of a customer with nothing to compare with
MOST_LINES = 200

TWICE_THE_SAME = "twice_the_same"
MANY_LINES = "many_lines"
UNUSUAL_AMOUNT = "unusual_amount"


def suspicion(
    net: Decimal, earlier: Sequence[Decimal], *, lines: int, sources: Sequence[tuple[str, str]]
) -> str | None:
    """Why an invoice waits for a person, as a stable code; None when it may go out.

    `net` is its sum, and `earlier` those of the customer's invoices before it, oldest first, all in EUR without VAT.
    `lines` counts its lines; `sources` names what each is charged for, as kind and id. Held are: the same source
    twice (`twice_the_same`), more than `MOST_LINES` lines (`many_lines`), and more than `TIMES_THE_MEDIAN` times the
    median of the last `MONTHS_COMPARED` invoices (`unusual_amount`), unless it is small.
    """
    if len(set(sources)) < len(sources):
        return TWICE_THE_SAME
    if lines > MOST_LINES:
        return MANY_LINES
    return UNUSUAL_AMOUNT if net > usual_up_to(earlier) else None


def usual_up_to(earlier: Sequence[Decimal]) -> Decimal:
    """The largest sum that surprises nobody after these, in EUR without VAT."""
    if not earlier:
        return FIRST_HELD_ABOVE
    return max(NEVER_HELD_UP_TO, TIMES_THE_MEDIAN * median(earlier[-MONTHS_COMPARED:]))
