"""Plain words for what is on record about a seal."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()

_OUTCOMES = {
    "published": _("Sealed, timestamped, checked and delivered"),
    "timestamp_unavailable": _("No timestamp authority gave a valid answer; nothing was delivered"),
    "timestamp_too_large": _("The timestamp needed more room than was left for it; nothing was delivered"),
    "revocation_unknown": _("Nobody said whether the certificate was revoked; nothing was sealed"),
    "hsm_unavailable": _("The hardware security module did not answer; nothing was delivered"),
    "hsm_key_missing": _("The hardware security module did not show the key; nothing was delivered"),
    "engine_unavailable": _("Documents could not be read safely at the moment; nothing was delivered"),
    "": _("Our worker was lost in the middle; nothing was delivered, and another one took over"),
}
_SIGNATURES = {"yes": "1", "no": "0", "perhaps": _("at most 1")}
_CHECKS = {
    "digest": _("The seal is over exactly the document that came in."),
    "signature": _("The signature holds, mathematically."),
    "certificate": _("It was made with the certificate that was chosen, which leads to a trusted authority."),
    "timestamp": _("The timestamp is genuine, belongs to this signature, and is from the time of our own work."),
    "original_unchanged": _("The document is in the sealed file as it came in, to the byte."),
    "revocation": _("The file itself carries the proof that no certificate in it was revoked."),
    "archive_timestamp": _("The archive timestamp covers the document, the seal and its proofs."),
}


@register.filter
def digest_name(algorithm: str) -> str:
    """A digest's name as people write it: `sha256` is SHA-256."""
    return algorithm.upper().replace("SHA", "SHA-")


@register.filter
def outcome_words(outcome: str) -> str:
    """How an attempt ended, as a sentence; an unknown code is told as it is."""
    return str(_OUTCOMES.get(outcome, outcome))


@register.filter
def signature_words(signature: str) -> str:
    """How many signatures an attempt used of the HSM."""
    return str(_SIGNATURES.get(signature, signature))


@register.filter
def check_words(check: str) -> str:
    """What a check of the gate means."""
    return str(_CHECKS.get(check, check))
