"""Reads settings from the environment, with the running embedded stack as the default.

`python -m portal.devstack up` writes `var/stack.json`: the same variable names with the addresses of the parts it
started. A variable that is set wins; so any part can be the operator's own. Production has no such defaults.
"""

from __future__ import annotations

import json
import os
import re
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from trust.rules.pool import EntryUnclear, read_entry

BASE_DIR = Path(__file__).resolve().parent.parent
PRODUCTION = os.environ.get("SEALPORT_ENVIRONMENT") == "production"
VAR_DIR = Path(os.environ.get("SEALPORT_VAR") or BASE_DIR / "var")


class WrongSetting(Exception):
    """A setting that is missing or cannot be used; the message names the variable."""


def _embedded_stack() -> dict[str, str]:
    written = VAR_DIR / "stack.json"
    return json.loads(written.read_text()) if written.exists() and not PRODUCTION else {}


_defaults = _embedded_stack()


def text(name: str, default: str = "") -> str:
    """The value of NAME, or of the file named by NAME_FILE (for secrets mounted as files)."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    return os.environ.get(name) or _defaults.get(name) or default


def flag(name: str, *, default: bool = False) -> bool:
    value = text(name, "true" if default else "false").lower()
    if value not in {"true", "false", "1", "0"}:
        raise WrongSetting(f"{name} must be true or false, not {value!r}.")
    return value in {"true", "1"}


def number(name: str, default: int) -> int:
    value = text(name, str(default))
    if not value.isdigit():
        raise WrongSetting(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def choice(name: str, default: str, *others: str) -> str:
    """One of a few words."""
    value = text(name, default)
    if value not in (default, *others):
        raise WrongSetting(f"{name} must be {' or '.join((default, *others))}, not {value!r}.")
    return value


# What ids of third parties look like: they stand in addresses of code that a page runs.
_SHAPES = {
    "GA4_ID": (r"G-[A-Z0-9]{4,16}", "G-ABC1234567"),
    "GTM_ID": (r"GTM-[A-Z0-9]{4,12}", "GTM-ABC1234"),
    "HOTJAR_ID": (r"[0-9]{4,12}", "1234567"),
    "AMPLITUDE_KEY": (r"[0-9a-f]{32}", "32 hexadecimal digits"),
}


def third_party(name: str) -> str:
    """The id of this site at a third party, or none."""
    value, (shape, example) = text(name), _SHAPES[name]
    if value and not re.fullmatch(shape, value):
        raise WrongSetting(f"{name} looks like {example}, not {value!r}.")
    return value


def listed(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def networks(name: str) -> list[str]:
    """A comma-separated list of networks in CIDR notation."""
    entries = listed(name)
    for entry in entries:
        try:
            ip_network(entry)
        except ValueError as error:
            raise WrongSetting(f"{name}: {error}.") from None
    return entries


def authorities(name: str) -> list[str]:
    """A comma-separated list of timestamp authorities; one that cannot be read is named by its place, never shown."""
    entries = listed(name)
    for place, entry in enumerate(entries, start=1):
        try:
            read_entry(entry)
        except EntryUnclear as error:
            raise WrongSetting(f"{name}, authority {place}: {error}.") from None
    return entries


def database(name: str) -> dict[str, object]:
    """Django's connection settings from a URL `postgresql://user:password@host:port/name?option=value`.

    Without one the name of a local database is given, so that commands which need no database still run; not in
    production.
    """
    url = urlsplit(text(name, "" if PRODUCTION else "postgresql:///sealport"))
    if url.scheme not in {"postgresql", "postgres"}:
        raise WrongSetting(f"{name} must begin with postgresql://")
    options = dict(parse_qsl(url.query))
    return {
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": options.pop("host", url.hostname or ""),
        "PORT": str(url.port or ""),
        "OPTIONS": {
            # Whoever freezes inside a transaction loses it, and its locks, when its lease is over.
            "options": f"-c idle_in_transaction_session_timeout={number('JOB_LEASE_SECONDS', 60)}s",
            # The same few statements run all day: PostgreSQL parses and plans each once a connection.
            "server_side_binding": True,
            "prepare_threshold": 3,
            **options,
        },
    }


def email(name: str) -> dict[str, object]:
    """Django's mail settings from `smtp://`, `smtps://` or `file:///folder` (one file a mail)."""
    url = urlsplit(text(name, "" if PRODUCTION else f"file://{VAR_DIR / 'mail'}"))
    if url.scheme == "file":
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": unquote(url.path),
        }
    if url.scheme not in {"smtp", "smtps"}:
        raise WrongSetting(f"{name} must begin with smtp://, smtps:// or file://")
    options = dict(parse_qsl(url.query))
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": url.hostname or "localhost",
        "EMAIL_PORT": url.port or (465 if url.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_SSL": url.scheme == "smtps",
        "EMAIL_USE_TLS": options.get("tls") == "true",
    }


def storage(name: str) -> dict[str, object]:
    """Django's file storage from `file:///folder` or `s3://bucket?endpoint=https://...&region=...`."""
    url = urlsplit(text(name, f"file://{VAR_DIR / 'objects'}"))
    if url.scheme == "file":
        return {"BACKEND": "kernel.storage.DurableFileSystemStorage", "OPTIONS": {"location": unquote(url.path)}}
    if url.scheme != "s3":
        raise WrongSetting(f"{name} must begin with file:// or s3://")
    options = dict(parse_qsl(url.query))
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": url.netloc,
            "endpoint_url": options.get("endpoint"),
            "region_name": options.get("region"),
            "default_acl": None,
            "file_overwrite": True,
        },
    }
