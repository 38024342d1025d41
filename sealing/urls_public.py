from django.urls import path

from sealing.views import verification as views

urlpatterns = [
    path("verify/", views.verify_page, name="verify"),
    path("verify/report/", views.verify_report, name="verify_report"),
]
