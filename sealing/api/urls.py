from django.urls import path

from sealing.api.archiving import SealArchiveView
from sealing.api.evidence import SealReceiptView, SealReportView
from sealing.api.validations import ValidationsView
from sealing.api.views import SealContentView, SealDetailView, SealsView

urlpatterns = [
    path("seals", SealsView.as_view(), name="api_seals"),
    path("seals/<str:seal_id>", SealDetailView.as_view(), name="api_seal"),
    path("seals/<str:seal_id>/content", SealContentView.as_view(), name="api_seal_content"),
    path("seals/<str:seal_id>/report", SealReportView.as_view(), name="api_seal_report"),
    path("seals/<str:seal_id>/receipt", SealReceiptView.as_view(), name="api_seal_receipt"),
    path("seals/<str:seal_id>/archive", SealArchiveView.as_view(), name="api_seal_archive"),
    path("validations", ValidationsView.as_view(), name="api_validations"),
]
