"""`/api/v1/seals/{id}/archive`: another archive timestamp for a sealed file."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api import PROBLEM, CustomerView
from sealing.actions.archive_seal import archive_seal
from sealing.api.inputs import wait_seconds
from sealing.api.representation import SealRepresentation, represent
from sealing.api.views import Problem, seal_urls, wait_until
from sealing.queries import seals as queries


class SealArchiveView(CustomerView):
    """Renew the archive timestamp of a seal, or raise its level to B-LTA."""

    @extend_schema(
        operation_id="archive_seal",
        summary="Add an archive timestamp to a sealed document",
        request=None,
        parameters=[
            OpenApiParameter(
                "Prefer",
                str,
                OpenApiParameter.HEADER,
                description="wait=30 holds the answer up to 30 s until archived.",
            )
        ],
        responses={
            200: OpenApiResponse(
                SealRepresentation, "Archived: the content is another file now, `archived_until` later."
            ),
            202: OpenApiResponse(
                SealRepresentation, "Queued; `archiving` is true until it is done. Nothing is charged."
            ),
            (409, PROBLEM): OpenApiResponse(Problem, "There is no sealed file yet."),
            (422, PROBLEM): OpenApiResponse(Problem, "Refused; `code` says why."),
        },
    )
    def post(self, request: Request, seal_id: str) -> Response:
        archive_seal(actor=self.actor, seal_id=seal_id, now=self.now)
        wait_until(lambda: not queries.is_being_archived(seal_id), wait_seconds(request))
        seal = queries.seal(self.actor, seal_id, ordered=True)
        return Response(represent(seal, **seal_urls(request, seal_id)), status=202 if seal.archiving else 200)
