from django.urls import path

from trust import views

urlpatterns = [
    path(".well-known/sealport-receipt-keys.json", views.receipt_keys_set, name="receipt_keys"),
    path(".well-known/sealport-audit-keys.json", views.audit_keys_set, name="audit_keys"),
]
