"""Addresses of this room."""

from django.urls import path

from . import views

app_name = "suggestions"
urlpatterns = [
    path("", views.listing, name="list"),
    path("new/", views.write, name="write"),
    path("received/", views.received, name="received"),
    path("look-up/", views.look_up, name="look-up"),
    path("ask-again/", views.ask_again, name="ask-again"),
    path("themes/", views.themes, name="themes"),
    path("queue/", views.queue, name="queue"),
    path("queue/<int:pk>/", views.detail, name="detail"),
    path("queue/<int:pk>/answer/", views.answer, name="answer"),
    path("queue/<int:pk>/decline/", views.decline, name="decline"),
    path("queue/<int:pk>/forward/", views.forward, name="forward"),
    path("queue/<int:pk>/publish/", views.publish, name="publish"),
    path("queue/<int:pk>/retract/", views.retract, name="retract"),
    path("queue/<int:pk>/phone/", views.open_phone, name="open-phone"),
]
