"""Addresses of this room."""

from django.urls import path

from .views import changing, reading

app_name = "places"
urlpatterns = [
    path("", reading.tree, name="tree"),
    path("parks/add/", changing.add_park, name="add-park"),
    path("<int:pk>/", reading.detail, name="detail"),
    path("<int:pk>/", reading.detail, name="place"),  # as lists of records call it
    path("<int:pk>/add-courtyard/", changing.add_courtyard, name="add-courtyard"),
    path("<int:pk>/rename/", changing.rename, name="rename"),
    path("<int:pk>/move/", changing.move, name="move"),
    path("<int:pk>/merge/", changing.merge, name="merge"),
    path("<int:pk>/close/", changing.close, name="close"),
    path("<int:pk>/aliases/add/", changing.add_alias, name="add-alias"),
    path("<int:pk>/aliases/drop/", changing.drop_alias, name="drop-alias"),
    path("<int:pk>/links/add/", changing.link, name="link"),
    path("<int:pk>/links/end/", changing.unlink, name="unlink"),
]
