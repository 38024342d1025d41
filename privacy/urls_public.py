"""Privacy on the public site, and its pages for staff."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, path

from privacy.views import binding

urlpatterns: list[URLPattern] = [
    path("staff/binding/<str:customer_id>/", admin.site.admin_view(binding.staff_binding), name="staff_binding"),
]
