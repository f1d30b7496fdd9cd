"""Addresses of this room."""

from django.urls import path

from . import views

app_name = "indicators"
urlpatterns = [
    path("work/dashboard/", views.dashboard, name="dashboard"),
    path("work/todos/", views.todo_list, name="todos"),
    path("work/measures/", views.measure_list, name="measures"),
    path("records/<str:listing>/", views.record_list, name="records"),
    path("records/<str:listing>/export/", views.export, name="export"),
    path("figures/", views.figure_list, name="figures"),
    path("figures/<str:key>/", views.figure_detail, name="figure"),
    path("figures/<str:key>/<str:form>/", views.figure_download, name="figure-download"),
]
