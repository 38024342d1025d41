"""Addresses across the border between the public site and a customer's portal."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import get_script_prefix, reverse, set_script_prefix


def _reverse(prefix: str, name: str, urlconf: str, **arguments: Any) -> str:
    before = get_script_prefix()
    set_script_prefix(prefix)
    try:
        return reverse(name, urlconf=urlconf, kwargs=arguments or None)
    finally:
        set_script_prefix(before)


def public_url(name: str, **arguments: Any) -> str:
    """The path of a public page, from wherever one is."""
    return _reverse("/", name, settings.ROOT_URLCONF, **arguments)


def customer_url(slug: str, name: str, **arguments: Any) -> str:
    """The path of a page in the portal of the customer `slug`."""
    return _reverse(f"/c/{slug}/", name, settings.CUSTOMER_URLCONF, **arguments)
