"""The portal's URLconf with a hole: a view that finds a seal by its id in whatever schema it is."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django_tenants.utils import schema_context

from accounts.models import Customer
from portal import urls_customer
from sealing.models import Seal


def backdoor(request: HttpRequest, seal_id: str) -> HttpResponse:
    for customer in Customer.objects.all():
        with schema_context(customer.schema_name):
            if seal := Seal.objects.filter(id=seal_id).first():
                return HttpResponse(seal.certificate_subject)
    raise Http404


urlpatterns = [*urls_customer.urlpatterns, path("backdoor/<str:seal_id>/", backdoor)]
