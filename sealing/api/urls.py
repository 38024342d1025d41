from django.urls import path

from sealing.api.archiving import SealArchiveView
from sealing.api.batches import BatchContentView, BatchDetailView, BatchesView
from sealing.api.evidence import SealReceiptView, SealReportView
from sealing.api.labels import LabelsView, StorageView
from sealing.api.validations import ValidationsView
from sealing.api.views import SealContentView, SealDetailView, SealsView

urlpatterns = [
    path("seals", SealsView.as_view(), name="api_seals"),
    path("seals/<str:seal_id>", SealDetailView.as_view(), name="api_seal"),
    path("seals/<str:seal_id>/content", SealContentView.as_view(), name="api_seal_content"),
    path("seals/<str:seal_id>/report", SealReportView.as_view(), name="api_seal_report"),
    path("seals/<str:seal_id>/receipt", SealReceiptView.as_view(), name="api_seal_receipt"),
    path("batches", BatchesView.as_view(), name="api_batches"),
    path("batches/<str:batch_id>", BatchDetailView.as_view(), name="api_batch"),
    path("batches/<str:batch_id>/content", BatchContentView.as_view(), name="api_batch_content"),
    path("labels", LabelsView.as_view(), name="api_labels"),
    path("storage", StorageView.as_view(), name="api_storage"),
    path("seals/<str:seal_id>/archive", SealArchiveView.as_view(), name="api_seal_archive"),
    path("validations", ValidationsView.as_view(), name="api_validations"),
]
