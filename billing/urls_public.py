"""Where a card company reports."""

from django.urls import path

from billing.views import cards

urlpatterns = [
    path("webhooks/psp/<slug:provider>/", cards.psp_webhook, name="psp_webhook"),
]
