"""Accounts in a customer's portal."""

from django.urls import path

from accounts.views import api_tokens, audit, people

urlpatterns = [
    path("people/", people.people, name="people"),
    path("audit/", audit.audit_trail, name="audit"),
    path("audit.csv", audit.audit_csv, name="audit_csv"),
    path("audit.json", audit.audit_json, name="audit_json"),
    path("audit/evidence.jsonl", audit.audit_evidence, name="audit_evidence"),
    path("developers/tokens/", api_tokens.api_tokens, name="api_tokens"),
]
