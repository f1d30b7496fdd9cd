"""Addresses of this room."""

from django.urls import path

from . import views

app_name = "directory"
urlpatterns = [
    path("", views.hub, name="hub"),
    path("organizations/<int:pk>/", views.organization, name="organization"),
    path("ratings/<int:pk>/", views.rating, name="rating"),
    path("reports/<int:pk>/", views.report, name="report"),
    path("stages/<int:pk>/", views.stage, name="stage"),
    path("people/<int:pk>/", views.person, name="person"),
    path("people/<int:pk>/numbers/", views.open_numbers, name="open-numbers"),
    path("volunteers/<int:pk>/", views.volunteer, name="volunteer"),
    path("teams/<int:pk>/", views.team, name="team"),
    path("candidates/", views.candidates, name="candidates"),
    path("candidates/<int:pk>/decide/", views.decide, name="decide"),
    path("disputes/", views.disputes, name="disputes"),
    path("disputes/<int:pk>/answer/", views.answer, name="answer"),
    path("deadlines/", views.deadlines, name="deadlines"),
]
