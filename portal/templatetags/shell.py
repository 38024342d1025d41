"""Template tags of the shell: addresses across customers, icons, form controls, money, meter and chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from babel.numbers import format_currency
from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from kernel.tenancy.urls import customer_url, public_url

register = template.Library()

_CHART_HEIGHT = 100
_METER_WIDTH = 1000


class Expected(Protocol):
    """A forecast, in seals at the end of the period."""

    @property
    def quantity(self) -> int: ...


class UsageFigures(Protocol):
    """What the meter and the chart read of a billing period's usage."""

    @property
    def included(self) -> int: ...
    @property
    def used(self) -> int: ...
    @property
    def days(self) -> Sequence[tuple[date, int]]: ...
    @property
    def forecast(self) -> Expected: ...


register.simple_tag(public_url)
register.simple_tag(customer_url)


@register.simple_tag
def icon(name: str, modifier: str = "") -> SafeString:
    """Render a decorative icon of the vendored set; text beside it must carry the meaning."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        modifier,
        static("vendor/tabler-icons/icons.svg"),
        name,
    )


@register.filter
def field_shape(field: BoundField) -> str:
    """Say how a field is laid out: ``choices`` (a fieldset), ``groups`` (of boxes, a fieldset within each), ``check``
    (label after the box) or ``line``."""
    widget = field.field.widget
    if isinstance(widget, CheckboxSelectMultiple) and choice_groups(field):
        return "groups"
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return "choices"
    return "check" if isinstance(widget, CheckboxInput) else "line"


@register.filter
def choice_groups(field: BoundField) -> list[_ChoiceGroup]:
    """The boxes of a field whose choices have groups; none of one whose choices have not."""
    groups = field.field.widget.optgroups(field.html_name, [str(each) for each in field.value() or ()])
    return [_ChoiceGroup(name, [_Box(field, each) for each in options]) for name, options, _index in groups if name]


@dataclass(frozen=True)
class _ChoiceGroup:
    name: str
    boxes: list[_Box]

    @property
    def is_chosen(self) -> bool:
        return any(box.chosen for box in self.boxes)


class _Box:
    def __init__(self, field: BoundField, option: dict[str, Any]) -> None:
        self.name, self.value, self.words = option["name"], option["value"], option["label"]
        self.chosen, self.id = option["selected"], f"{field.auto_id}_{option['value']}"


def _letters(text: object) -> str:
    return str(text).lower().replace("-", "")


@register.filter
def control(field: BoundField) -> SafeString:
    """Render a field's widget with the classes of our form controls; Django adds the ARIA attributes."""
    widget = field.field.widget
    classes = [str(widget.attrs.get("class", ""))]
    if field_shape(field) == "line":  # the boxes of choices and checks are styled by where they stand
        classes.append("form-select" if isinstance(widget, Select) else "form-control")
        classes.append("is-invalid" if field.errors else "")
    attrs: dict[str, str | bool] = {"class": " ".join(filter(None, classes))}
    if _letters(widget.attrs.get("placeholder", "")).startswith(_letters(field.label)):
        attrs["placeholder"] = False  # it would only repeat the label
    return field.as_widget(attrs=attrs)


@register.filter
def euros(amount: Decimal | int | None) -> str:
    """Format an amount of money in EUR for the reader's language; unit prices keep decimals beyond two."""
    if amount is None:
        return ""
    value = Decimal(amount).normalize()
    digits = max(2, -int(value.as_tuple().exponent))
    return format_currency(
        value.quantize(Decimal(1).scaleb(-digits)),
        "EUR",
        locale=(get_language() or "en").replace("-", "_"),
        currency_digits=False,
        decimal_quantization=False,
    )


@dataclass(frozen=True)
class _Bar:
    day: date
    count: int
    x: int
    height: Decimal

    @property
    def y(self) -> Decimal:
        return _CHART_HEIGHT - self.height


def _bar_height(count: int, top: Decimal) -> Decimal:
    return (Decimal(count) * _CHART_HEIGHT / top).quantize(Decimal("0.1")) if top else Decimal(0)


@register.inclusion_tag("components/day_chart.html")
def day_chart(usage: UsageFigures) -> dict[str, Any]:
    """Draw seals per day as bars, with a line at the even pace that would just use up the plan."""
    pace = Decimal(usage.included) / len(usage.days) if usage.days else Decimal(0)
    top = max([Decimal(count) for _, count in usage.days] + [pace], default=Decimal(0))
    bars = [_Bar(day, count, index * 10, _bar_height(count, top)) for index, (day, count) in enumerate(usage.days)]
    return {
        "bars": bars,
        "width": max(len(bars), 1) * 10,
        "height": _CHART_HEIGHT,
        "busiest": max((bar.count for bar in bars), default=0),
        "pace": pace,
        "pace_y": _CHART_HEIGHT - (pace * _CHART_HEIGHT / top if top else 0),
    }


@register.inclusion_tag("components/usage_meter.html")
def usage_meter(usage: UsageFigures) -> dict[str, Any]:
    """Draw one bar: what is used of what the plan includes, what goes beyond, and where the month is heading."""
    full = max(usage.included, usage.used, usage.forecast.quantity, 1)
    overage = max(usage.used - usage.included, 0)
    return {
        "usage": usage,
        "overage": overage,
        "width": _METER_WIDTH,
        "used_width": min(usage.used, usage.included) * _METER_WIDTH // full,
        "included_x": usage.included * _METER_WIDTH // full,
        "overage_width": overage * _METER_WIDTH // full,
        "forecast_x": min(usage.forecast.quantity * _METER_WIDTH // full, _METER_WIDTH - 3),
    }


@register.filter
def among(word: str | None, words: str | None) -> bool:
    """Whether a word is one of several with commas between."""
    return word in (words or "").split(",")
