"""Addresses of this room."""

from django.urls import path

from .views import desk, public

app_name = "foundation"
urlpatterns = [
    path("", public.funds, name="funds"),
    path("funds/<int:pk>/", public.fund, name="fund"),
    path("gift/", public.gift, name="gift"),
    path("desk/", desk.home, name="desk"),
    path("desk/funds/new/", desk.new_fund, name="new-fund"),
    path("desk/funds/<int:pk>/", desk.fund, name="desk-fund"),
    path("desk/funds/<int:pk>/committee/", desk.committee, name="committee"),
    path("desk/funds/<int:pk>/close/", desk.close, name="close"),
    path("desk/funds/<int:pk>/ask/", desk.ask, name="ask"),
    path("desk/payments/<int:pk>/", desk.payment, name="payment"),
    path("desk/payments/<int:pk>/decline/", desk.decline, name="decline"),
    path("desk/donors/", desk.donors, name="donors"),
    path("desk/donors/new/", desk.new_donor, name="new-donor"),
    path("desk/donors/<int:pk>/gift/", desk.new_gift, name="new-gift"),
    path("desk/gifts/<int:pk>/", desk.receipt, name="receipt"),
    path("desk/gifts/<int:pk>/void/", desk.void, name="void"),
]
