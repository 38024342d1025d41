from django.urls import path

from trust import views

urlpatterns = [path("certificates/", views.certificates_page, name="certificates")]
