"""`/c/<slug>/...` becomes SCRIPT_NAME, so that every URL of a customer's portal is reversed with its prefix."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.urls import set_script_prefix
from django_tenants.utils import schema_context

from kernel.tenancy.connection import connection
from kernel.tenancy.context import find_customer

_PREFIX = re.compile(r"/c/([a-z0-9][a-z0-9-]{0,62})(/.*)?")


class CustomerPathMiddleware:
    """Chooses the schema by path, and never leaves a thread in a customer's schema.

    `request.customer` is the customer or None. Whether the person may be there is decided by the membership
    middleware after authentication; until then a customer that exists looks like one that does not.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        connection.set_schema_to_public()
        request.customer = None  # type: ignore[attr-defined]  # our attribute on Django's request
        try:
            if match := _PREFIX.fullmatch(request.path_info):
                if match[2] is None:
                    return HttpResponseRedirect(f"{request.path_info}/")
                self._enter(request, match[1], match[2])
            response = self.get_response(request)
            _keep_schema_while_streaming(response)
            return response
        finally:
            connection.set_schema_to_public()
            set_script_prefix("/")

    def _enter(self, request: HttpRequest, slug: str, path: str) -> None:
        request.urlconf = settings.CUSTOMER_URLCONF
        customer = find_customer("slug", slug)
        prefix = f"/c/{slug}"
        request.META["SCRIPT_NAME"] = prefix
        request.META["PATH_INFO"] = request.path_info = path
        set_script_prefix(f"{prefix}/")
        if customer is not None and customer.has_schema:  # else the membership middleware answers as for a stranger
            request.customer = customer  # type: ignore[attr-defined]  # our attribute on Django's request
            connection.set_schema(customer.schema_name)


def _keep_schema_while_streaming(response: HttpResponseBase) -> None:
    if isinstance(response, StreamingHttpResponse) and not response.is_async:
        response.streaming_content = _in_schema(connection.schema_name, response.streaming_content)


def _in_schema(schema_name: str, parts: Any) -> Iterator[bytes]:
    with schema_context(schema_name):
        yield from parts
