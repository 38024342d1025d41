from django.urls import path

from sealing import views

urlpatterns = [path("verify/", views.verify_page, name="verify")]
