"""
Who may do what, where: one rule answers for one object and for a whole list.

A permission is a value. Whoever acts (`Actor`, in practice `accounts.User`) carries the roles held
and where; nothing here knows the tables behind them, so that the lowest rooms can ask too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet, TextChoices


class Role(TextChoices):
    """What somebody was appointed to do (任职)."""

    COUNTY_OPERATOR = "county_operator", "县支持中心运营"
    COUNTY_OFFICER = "county_officer", "县级主管部门"
    COUNTY_LEADER = "county_leader", "县领导"
    CENTER_OPERATOR = "center_operator", "分中心运营"
    TOWN_OFFICER = "town_officer", "镇街干部"
    COMMUNITY_CLERK = "community_clerk", "村社专干"
    PARK_OFFICER = "park_officer", "园区工作人员"
    ORGANIZATION_MANAGER = "organization_manager", "社会组织负责人"
    TEAM_LEADER = "team_leader", "志愿队队长"
    PARTY_INSTRUCTOR = "party_instructor", "党建指导员"
    FOUNDATION_STAFF = "foundation_staff", "基金会工作人员"
    FOUNDATION_ACCOUNTANT = "foundation_accountant", "基金会会计"
    FOUNDATION_DIRECTOR = "foundation_director", "基金会负责人"
    FISCAL_ACCOUNTANT = "fiscal_accountant", "财政资金会计"
    EXPERT = "expert", "专家"
    AUDITOR = "auditor", "监督审计"
    SYSTEM_ADMIN = "system_admin", "系统管理员"
    SECURITY_ADMIN = "security_admin", "安全管理员"
    AUDIT_ADMIN = "audit_admin", "审计管理员"


STAFF = frozenset(
    {
        Role.COUNTY_OPERATOR,
        Role.COUNTY_OFFICER,
        Role.COUNTY_LEADER,
        Role.CENTER_OPERATOR,
        Role.TOWN_OFFICER,
        Role.COMMUNITY_CLERK,
        Role.PARK_OFFICER,
        Role.AUDITOR,
    }
)


@dataclass(frozen=True, kw_only=True)
class Held:
    """
    One role over one place with all beneath it, or over one organization (任职范围).

    `paths` are place paths (`"/1/5/"`); a park brings the paths of the places it lies over.
    """

    role: str
    paths: tuple[str, ...] = ()
    organization: int | None = None


class Actor(Protocol):
    """Whoever does a deed: a signed-in user, or the house itself (`HOUSE`)."""

    @property
    def pk(self) -> int | None: ...

    @property
    def is_authenticated(self) -> bool: ...

    def held(self) -> tuple[Held, ...]: ...

    def spoken_name(self) -> str: ...


class House:
    """The program itself, for scheduled jobs and the set-up command (系统)."""

    pk = None
    is_authenticated = True

    def held(self) -> tuple[Held, ...]:
        return tuple(Held(role=role, paths=("/",)) for role in Role.values)

    def spoken_name(self) -> str:
        return "系统"


HOUSE = House()


@dataclass(frozen=True, kw_only=True)
class Permission:
    """
    A right that some roles carry over everything beneath the place they are held for (权限).

    `place` is the look-up from the guarded model to its Place (empty when the model is Place);
    `organization` the look-up to its Organization, for roles held over one.
    """

    code: str
    label: str
    roles: frozenset[Role]
    place: str = "place"
    organization: str = ""

    def paths(self, by: Actor) -> tuple[str, ...]:
        """Return the place paths over which *by* holds this right."""
        return tuple(p for h in by.held() if h.role in self.roles for p in h.paths)

    def organizations(self, by: Actor) -> tuple[int, ...]:
        """Return the organizations over which *by* holds this right."""
        return tuple(h.organization for h in by.held() if h.role in self.roles and h.organization)

    def anywhere(self, by: Actor) -> bool:
        """Tell whether *by* holds this right over anything at all: for menus and routes."""
        return bool(self.paths(by) or (self.organization and self.organizations(by)))

    def at(self, by: Actor, path: str) -> bool:
        """Tell whether *by* holds this right over the place with *path*."""
        return path.startswith(self.paths(by)) if path else False

    def among(self, queryset: QuerySet, by: Actor) -> QuerySet:
        """Keep the rows over which *by* holds this right."""
        paths = self.paths(by)
        if "/" in paths:
            return queryset
        within = Q(pk__in=[])
        lookup = f"{self.place}__path" if self.place else "path"
        for path in paths:
            within |= Q(**{f"{lookup}__startswith": path})
        if self.organization and (ids := self.organizations(by)):
            within |= Q(**{f"{self.organization}__in": ids})
        return queryset.filter(within)

    def allows(self, by: Actor, obj: Model) -> bool:
        """Test *obj* by the same query that filters lists, so that the two cannot disagree."""
        return self.among(type(obj)._default_manager.filter(pk=obj.pk), by).exists()

    def require(self, by: Actor, obj: Model) -> None:
        """:raises PermissionDenied: *by* does not hold this right over *obj*."""
        if not self.allows(by, obj):
            raise PermissionDenied(self.code)

    def require_at(self, by: Actor, path: str) -> None:
        """:raises PermissionDenied: *by* does not hold this right over the place with *path*."""
        if not self.at(by, path):
            raise PermissionDenied(self.code)


def permissions_in(namespace: dict[str, object]) -> Iterable[Permission]:
    """Yield the permissions declared in a `rules` module, for the generated matrix."""
    return (value for value in namespace.values() if isinstance(value, Permission))
