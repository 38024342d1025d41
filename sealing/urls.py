from django.urls import path

from sealing.views import archiving, evidence
from sealing.views import seals as views

urlpatterns = [
    path("seal/", views.seal_page, name="seal"),
    path("seal/upload/", views.seal_upload, name="seal_upload"),
    path("seal/status/", views.seal_status, name="seal_status"),
    path("documents/", views.seals_page, name="seals"),
    path("documents/<str:seal_id>/", views.seal_detail, name="seal_detail"),
    path("documents/<str:seal_id>/content/", views.seal_content, name="seal_content"),
    path("documents/<str:seal_id>/evidence/", evidence.evidence_page, name="seal_evidence"),
    path("documents/<str:seal_id>/report/", evidence.seal_report, name="seal_report"),
    path("documents/<str:seal_id>/receipt/", evidence.seal_receipt, name="seal_receipt"),
    path("documents/<str:seal_id>/archive/", archiving.archive, name="seal_archive"),
]
