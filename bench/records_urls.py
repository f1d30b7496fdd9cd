"""The house's own addresses, and those of the peer and the floor that the page is measured beside."""

from django.urls import path

from gongzhi.config import urls as house

from . import records

urlpatterns = [
    path("bench/plain/", records.plain, name="bench-plain"),
    path("bench/raw/", records.raw, name="bench-raw"),
    *house.urlpatterns,
]
handler400, handler403 = house.handler400, house.handler403
handler404, handler500 = house.handler404, house.handler500
