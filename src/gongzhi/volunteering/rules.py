"""Who may ask for volunteers, confirm and approve hours, issue and revoke certificates."""

from __future__ import annotations

from dataclasses import replace

from django.core.exceptions import PermissionDenied

from gongzhi.directory.models import Person
from gongzhi.directory.queries import is_oneself
from gongzhi.shared.permissions import STAFF, Actor, Permission, Role

from .models import Service

_RUNNERS = frozenset(
    {
        Role.COUNTY_OPERATOR,
        Role.CENTER_OPERATOR,
        Role.TOWN_OFFICER,
        Role.COMMUNITY_CLERK,
        Role.PARK_OFFICER,
    }
)
_LEADERS = frozenset({Role.ORGANIZATION_MANAGER, Role.TEAM_LEADER})

RUN = Permission(
    code="volunteering.run",
    label="发布志愿岗位，记保险",
    roles=_RUNNERS | _LEADERS,
    place="event__place",
    organization="event__host",
)
CONFIRM = Permission(
    code="volunteering.confirm-hours",
    label="按到场核时长、照签到表补记",
    roles=_RUNNERS | _LEADERS,
    place="event__place",
    organization="event__host",
)
# Typed hours are approved by somebody of another role: a team leader types, a clerk approves.
APPROVE = Permission(
    code="volunteering.approve-hours",
    label="核别人补记的时长",
    roles=_RUNNERS | {Role.ORGANIZATION_MANAGER},
    organization="event__host",
)
CORRECT = Permission(code="volunteering.correct-hours", label="更正时长，写明原因", roles=_RUNNERS)
SEE = Permission(
    code="volunteering.see",
    label="看志愿服务记录",
    roles=STAFF | _LEADERS,
    organization="team__organization",
)
CERTIFY = Permission(
    code="volunteering.certify",
    label="替志愿者出证明、作废证明",
    roles=_RUNNERS,
    place="person__place",
)
IMPORT = Permission(
    code="volunteering.import-hours",
    label="导入别的系统的时长",
    roles=frozenset({Role.COUNTY_OPERATOR, Role.CENTER_OPERATOR, Role.TOWN_OFFICER}),
)
# The same right over a person.
CERTIFY_PEOPLE = replace(CERTIFY, place="place")


def require_oneself(by: Actor, person_id: int) -> None:
    """:raises PermissionDenied: *by* is somebody else."""
    if not is_oneself(by, person_id):
        raise PermissionDenied("volunteering.oneself")


def require_oneself_or_certify(by: Actor, person: Person) -> None:
    """:raises PermissionDenied: *by* is neither the person nor certifies people there."""
    if not is_oneself(by, person.pk):
        CERTIFY_PEOPLE.require(by, person)


def allow_anyone(by: Actor) -> None:
    """Everybody may check a certificate (谁都可以验): said aloud, so that it was asked."""


def role_of(by: Actor) -> str:
    """Return the role somebody acts in, as it is kept beside what they typed (以什么身份)."""
    held = [h.role for h in by.held()]
    return held[0] if held else ""


def is_second(by: Actor, service: Service) -> bool:
    """Tell whether *by* is a second person of another role than whoever typed the hours (另一个人，另一种身份)."""
    return by.pk != service.recorded_by_id and role_of(by) != service.recorded_as
