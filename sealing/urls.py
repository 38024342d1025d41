from django.urls import path

from sealing.views import archiving, batches, documents, evidence, export, usage
from sealing.views import seals as views

urlpatterns = [
    path("settings/export/", export.export, name="export"),
    path("seal/", views.seal_page, name="seal"),
    path("seal/upload/", views.seal_upload, name="seal_upload"),
    path("seal/status/", views.seal_status, name="seal_status"),
    path("usage/members/", usage.member_usage, name="member_usage"),
    path("usage/members.csv", usage.member_usage_csv, name="member_usage_csv"),
    path("batches/", batches.batches_page, name="batches"),
    path("batches/<str:batch_id>/", batches.batch_page, name="batch"),
    path("batches/<str:batch_id>/content/", batches.batch_content, name="batch_content"),
    path("documents/", documents.documents_page, name="seals"),
    path("documents.csv", documents.documents_csv, name="documents_csv"),
    path("documents.zip", documents.documents_zip, name="documents_zip"),
    path("documents/labels/", documents.document_labels, name="document_labels"),
    path("labels/", documents.labels_page, name="labels"),
    path("documents/<str:seal_id>/", views.seal_detail, name="seal_detail"),
    path("documents/<str:seal_id>/sharing/", documents.sharing_page, name="document_sharing"),
    path("documents/<str:seal_id>/delete/", documents.delete_page, name="document_delete"),
    path("documents/<str:seal_id>/content/", views.seal_content, name="seal_content"),
    path("documents/<str:seal_id>/evidence/", evidence.evidence_page, name="seal_evidence"),
    path("documents/<str:seal_id>/report/", evidence.seal_report, name="seal_report"),
    path("documents/<str:seal_id>/receipt/", evidence.seal_receipt, name="seal_receipt"),
    path("documents/<str:seal_id>/archive/", archiving.archive, name="seal_archive"),
]
