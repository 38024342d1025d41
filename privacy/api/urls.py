"""Privacy under `/api/v1/`."""

from django.urls import path

from privacy.api.retention import RetentionExplainView

urlpatterns = [
    path("retention/explain", RetentionExplainView.as_view(), name="api_retention_explain"),
]
