"""Model fields used by every app."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import models

from kernel.ids import new_id

if TYPE_CHECKING:  # generic in the stubs only
    TextField = models.CharField[str, str]
    NumberField = models.DecimalField[Any, Any]
else:
    TextField, NumberField = models.CharField, models.DecimalField


class IdField(TextField):
    """A primary key like `seal_01jd...` made by `kernel.ids.new_id`."""

    def __init__(self, prefix: str, **options: Any) -> None:
        self.prefix = prefix
        options.update(primary_key=True, max_length=40, default=partial(new_id, prefix), editable=False)
        super().__init__(**options)

    def deconstruct(self) -> Any:
        name, path, _args, _options = super().deconstruct()
        return name, path, [], {"prefix": self.prefix}


class AmountField(NumberField):
    """An amount in euros."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "max_digits": 14, "decimal_places": 2})


class UnitPriceField(NumberField):
    """The price of one unit in euros."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "max_digits": 14, "decimal_places": 6})


class TransactionId(models.Func):
    """The number of the database transaction that writes the row, as a bigint."""

    function = "pg_current_xact_id"
    template = "%(function)s()::text::bigint"
    output_field = models.BigIntegerField()
