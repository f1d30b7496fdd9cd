"""Addresses of this room."""

from django.urls import path

from .views import front, mine

app_name = "portal"
urlpatterns = [
    path("", front.public_home, name="public"),
    path("work/", front.home, name="home"),
    path("search/", front.search, name="search"),
    path("help/", front.help_page, name="help"),
    path("robots.txt", front.robots, name="robots"),
    path("healthz", front.healthz, name="healthz"),
    path("mine/", mine.mine, name="mine"),
    path("mine/code/", mine.send_code, name="mine-code"),
    path("mine/prove/", mine.prove, name="mine-prove"),
    path("mine/who/", mine.who, name="mine-who"),
    path("mine/done/", mine.done, name="mine-done"),
    path("mine/download/", mine.download, name="mine-download"),
    path("mine/erase/", mine.erase, name="mine-erase"),
    path("mine/<str:kind>/<int:pk>/confirm/", mine.confirm, name="mine-confirm"),
    path("mine/<str:kind>/<int:pk>/deny/", mine.deny, name="mine-deny"),
    path("mine/<str:kind>/<int:pk>/leave/", mine.leave, name="mine-leave"),
    path("mine/<str:kind>/<int:pk>/dispute/", mine.dispute, name="mine-dispute"),
    path("work/counter/", mine.counter, name="counter"),
    path("work/counter/open/", mine.open_at_counter, name="counter-open"),
]
