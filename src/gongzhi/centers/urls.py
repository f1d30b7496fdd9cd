"""Addresses of this room."""

from django.urls import path

from .views import bookings, public, running

app_name = "centers"
urlpatterns = [
    path("", public.listing, name="list"),
    path("<int:pk>/", public.detail, name="detail"),
    path("venues/<int:pk>/book/", bookings.book, name="book"),
    path("bookings/", bookings.mine, name="bookings"),
    path("bookings/<int:pk>/", bookings.booking, name="booking"),
    path("bookings/<int:pk>/confirm/", bookings.confirm, name="confirm"),
    path("bookings/<int:pk>/decline/", bookings.decline, name="decline"),
    path("bookings/<int:pk>/cancel/", bookings.cancel, name="cancel"),
    path("bookings/<int:pk>/phone/", bookings.open_phone, name="open-phone"),
    path("manage/", running.manage, name="manage"),
    path("new/", running.open_center, name="open"),
    path("<int:pk>/desk/", running.desk, name="desk"),
    path("<int:pk>/describe/", running.describe, name="describe"),
    path("<int:pk>/close/", running.close_center, name="close"),
    path("<int:pk>/hours/", running.hours, name="hours"),
    path("<int:pk>/special-days/", running.special_day, name="special-day"),
    path("special-days/<int:pk>/drop/", running.drop_special_day, name="drop-special-day"),
    path("<int:pk>/rules/new/", running.publish_rule, name="publish-rule"),
    path("<int:pk>/venues/new/", running.add_venue, name="add-venue"),
    path("venues/<int:pk>/change/", running.change_venue, name="change-venue"),
    path("venues/<int:pk>/close/", running.close_venue, name="close-venue"),
    path("<int:pk>/operators/new/", running.appoint, name="appoint"),
    path("operators/<int:pk>/end/", running.end_operator, name="end-operator"),
]
