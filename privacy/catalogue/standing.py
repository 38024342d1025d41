"""What no sweep and no course takes away, each with the reason."""

from __future__ import annotations

_PRICES = "what is the same for every customer; a new version is rare, and old invoices are explained by it"
_OFFERS = f"{_PRICES}; what was offered to one customer alone goes with the last of that customer's books"
_PROOF = "proves that nothing was taken out before its time, so it has to outlast that; hashes and numbers only"
_ONE_EACH = "one row for each thing that there is, which is changed and not added to"
_PROGRAM = "belongs to the program and does not grow with use"

STANDING: dict[str, str] = {
    "kernel_auditchain": _ONE_EACH,
    "kernel_auditcut": _PROOF,
    "kernel_auditcheckpoint": _PROOF,
    "kernel_auditcheckpointhead": _PROOF,
    "kernel_auditclass": _PROGRAM,
    "kernel_erasable": _PROGRAM,
    "kernel_schemablueprint": _PROGRAM,
    "auth_permission": _PROGRAM,
    "auth_group": _PROGRAM,
    "auth_group_permissions": _PROGRAM,
    "django_content_type": _PROGRAM,
    "django_migrations": _PROGRAM,
    "accounts_legaldocument": "the texts that bound somebody, public for good (D10)",
    "accounts_legalfile": "the texts that bound somebody, public for good (D10)",
    "billing_itemprice": _PRICES,
    "billing_plan": _PRICES,
    "billing_planversion": _PRICES,
    "billing_documentseries": "one number for each series and year, so that no invoice's number is given twice",
    "billing_addon": _OFFERS,
    "billing_addonprice": _OFFERS,
    "trust_auditkey": "public keys by which old checkpoints are verified",
    "trust_receiptkey": "public keys by which customers verify their receipts, however old",
    "trust_revocationsource": _ONE_EACH,
    "trust_timestampauthority": _ONE_EACH,
    "trust_trustedlist": _ONE_EACH,
    "trust_trustedentry": "replaced with its trusted list",
    "privacy_erasureledgerentry": "says after a restore what has to be erased again; hashes and numbers only",
    "privacy_publishedfigure": "published sums that tell of nobody",
    "static_files": _PROGRAM,
    "queue": "rings that end in seconds",
    "schedule": _PROGRAM,
    "audit_checkpoints": _PROOF,
    "erasure_ledger": "says after a restore what has to be erased again; hashes and numbers only",
    "request_counters": "kept in memory for two minutes by the cache itself, which nothing makes longer",
    "sign_in_counters": "their table, accounts_signincounter, is swept",
    "mails": "handed to the mail server within the job that writes them; nothing of them lies anywhere here",
    "browser": "the browser itself forgets a cookie at the end of its age, which the cookie registry sets",
}
