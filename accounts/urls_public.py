"""Accounts on the public site. Before allauth's and the admin's own URLs, some of which ours replace by their names."""

from django.urls import path
from django.views.generic import RedirectView

from accounts.views import entrance, legal, own_account, single_sign_on

urlpatterns = [
    path("account/signup/", RedirectView.as_view(pattern_name="sign_up", query_string=True)),
    path("account/preferences/", own_account.preferences, name="preferences"),
    path("account/sessions/", own_account.sessions, name="usersessions_list"),
    path("account/email/", own_account.email, name="account_email"),
    path("account/password/set/", own_account.password_set, name="account_set_password"),
    path("account/2fa/totp/activate/", own_account.activate_totp, name="mfa_activate_totp"),
    path("account/2fa/webauthn/add/", own_account.add_passkey, name="mfa_add_webauthn"),
    path("sign-up/", entrance.sign_up, name="sign_up"),
    path("customers/", entrance.customers, name="customers"),
    path("invitations/<str:secret>/", entrance.invitation, name="invitation"),
    path("legal/", legal.legal_documents, name="legal"),
    path("legal/<slug:kind>/<str:version>/", legal.legal_document, name="legal_document"),
    path("legal/<slug:kind>/<str:version>/text/", legal.legal_text, name="legal_text"),
    path("legal/<slug:kind>/<str:version>/pdf/", legal.legal_pdf, name="legal_pdf"),
    path("staff/login/", entrance.staff_entrance, name="staff_entrance"),
    path("account/sso/", single_sign_on.search, name="provider_search"),
    path("account/sso/confirm/", single_sign_on.confirm, name="provider_confirm"),
    path("account/sso/<str:provider_id>/", single_sign_on.entrance, name="provider_entrance"),
    path("account/sso/<str:provider_id>/start/", single_sign_on.start, name="provider_start"),
    path("account/sso/<str:provider_id>/callback/", single_sign_on.callback, name="provider_callback"),
    path("account/sso/<str:provider_id>/assertion/", single_sign_on.assertion_posted, name="provider_assertion"),
    path("account/sso/<str:provider_id>/finish/", single_sign_on.finish, name="provider_finish"),
    path("account/sso/<str:provider_id>/metadata/", single_sign_on.metadata, name="provider_metadata"),
    path("language/", own_account.set_language, name="set_language"),
]
