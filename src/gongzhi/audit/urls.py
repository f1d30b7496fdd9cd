"""Addresses of this room."""

from django.urls import path

from . import views

app_name = "audit"
urlpatterns = [
    path("", views.line_list, name="list"),
    path("export/", views.export, name="export"),
    path("heads/", views.head_list, name="heads"),
]
