from django.urls import path

from sealing.api.validations import ValidationsView
from sealing.api.views import SealContentView, SealDetailView, SealsView

urlpatterns = [
    path("seals", SealsView.as_view(), name="api_seals"),
    path("seals/<str:seal_id>", SealDetailView.as_view(), name="api_seal"),
    path("seals/<str:seal_id>/content", SealContentView.as_view(), name="api_seal_content"),
    path("validations", ValidationsView.as_view(), name="api_validations"),
]
