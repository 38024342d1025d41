"""The public site, the API and the staff admin. A customer's portal is in `urls_customer`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
