"""What everybody is told who asks for access (GDPR 15 (1)): purposes, categories, recipients, periods, rights."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from privacy.catalogue.rights import RIGHTS
from privacy.queries.inventory import Activity, activities
from privacy.queries.operator import operator_particulars
from privacy.queries.periods import PeriodWords

FORMAT = 1


def block(language: str) -> dict[str, Any]:
    """The block in `language`, of plain text, lists and mappings, fit for JSON; the periods are the rules' (D4, D5).

    `processing` has one entry for each purpose; `kept` says how long. `format` grows when a name changes or goes.
    """
    with override(language):
        operator = operator_particulars()
        return {
            "format": FORMAT,
            "language": language,
            "controller": {
                "name": operator.name,
                "register_number": operator.register_number,
                "address": operator.address,
                "contact": operator.contact,
            },
            "data_protection_officer": {
                "name": operator.officer_name,
                "email": operator.officer_email,
                "address": operator.officer_address,
            },
            "processing": [_purpose(activity) for activity in activities()],
            "rights": [
                {"right": _(right.words), "article": right.article, "meaning": _(right.meaning)} for right in RIGHTS
            ],
            "authority": (
                {"name": operator.authority.name, "website": operator.authority.website} if operator.authority else None
            ),
            "source": _(
                "You gave us the data yourself, or an administrator of the customer you work for did, or its sign-in "
                "service; the rest comes from your use of the service."
            ),
            "automated_decisions": _("None. No profile is made, and no program decides alone."),
        }


def _purpose(activity: Activity) -> dict[str, Any]:
    return {
        "purpose": activity.words,
        "role": activity.role.value,
        "legal_basis": activity.basis,
        "ground": activity.ground,
        "recipients": activity.recipients,
        "about": list(activity.about),
        "categories": [thing.words for thing in activity.things],
        "kept": [_kept(period) for period in activity.periods],
    }


def _kept(period: PeriodWords) -> dict[str, Any]:
    return {
        "what": period.what,
        "period": period.period,
        "counted": period.counted,
        "more": list(period.more),
        "clause": period.clause,
    }
