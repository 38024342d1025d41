"""Accounts under `/api/v1/`."""

from django.urls import path

from accounts.api.audit import AuditView

urlpatterns = [path("audit", AuditView.as_view(), name="api_audit")]
