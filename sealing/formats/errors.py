"""What the formats refuse, with the stable codes that travel unchanged to the API and the portal."""

from typing import Final


def gettext_noop(text: str) -> str:
    """Mark a sentence for translation; the caller's language decides when it is shown."""
    return text


CODES: Final[dict[str, str]] = {
    "not_a_pdf": gettext_noop("The file is not a PDF document: it does not start with a PDF header."),
    "unreadable_pdf": gettext_noop("The PDF is damaged beyond repair: its structure cannot be read reliably."),
    "encrypted_pdf": gettext_noop("The PDF is encrypted; remove the password protection before sealing."),
    "xfa_form": gettext_noop("The PDF contains an XFA form, whose content a seal cannot protect."),
    "hybrid_pdf": gettext_noop(
        "The PDF has two competing cross-reference tables, so that viewers may disagree about its content."
    ),
    "certified_no_changes": gettext_noop("The PDF is already certified and its author allows no further changes."),
    "locked_by_signature": gettext_noop("A signature in the PDF locks the form, so that no further seal may be added."),
    "no_pages": gettext_noop("The PDF has no pages."),
    "too_large": gettext_noop("The PDF is larger than allowed."),
    "too_many_pages": gettext_noop("The PDF has more pages than allowed."),
    "too_many_objects": gettext_noop("The PDF consists of more objects than allowed."),
    "too_many_revisions": gettext_noop("The PDF was updated more often than allowed."),
    "too_complex": gettext_noop("Reading the PDF takes more time or memory than allowed."),
    "no_such_page": gettext_noop("The PDF has no page of the number on which the seal should be shown."),
    "box_outside_page": gettext_noop("The box in which the seal should be shown does not lie on the page."),
    "box_too_small": gettext_noop("The box is too small for what the seal should show; nothing in it could be read."),
    "logo_unreadable": gettext_noop("The logo cannot be read: it is damaged, or no PNG or JPEG picture."),
    "logo_too_large": gettext_noop("The logo has more pixels than allowed."),
    "unsafe_name": gettext_noop("A file of this name cannot lie in a container."),
    "reserved_name": gettext_noop("This name is needed by the container itself."),
    "duplicate_name": gettext_noop("Two documents of the same name cannot lie in one container."),
}
"""Every code an `UnsealableDocument` may carry, with one sentence (English source text) for the customer."""


class UnsealableDocument(Exception):
    """This input will never be sealed: a final answer about the document, never a failure of ours.

    `code` is a key of `CODES`; `detail` is technical and may quote the document.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        if code not in CODES:
            raise ValueError(f"undocumented refusal code {code!r}")
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class SealCheckFailed(Exception):
    """The finished file did not pass the check before publishing; `reason` is a short stable phrase."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TimestampTooLarge(Exception):
    """The timestamp token does not fit into the space reserved in the file.

    `needed` is the token's size in bytes: the caller may start again with that `timestamp_size`
    (which uses the key and the timestamp authority once more).
    """

    def __init__(self, needed: int, reserved: int) -> None:
        super().__init__(f"timestamp token of {needed} bytes, {reserved} reserved")
        self.needed = needed
        self.reserved = reserved
