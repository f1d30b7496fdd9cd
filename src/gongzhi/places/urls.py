"""Addresses of this room."""

from django.urls import path

from . import views

app_name = "places"
urlpatterns = [
    path("", views.tree, name="tree"),
    path("parks/add/", views.add_park, name="add-park"),
    path("<int:pk>/", views.place, name="place"),
    path("<int:pk>/add-courtyard/", views.add_courtyard, name="add-courtyard"),
    path("<int:pk>/rename/", views.rename, name="rename"),
    path("<int:pk>/move/", views.move, name="move"),
    path("<int:pk>/merge/", views.merge, name="merge"),
    path("<int:pk>/close/", views.close, name="close"),
    path("<int:pk>/aliases/add/", views.add_alias, name="add-alias"),
    path("<int:pk>/aliases/drop/", views.drop_alias, name="drop-alias"),
    path("<int:pk>/links/add/", views.link, name="link"),
    path("<int:pk>/links/end/", views.unlink, name="unlink"),
]
