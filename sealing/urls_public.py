from django.urls import path

from sealing.views import verification as views

urlpatterns = [path("verify/", views.verify_page, name="verify")]
