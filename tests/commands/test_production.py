"""Production starts on what the operator named, and on nothing else: one sentence for each thing that is not fit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from portal.environment import BASE_DIR

FIT = {
    "SEALPORT_ENVIRONMENT": "production",
    "SECRET_KEY": "an operator's own key, which is long enough to sign sessions with",
    "BASE_URL": "https://seal.example",
    "ALLOWED_HOSTS": "seal.example",
    "DATABASE_URL": "postgresql://sealport@db.example/sealport",
    "REDIS_URL": "rediss://redis.example/0",
    "PKCS11_MODULE": "/opt/hsm/pkcs11.so",
    "PKCS11_PIN": "1234",
    "TSA_URLS": "https://tsa.example",
    "TRUST_ANCHORS": "/etc/sealport/anchors.pem",
    "EMAIL_URL": "smtps://mail.example",
}
# What an embedded stack has left in the same checkout, none of it for production.
EMBEDDED = '{"DATABASE_URL": "postgresql:///demo", "PKCS11_PIN": "demo", "REDIS_URL": "redis://demo", "DEBUG": "true"}'
PROGRAM = """
import django; django.setup()
from django.test import Client
for address, proxied in (("/livez", {}), ("/openapi.json", {}), ("/openapi.json", {"HTTP_X_FORWARDED_PROTO": "https"})):
    answer = Client().get(address, HTTP_HOST="seal.example", **proxied)
    print(answer.status_code, answer.headers.get("Location"), "Strict-Transport-Security" in answer.headers)
"""


def said_at_start(var: Path, settings: dict[str, str], program: str = "import django; django.setup()") -> str:
    (var / "stack.json").write_text(EMBEDDED)
    environment = {
        name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "PYTHONPATH"}
    } | {"DJANGO_SETTINGS_MODULE": "portal.settings", "SEALPORT_VAR": str(var), "LOG_LEVEL": "ERROR"}
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=BASE_DIR,
        env={**environment, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (ran.stderr or ran.stdout).strip().splitlines()
    return lines[-1] if ran.returncode else ran.stdout


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, ""),
        ({"SEALPORT_ENVIRONMENT": "prodction"}, "SEALPORT_ENVIRONMENT must be development or production"),
        ({"DATABASE_URL": ""}, "DATABASE_URL must begin with postgresql://"),
        ({"EMAIL_URL": ""}, "EMAIL_URL must begin with smtp://, smtps:// or file://"),
        ({"REDIS_URL": "", "PKCS11_PIN": ""}, "REDIS_URL is missing. PKCS11_PIN is missing."),
        ({"SECRET_KEY": "", "TSA_URLS": ""}, "SECRET_KEY is missing or shorter than 50 characters."),
        ({"CA_GATEWAY": "development", "DEBUG": "true"}, "DEBUG is on. CA_GATEWAY is the development CA."),
        ({"OPERATOR_COUNTRY": "lt"}, "OPERATOR_COUNTRY names no country whose public holidays are known."),
        ({"TRUSTED_PROXY_COUNT": "0"}, "TRUSTED_PROXY_COUNT is 0"),
        (
            {"STRIPE_SECRET_KEY": "sk_test_1"},
            "STRIPE_SECRET_KEY is a test key. STRIPE_WEBHOOK_SECRET is missing.",
        ),
        ({"BASE_URL": "http://seal.example"}, "BASE_URL does not begin with https://."),
    ],
)
def test_production_starts_only_on_what_is_fit_for_it(tmp_path: Path, change: dict[str, str], sentence: str) -> None:
    said = said_at_start(tmp_path, FIT | change)

    assert sentence in said
    assert bool(sentence) == bool(said)


def test_pages_are_for_https_alone_and_probes_need_no_proxy(db: None, tmp_path: Path) -> None:
    server = connection.settings_dict
    owner, place = f"{server['USER']}:{server['PASSWORD']}", f"{server['HOST']}:{server['PORT']}"
    answering = {"DATABASE_URL": f"postgresql://{owner}@{place}/{server['NAME']}"}
    assert said_at_start(tmp_path, FIT | answering, PROGRAM).splitlines() == [
        "200 None False",
        "301 https://seal.example/openapi.json False",
        "302 /api/v1/openapi.json True",
    ]


def test_no_demonstration_is_seeded_in_production(db: None, settings: object) -> None:
    settings.PRODUCTION = True  # type: ignore[attr-defined]  # pytest-django's wrapper takes any setting
    with pytest.raises(CommandError, match="not for production"):
        call_command("seed_demo")
