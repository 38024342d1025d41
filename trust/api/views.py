"""The door for programs: the customer's certificates, to read."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api import CustomerView
from trust.api.serializers import CertificateListSerializer, SealCertificateSerializer
from trust.queries import certificate_of, certificates_of


class CertificatesView(CustomerView):
    @extend_schema(operation_id="list_certificates", responses=CertificateListSerializer)
    def get(self, request: Request) -> Response:
        """The customer's seal certificates in the token's mode (live or test), newest first."""
        found = certificates_of(self.actor)
        return Response(CertificateListSerializer({"items": found}).data)


class CertificateView(CustomerView):
    @extend_schema(operation_id="read_certificate", responses=SealCertificateSerializer)
    def get(self, request: Request, certificate_id: str) -> Response:
        """One of the customer's seal certificates."""
        return Response(SealCertificateSerializer(certificate_of(self.actor, certificate_id)).data)
