"""Who may plan events, register people for them, and stand at the door."""

from __future__ import annotations

from dataclasses import replace

from django.core.exceptions import PermissionDenied

from gongzhi.directory.models import Organization, Person, Team
from gongzhi.directory.queries import is_oneself
from gongzhi.shared.permissions import STAFF, Actor, Permission, Role

from .models import Event, Registration

_RUNNERS = frozenset(
    {
        Role.COUNTY_OPERATOR,
        Role.CENTER_OPERATOR,
        Role.TOWN_OFFICER,
        Role.COMMUNITY_CLERK,
        Role.PARK_OFFICER,
    }
)
_HOSTS = frozenset({Role.ORGANIZATION_MANAGER, Role.TEAM_LEADER})

PLAN = Permission(
    code="events.plan",
    label="办场次：发布、改期、取消、收尾",
    roles=_RUNNERS | _HOSTS,
    organization="host",
)
ENTER_OTHERS = Permission(
    code="events.enter-others", label="代居民报名", roles=_RUNNERS | _HOSTS, organization="host"
)
# The same right over residents of one's own place, whose event it may be.
ENTER_NEIGHBORS = Permission(
    code="events.enter-neighbors", label="代本村社居民报名", roles=_RUNNERS
)
CHECK_IN = Permission(
    code="events.check-in", label="登记到场", roles=_RUNNERS | _HOSTS, organization="host"
)
SEE = Permission(
    code="events.see-people",
    label="看报名和到场的名单（号码遮住）",
    roles=STAFF | _HOSTS,
    organization="host",
)
# The same rights, asked of a row of an event.
SEE_ATTENDANCES = replace(SEE, place="event__place", organization="event__host")
IMPORT = Permission(
    code="events.import-attendance", label="导入签到表", roles=_RUNNERS, place="place"
)


def require_oneself(by: Actor, person_id: int) -> None:
    """:raises PermissionDenied: *by* is somebody else."""
    if not is_oneself(by, person_id):
        raise PermissionDenied("events.oneself")


def allow_anyone(by: Actor) -> None:
    """Whoever proved a phone may say who they are (人人可办): said aloud, so that it was asked."""


def serves(by: Actor, event: Event, person: Person) -> bool:
    """Tell whether *by* registers people at work: for their event, or for residents of their place."""
    return ENTER_OTHERS.allows(by, event) or ENTER_NEIGHBORS.at(by, person.place.path)


def require_enter(by: Actor, event: Event, person: Person) -> None:
    """
    Let whoever is known register somebody else with their consent (代报名): staff anyone, residents their family.

    :raises PermissionDenied: *by* is nobody in particular.
    """
    if getattr(by, "person_id", None) is None and not serves(by, event, person):
        raise PermissionDenied(ENTER_OTHERS.code)


def owns(by: Actor, registration: Registration) -> bool:
    """Tell whether it is *by*'s own registration, or one they made for their family."""
    if by.pk is not None and registration.registered_by_id == by.pk:
        return True
    return is_oneself(by, registration.person_id)


def require_answer(by: Actor, registration: Registration) -> None:
    """
    Let the person, whoever registered them, and those who run the event answer for a registration.

    :raises PermissionDenied: *by* is none of them.
    """
    if owns(by, registration):
        return
    if not ENTER_NEIGHBORS.at(by, registration.person.place.path):
        ENTER_OTHERS.require(by, registration.event)


def comes_for(by: Actor, organization: Organization, person: Person) -> bool:
    """Tell whether *person* may come for *organization*: a member of its teams, or said by its manager or staff."""
    if organization.pk in PLAN.organizations(by) or ENTER_NEIGHBORS.at(by, organization.place.path):
        return True
    return Team.objects.filter(
        organization=organization,
        memberships__person=person.pk,
        memberships__left_on=None,
    ).exists()
