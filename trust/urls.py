from django.urls import path

from trust import views

urlpatterns = [
    path("certificates/", views.certificates_page, name="certificates"),
    path("certificates/order/", views.order_page, name="order_certificate"),
    path("certificates/orders/<str:order_id>/", views.order_detail_page, name="certificate_order"),
    path("certificates/orders/<str:order_id>/minutes.pdf", views.minutes_file, name="ceremony_minutes"),
    path("certificates/<str:certificate_id>/", views.certificate_page, name="certificate"),
    path("certificates/<str:certificate_id>/chain.pem", views.chain_file, name="certificate_chain"),
]
