"""What keeps an installation from calling itself production."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography import x509

from billing.rules.business_days import has_calendar

DEVELOPMENT_MARK = "development"


def production_faults(settings: Mapping[str, Any]) -> list[str]:
    """One sentence for each setting that is fit for development only; empty when all is well."""
    wanted: dict[str, bool] = {
        "DEBUG is on.": bool(settings["DEBUG"]),
        "SECRET_KEY is missing or shorter than 50 characters.": len(settings["SECRET_KEY"]) < 50,
        "SECRET_KEY is the development key.": settings["SECRET_KEY"].startswith("development-only"),
        "ALLOWED_HOSTS is empty.": not settings["ALLOWED_HOSTS"],
        "TRUSTED_PROXY_COUNT is 0, so that all visitors would share one limit of attempts.": not settings[
            "ALLAUTH_TRUSTED_PROXY_COUNT"
        ],
        "BASE_URL does not begin with https://.": not settings["BASE_URL"].startswith("https://"),
        "OPERATOR_COUNTRY names no country whose public holidays are known.": not has_calendar(
            settings["OPERATOR_COUNTRY"]
        ),
        "REDIS_URL is missing.": not settings["REDIS_URL"],
        "PKCS11_MODULE is missing.": not settings["PKCS11_MODULE"],
        "PKCS11_PIN is missing.": not settings["PKCS11_PIN"],
        "TSA_URLS names no timestamp authority.": not settings["TSA_URLS"],
        "TRUST_ANCHORS is missing.": not settings["TRUST_ANCHORS"],
        "TRUST_ANCHORS contains the development CA.": _is_development_ca(settings["TRUST_ANCHORS"]),
        "TRUSTED_LISTS_SIGNERS is missing.": bool(
            settings["TRUSTED_LISTS_URL"] and not settings["TRUSTED_LISTS_SIGNERS"]
        ),
        "TRUSTED_LISTS_SIGNERS contains a development signer.": _is_development_ca(settings["TRUSTED_LISTS_SIGNERS"]),
        "STRIPE_SECRET_KEY is a test key.": "_test_" in settings["STRIPE_SECRET_KEY"],
        "STRIPE_WEBHOOK_SECRET is missing.": bool(
            settings["STRIPE_SECRET_KEY"] and not settings["STRIPE_WEBHOOK_SECRET"]
        ),
        "CA_GATEWAY is the development CA.": settings["CA_GATEWAY"] == "development",
    }
    return [sentence for sentence, wrong in wanted.items() if wrong]


def _is_development_ca(path: str) -> bool:
    if not path or not Path(path).is_file():
        return False
    anchors = x509.load_pem_x509_certificates(Path(path).read_bytes())
    return any(DEVELOPMENT_MARK in anchor.subject.rfc4514_string().lower() for anchor in anchors)
