"""Quota headers that sealing answers carry."""

from typing import Protocol


class QuotaFigures(Protocol):
    """The figures of `billing.queries.quota` and `usage`."""

    @property
    def included(self) -> int: ...
    @property
    def used(self) -> int: ...
    @property
    def overage(self) -> int: ...


def quota_headers(figures: QuotaFigures | None) -> dict[str, str]:
    """This billing period's transactions: included, used, and beyond the plan; nothing without a plan."""
    if figures is None:
        return {}
    return {
        "X-Seal-Quota-Included": str(figures.included),
        "X-Seal-Quota-Used": str(figures.used),
        "X-Seal-Overage": str(figures.overage),
    }
