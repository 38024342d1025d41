"""Accounts in a customer's portal."""

from django.urls import path

from accounts.views import (
    api_tokens,
    audit,
    audit_period,
    contract,
    invitation_list,
    mail_server,
    member,
    notices,
    people,
    references,
    roles,
    sign_in,
    staff_access,
    webhooks,
)

urlpatterns = [
    path("settings/", contract.settings, name="settings"),
    path("settings/contract/", contract.contract, name="settings_contract"),
    path("settings/closing/", contract.closing, name="settings_closing"),
    path("people/", people.people, name="people"),
    path("notices/", notices.notices, name="notices"),
    path("notices/preferences/", notices.notice_preferences, name="notice_preferences"),
    path("notices/<str:notice_id>/", notices.notice, name="notice"),
    path("settings/mail/", mail_server.settings_mail, name="settings_mail"),
    path("people.csv", people.people_csv, name="people_csv"),
    path("people/roles/", roles.roles, name="roles"),
    path("people/documents/", roles.document_rules, name="document_rules"),
    path("people/list/", invitation_list.invitation_list, name="invitation_list"),
    path("people/leave/", member.leave, name="leave"),
    path("people/<str:membership_id>/", member.member, name="member"),
    path("audit/", audit.audit_trail, name="audit"),
    path("audit/period/", audit_period.audit_period, name="audit_period"),
    path("audit.csv", audit.audit_csv, name="audit_csv"),
    path("audit.json", audit.audit_json, name="audit_json"),
    path("audit/evidence.jsonl", audit.audit_evidence, name="audit_evidence"),
    path("developers/tokens/", api_tokens.api_tokens, name="api_tokens"),
    path("settings/access/", staff_access.staff_access, name="settings_access"),
    path("settings/reference/", references.reference, name="settings_reference"),
    path("settings/sign-in/", sign_in.sign_in, name="settings_sign_in"),
    path("developers/events/", webhooks.events, name="events"),
    path("developers/webhooks/", webhooks.webhooks, name="webhooks"),
    path("developers/webhooks/<str:webhook_id>/", webhooks.webhook, name="webhook"),
    path(
        "developers/webhooks/<str:webhook_id>/deliveries/<str:delivery_id>/",
        webhooks.webhook_delivery,
        name="webhook_delivery",
    ),
]
