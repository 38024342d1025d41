"""`/api/v1/validations`: anybody's signed file, verified and forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import parsers, renderers, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api import CustomerView
from kernel.errors import FieldError, InvalidInput
from sealing.actions.verify_document import DIGEST_SIZES, verify_document
from sealing.api.inputs import check_size, only_known
from sealing.api.validation_print import print_validation
from sealing.api.validation_representation import ValidationRepresentation, represent_validation
from sealing.api.views import AnyAnswer
from sealing.formats.verification.report import etsi_report
from sealing.rules.liability import MOST_DECLARED
from sealing.rules.requests import plain_name

XML = "application/xml"
PDF = "application/pdf"


class ValidationInput(serializers.Serializer):
    file = serializers.FileField(help_text="The signed file: PDF, ASiC container (.asice, .bdoc, .edoc), CMS (.p7s).")
    document = serializers.FileField(required=False, help_text="What a signature that lies apart (.p7s) is about.")
    digest = serializers.CharField(
        required=False, help_text="Instead of `document`: its SHA-256, SHA-384 or SHA-512 in hexadecimal."
    )
    declared_value = serializers.DecimalField(
        14, 2, required=False, help_text="What the document is worth, in euros. It decides the liability statement."
    )


class ValidationsView(CustomerView):
    """Verify files. Any token may; nothing of the file is kept."""

    content_negotiation_class = AnyAnswer
    parser_classes = [parsers.MultiPartParser]
    renderer_classes = [renderers.JSONRenderer]

    @extend_schema(
        operation_id="create_validation",
        summary="Verify a signed file",
        request={"multipart/form-data": ValidationInput},
        parameters=[
            OpenApiParameter(
                "Accept",
                str,
                OpenApiParameter.HEADER,
                description="application/xml: a report by ETSI TS 119 102-2; application/pdf: a report to print.",
            )
        ],
        responses={
            200: OpenApiResponse(ValidationRepresentation, "The verdict. A file that cannot be judged has one, too.")
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        check_size(request)
        body = cast("Mapping[str, Any]", request.data)
        only_known(body, {"file", "document", "digest", "declared_value"})
        file = body.get("file")
        if not isinstance(file, UploadedFile):
            detail = _("Send the signed file as “file” in a multipart form.")
            raise InvalidInput(errors=[FieldError("/file", "required", detail)])
        if body.get("document") and body.get("digest"):
            detail = _("Send the document or its digest, not both.")
            raise InvalidInput(errors=[FieldError("/digest", "document_or_digest", detail)])
        validation = verify_document(
            content=cast("BinaryIO", file),
            document=_document(body.get("document")),
            digest=_digest(body.get("digest")),
            declared_value=_amount(body.get("declared_value")),
            free=not self.actor.live,
            now=self.now,
        )
        wanted = request.headers.get("Accept", "")
        if XML in wanted:
            return HttpResponse(etsi_report(validation.found, verified_at=self.now), content_type=XML)
        represented = represent_validation(validation)
        if PDF in wanted:
            printed = print_validation(represented, name=plain_name(file.name or ""))
            return HttpResponse(printed, content_type=PDF)
        return Response(represented)


def _document(file: Any) -> BinaryIO | None:
    if file is not None and not isinstance(file, UploadedFile):
        detail = _("Send the document as a file in the multipart form.")
        raise InvalidInput(errors=[FieldError("/document", "not_a_file", detail)])
    return cast("BinaryIO | None", file)


def _digest(text: Any) -> bytes:
    try:
        digest = bytes.fromhex(str(text or ""))
    except ValueError:
        digest = b"?"
    if digest and len(digest) not in DIGEST_SIZES:
        detail = _("Give a SHA-256, SHA-384 or SHA-512 in hexadecimal.")
        raise InvalidInput(errors=[FieldError("/digest", "not_a_digest", detail)])
    return digest


def _amount(text: Any) -> Decimal | None:
    if text in (None, ""):
        return None
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not (amount.is_finite() and 0 <= amount <= MOST_DECLARED):
        detail = _("Give an amount in euros, such as 1500.00.")
        raise InvalidInput(errors=[FieldError("/declared_value", "not_an_amount", detail)])
    return amount.quantize(Decimal("0.01"))
