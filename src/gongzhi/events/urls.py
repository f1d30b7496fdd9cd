"""Addresses of this room."""

from django.urls import path

from .views import door, public, registering, running

app_name = "events"
urlpatterns = [
    path("", public.listing, name="list"),
    path("<int:pk>/", public.detail, name="event"),
    path("<int:pk>/register/", registering.register, name="register"),
    path("code/", registering.code, name="code"),
    path("mine/", registering.mine, name="mine"),
    path("mine/calendar/", registering.calendar, name="mine-calendar"),
    path("mine/leave/", registering.leave, name="leave"),
    path("registrations/<int:pk>/", registering.registration, name="registration"),
    path("registrations/<int:pk>/confirm/", registering.confirm, name="confirm"),
    path("registrations/<int:pk>/decline/", registering.decline, name="decline"),
    path("registrations/<int:pk>/keep/", registering.keep, name="keep"),
    path("registrations/<int:pk>/cancel/", registering.cancel, name="cancel"),
    path("answer/<str:key>/", registering.answer, name="answer"),
    path("attendances/<int:pk>/rate/", registering.rate, name="rate"),
    path("<int:pk>/here/", door.here, name="here"),
    path("work/", running.work, name="work"),
    path("new/", running.create, name="create"),
    path("<int:pk>/desk/", running.desk, name="desk"),
    path("<int:pk>/amend/", running.amend, name="amend"),
    path("<int:pk>/publish/", running.publish, name="publish"),
    path("<int:pk>/move/", running.move, name="move"),
    path("<int:pk>/call-off/", running.call_off, name="call-off"),
    path("<int:pk>/close/", running.close, name="close"),
    path("<int:pk>/quotas/new/", running.quota, name="quota"),
    path("<int:pk>/questions/", running.questions, name="questions"),
    path("<int:pk>/draw/", running.draw, name="draw"),
    path("<int:pk>/enter/", running.enter, name="enter"),
    path("registrations/<int:pk>/ahead/", running.ahead, name="ahead"),
    path("registrations/<int:pk>/take-off/", running.take_off, name="take-off"),
    # The service worker serves what is beneath its own address: the doors, and nothing else.
    path("door/", door.doors, name="doors"),
    path("door/worker.js", door.worker, name="door-worker"),
    path("door/<int:pk>/", door.door, name="door"),
    path("door/<int:pk>/code/", door.by_code, name="door-code"),
    path("door/<int:pk>/name/", door.by_name, name="door-name"),
    path("door/<int:pk>/walk-in/", door.walk_in, name="door-walk-in"),
    path("door/<int:pk>/roll/", door.roll, name="door-roll"),
    path("door/<int:pk>/sheet/", door.sheet, name="door-sheet"),
    path("door/<int:pk>/headcount/", door.headcount, name="door-headcount"),
    path("door/<int:pk>/screen/", door.screen, name="door-screen"),
    path("door/<int:pk>/people.json", door.people, name="door-people"),
    path("door/<int:pk>/facts/", door.facts, name="door-facts"),
    path("door/attendances/<int:pk>/void/", door.void, name="door-void"),
]
