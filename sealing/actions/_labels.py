"""What creating and renaming a label have in common."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput, Refusal
from sealing.gateways.encrypted import label_index
from sealing.models import Label
from sealing.rules.labels import MOST_LETTERS, label_fault, label_name


class LabelExists(Refusal):
    code = "label_exists"
    status = 409
    title = gettext_lazy("There is a label of this name already.")


def named(actor: Actor, text: str, *, besides: str = "") -> tuple[str, str]:
    """The name to keep, and its index; raises `InvalidInput`, and `LabelExists` if a label besides this one has it."""
    name = label_name(text)
    sentences = {
        "required": _("Give the label a name."),
        "too_long": _("A label's name has at most %(limit)d letters.") % {"limit": MOST_LETTERS},
    }
    if fault := label_fault(name):
        raise InvalidInput(sentences[fault], errors=[FieldError("/name", fault, sentences[fault])])
    index = label_index(actor.customer, name)
    if Label.objects.filter(name_index=index).exclude(id=besides).exists():
        raise LabelExists
    return name, index
