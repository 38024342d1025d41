"""What a signature dictionary says in words (ISO 32000-2, 12.8.1)."""

from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .revision import SignatureRequest


def signature_entries(request: "SignatureRequest", *, certify: bool) -> bytes:
    """The opening of the signature dictionary, up to /ByteRange and /Contents."""
    moment = request.signed_at.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'")
    texts = {
        "Name": request.name,
        "Reason": request.reason,
        "Location": request.location,
        "ContactInfo": request.contact,
    }
    entries = b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(%s)" % moment.encode("ascii")
    entries += b"".join(b"/%s%s" % (key.encode(), text_string(text)) for key, text in texts.items() if text)
    if certify:
        entries += (
            b"/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/P 1/V/1.2>>>>]"
        )
    return entries


def text_string(text: str) -> bytes:
    """A PDF text string: ASCII as a literal, anything else as UTF-16 in hexadecimal (ISO 32000-2, 7.9.2.2)."""
    if text.isascii() and text.isprintable():
        return b"(" + text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode("ascii") + b")"
    return b"<FEFF" + text.encode("utf-16-be").hex().upper().encode("ascii") + b">"
