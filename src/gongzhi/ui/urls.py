"""Addresses of the design system and of the two statements every page links to."""

from django.urls import path

from . import views

app_name = "ui"
urlpatterns = [
    path("ui/", views.catalogue, name="catalogue"),
    path("ui/workbench/", views.workbench, name="workbench"),
    path("ui/refusal/", views.refuse_on_purpose, name="refusal"),
    path("look/", views.change_look, name="look"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("privacy/", views.privacy, name="privacy"),
]
