"""Addresses of trust under `/api/v1/`."""

from django.urls import path

from trust.api.views import CertificatesView, CertificateView

urlpatterns = [
    path("certificates", CertificatesView.as_view(), name="api_certificates"),
    path("certificates/<str:certificate_id>", CertificateView.as_view(), name="api_certificate"),
]
