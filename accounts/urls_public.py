"""Accounts on the public site. Before allauth's and the admin's own URLs, some of which ours replace by their names."""

from django.urls import path
from django.views.generic import RedirectView

from accounts.views import entrance, own_account

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
    path("staff/login/", entrance.staff_entrance, name="staff_entrance"),
    path("language/", own_account.set_language, name="set_language"),
]
