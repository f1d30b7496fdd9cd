"""Addresses of this room."""

from django.urls import path

from .views import desk, own, public

app_name = "volunteering"
urlpatterns = [
    path("", public.listing, name="list"),
    path("shifts/<int:pk>/", public.shift, name="shift"),
    path("shifts/<int:pk>/take/", public.take, name="take"),
    path("teams/<int:pk>/", public.team, name="team"),
    path("teams/<int:pk>/join/", public.join, name="join"),
    path("check/", public.check, name="check"),
    path("mine/", own.mine, name="mine"),
    path("mine/profile/", own.profile, name="profile"),
    path("mine/certificates/new/", own.issue, name="issue"),
    path("certificates/<int:pk>/", own.certificate, name="certificate"),
    path("certificates/<int:pk>/pdf/", own.certificate_pdf, name="certificate-pdf"),
    path("certificates/<int:pk>/show/", own.show, name="show"),
    path("certificates/<int:pk>/revoke/", desk.revoke, name="revoke"),
    path("manage/", desk.manage, name="manage"),
    path("manage/new/", desk.new, name="new"),
    path("manage/waiting/", desk.waiting, name="waiting"),
    path("shifts/<int:pk>/desk/", desk.desk, name="desk"),
    path("shifts/<int:pk>/publish/", desk.publish, name="publish"),
    path("shifts/<int:pk>/insure/", desk.insure, name="insure"),
    path("shifts/<int:pk>/confirm/", desk.confirm, name="confirm"),
    path("shifts/<int:pk>/type-in/", desk.type_in, name="type-in"),
    path("services/<int:pk>/certify/", desk.certify, name="certify"),
    path("services/<int:pk>/approve/", desk.approve, name="approve"),
    path("services/<int:pk>/decline/", desk.decline, name="decline"),
    path("services/<int:pk>/correct/", desk.correct, name="correct"),
]
