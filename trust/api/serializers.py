"""How certificates look in the API."""

from __future__ import annotations

import base64
from datetime import datetime

from rest_framework import serializers

from trust.models import SealCertificate
from trust.rules.certificates import sealing_until


class SealCertificateSerializer(serializers.ModelSerializer):
    """A seal certificate; what is not known before it is imported is null or empty."""

    key_algorithm = serializers.CharField(source="key.algorithm", help_text='Like "rsa-3072" or "ec-p256".')
    certificate = serializers.SerializerMethodField(help_text="Base64 of the DER; null until imported.")
    sealing_until = serializers.SerializerMethodField(
        help_text="The last moment at which a new seal is begun with it; null until imported."
    )
    chain = serializers.SerializerMethodField(help_text="Base64 of the DER, the issuer first, without the root.")

    class Meta:
        model = SealCertificate
        fields = (
            "id",
            "state",
            "live",
            "subject",
            "issuer",
            "serial",
            "fingerprint",
            "key_algorithm",
            "not_before",
            "not_after",
            "sealing_until",
            "qualified",
            "for_electronic_seal",
            "on_secure_device",
            "requested_at",
            "activated_at",
            "ended_at",
            "certificate",
            "chain",
        )
        read_only_fields = fields

    def get_certificate(self, row: SealCertificate) -> str | None:
        return base64.b64encode(row.der).decode() if row.certificate is not None else None

    def get_sealing_until(self, row: SealCertificate) -> datetime | None:
        return sealing_until(row.not_after) if row.not_after else None

    def get_chain(self, row: SealCertificate) -> list[str]:
        return [base64.b64encode(one).decode() for one in row.issuers]


class CertificateListSerializer(serializers.Serializer):
    """All certificates of the customer; there are few."""

    items = SealCertificateSerializer(many=True)
