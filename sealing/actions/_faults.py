"""What a request asked wrongly, said to whoever asked."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from kernel.errors import FieldError, InvalidInput
from sealing.rules.faults import Fault


def refuse_faults(found: Sequence[Fault]) -> None:
    """Raise `InvalidInput` with a sentence for each; nothing when there are none."""
    sentences = {
        "format_unknown": _("This format is not offered."),
        "level_unknown": _("This level is not offered."),
        "too_long": _("This text is too long."),
        "control_characters": _("This text contains control characters."),
        "one_document_only": _("This format seals one document at a time; several go into a container (asice)."),
        "level_needs_sha256": _("This level needs the SHA-256 of the document."),
        "container_unknown": _("A container is called asice, edoc or bdoc."),
        "no_container": _("Only a container has an ending of its own."),
        "level_needs_document": _("From a digest this format can only be made at level B-T."),
        "format_needs_document": _("This format needs the document itself; a digest can be sealed as cades or pades."),
        "digest_algorithm_unknown": _("The digest must be sha256, sha384 or sha512."),
        "digest_length": _("The digest does not have the length of its algorithm."),
        "no_such_page": _("Pages count from 1, or from the end with -1 for the last."),
        "place_unknown": _("There is no place of this name on a page."),
        "not_a_box": _("A box is four numbers: x, y, width and height in points."),
        "box_outside_page": _("The box begins outside the page."),
        "box_too_small": _("The box must be at least 36 points wide and 18 points high."),
        "nothing_to_show": _("A seal that is shown needs a text, a logo or a QR code."),
        "logo_too_large": _("The logo may have at most 200 kB."),
        "not_a_picture": _("The logo must be a PNG or JPEG picture."),
        "pdf_only": _("Only a sealed PDF has a place for this."),
    }
    if found:
        raise InvalidInput(errors=[FieldError(f"/{f.field}", f.code, sentences[f.code]) for f in found])
