"""The support view, for staff who have signed in at `/staff/`."""

from django.contrib import admin
from django.urls import path

from sealing.views import support

urlpatterns = [
    path("<str:grant_id>/", admin.site.admin_view(support.documents), name="support_documents"),
    path("<str:grant_id>/trail/", admin.site.admin_view(support.trail), name="support_trail"),
    path("<str:grant_id>/<str:seal_id>/", admin.site.admin_view(support.document), name="support_document"),
    path("<str:grant_id>/<str:seal_id>/content/", admin.site.admin_view(support.content), name="support_content"),
]
