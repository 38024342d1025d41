"""Let a customer seal in live mode, or say why not."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.record_usage import NoPlan
from billing.queries.limits import live_sealing
from kernel.errors import Refusal


class SpendingCapReached(Refusal):
    """The customer's own cap and the grace after it are used up; it is lifted the moment the cap is raised."""

    code = "spending_cap_reached"
    status = 403
    title = gettext_lazy("The spending cap of this account is reached.")


def admit_live_seal(*, customer_id: str, now: datetime) -> None:
    """Return if a live seal may be accepted now; one statement. What was accepted before is finished all the same.

    Raises `NoPlan`, `SpendingCapReached`.
    """
    found = live_sealing(customer_id=customer_id, now=now)
    if not found.planned:
        raise NoPlan
    if found.capped:
        raise SpendingCapReached(
            _(
                "The account's cap of EUR %(amount)s for seals beyond the plan, and the grace after it, are used up."
                " Sealing goes on when the cap is raised under Billing, Alerts and limits, or when the next month"
                " begins. Test seals are not affected."
            )
            % {"amount": found.cap_amount}
        )
