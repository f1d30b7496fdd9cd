"""Addresses of this room."""

from django.urls import path

from . import views

app_name = "outbox"
urlpatterns = [
    path("", views.mine, name="mine"),
    path("choices/", views.choices, name="choices"),
    path("deliveries/", views.deliveries, name="deliveries"),
    path("deliveries/<int:pk>/try-again/", views.try_again, name="try-again"),
]
