"""Many files in one, sent while it is written."""

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from sealing.queries.batch_archive import Archive


def archive_response(archive: Archive) -> StreamingHttpResponse:
    """The answer with a ZIP file, whose length nobody knows beforehand."""
    response = StreamingHttpResponse(archive.parts, content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=archive.name)
    return response
