"""Addresses of this room."""

from django.urls import path

from .views import hub, organizations, people, teams

app_name = "directory"
urlpatterns = [
    path("", hub.hub, name="hub"),
    path("deadlines/", hub.deadlines, name="deadlines"),
    path("organizations/new/", organizations.register, name="register-organization"),
    path("organizations/<int:pk>/", organizations.organization, name="organization"),
    path("organizations/<int:pk>/amend/", organizations.amend, name="amend-organization"),
    path("organizations/<int:pk>/contact/", organizations.open_contact, name="open-contact"),
    path("organizations/<int:pk>/rate/", organizations.rate, name="rate"),
    path("organizations/<int:pk>/advance/", organizations.advance, name="advance"),
    path("organizations/<int:pk>/end/", organizations.end, name="end-organization"),
    path("ratings/<int:pk>/", organizations.rating, name="rating"),
    path("ratings/<int:pk>/revoke/", organizations.revoke, name="revoke-rating"),
    path("stages/<int:pk>/", organizations.stage, name="stage"),
    path("reports/open/", organizations.open_reports, name="open-reports"),
    path("reports/<int:pk>/", organizations.report, name="report"),
    path("reports/<int:pk>/file/", organizations.file_report, name="file-report"),
    path("incomes/new/", organizations.record_income, name="record-income"),
    path("people/new/", people.register, name="register-person"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/amend/", people.amend, name="amend-person"),
    path("people/<int:pk>/numbers/", people.open_numbers, name="open-numbers"),
    path("people/<int:pk>/volunteer/", people.register_volunteer, name="register-volunteer"),
    path("volunteers/<int:pk>/", people.volunteer, name="volunteer"),
    path("volunteers/<int:pk>/end/", people.end_volunteer, name="end-volunteer"),
    path("candidates/", people.candidates, name="candidates"),
    path("candidates/<int:pk>/", people.candidate, name="candidate"),
    # Published before the page and its form shared one address.
    path("candidates/<int:pk>/decide/", people.candidate, name="decide"),
    path("merges/<int:pk>/split/", people.split, name="split"),
    path("disputes/", people.disputes, name="disputes"),
    path("disputes/<int:pk>/", people.dispute, name="dispute"),
    path("disputes/<int:pk>/answer/", people.dispute, name="answer"),
    path("teams/new/", teams.found, name="found-team"),
    path("teams/<int:pk>/", teams.team, name="team"),
    path("teams/<int:pk>/join/", teams.join, name="join-team"),
    path("teams/<int:pk>/end/", teams.end, name="end-team"),
    path("memberships/<int:pk>/end/", teams.leave, name="leave-team"),
]
