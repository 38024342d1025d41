"""Privacy on the public site."""

from __future__ import annotations

from django.urls import path

from privacy.views import cookies

urlpatterns = [
    path("cookies/", cookies.cookies, name="cookies"),
    path(".well-known/gpc.json", cookies.gpc, name="gpc"),
]
