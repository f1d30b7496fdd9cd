"""Addresses of this room."""

from django.urls import path

from . import views

app_name = "registers"
urlpatterns = [
    path("", views.listing, name="list"),
    path("imports/<int:pk>/", views.detail, name="detail"),
    path("imports/<int:pk>/columns/", views.map_columns, name="columns"),
    path("imports/<int:pk>/faults/<int:fault>/accept/", views.accept, name="accept"),
    path("imports/<int:pk>/confirm/", views.confirm, name="confirm"),
    path("imports/<int:pk>/pause/", views.pause, name="pause"),
    path("imports/<int:pk>/resume/", views.resume, name="resume"),
    path("imports/<int:pk>/drop/", views.drop, name="drop"),
    path("imports/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("imports/<int:pk>/faulty-rows/", views.faulty_rows, name="faulty-rows"),
    path("<str:key>/", views.upload, name="upload"),
    path("<str:key>/template/", views.template, name="template"),
]
