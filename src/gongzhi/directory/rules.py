"""Who may do what with the registers: over a place, over an organization, or for oneself."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import Model

from gongzhi.shared.permissions import STAFF, Actor, Permission, Role

from .models import Person

# Who keeps the registers of a place: types in, corrects, answers, compares.
KEEPERS = frozenset(
    {
        Role.COUNTY_OPERATOR,
        Role.CENTER_OPERATOR,
        Role.TOWN_OFFICER,
        Role.COMMUNITY_CLERK,
        Role.PARK_OFFICER,
    }
)
COUNTY = frozenset({Role.COUNTY_OPERATOR, Role.COUNTY_OFFICER})
# An imported file writes thousands of rows: not for a single community's desk.
IMPORTERS = frozenset({Role.COUNTY_OPERATOR, Role.CENTER_OPERATOR, Role.TOWN_OFFICER})

VIEW_ORGANIZATIONS = Permission(
    code="directory.view-organizations",
    label="看组织名录",
    roles=STAFF | {Role.ORGANIZATION_MANAGER},
    organization="pk",
)
KEEP_ORGANIZATIONS = Permission(
    code="directory.keep-organizations", label="登记和更正组织", roles=KEEPERS
)
AMEND_OWN_ORGANIZATION = Permission(
    code="directory.amend-own-organization",
    label="更正本组织的联系方式和简介",
    roles=frozenset({Role.ORGANIZATION_MANAGER}),
    organization="pk",
)
RATE_ORGANIZATIONS = Permission(
    code="directory.rate-organizations",
    label="登记评估等级和社会企业阶段",
    roles=COUNTY,
)
OPEN_REPORTS = Permission(code="directory.open-reports", label="开启一个年度的年报", roles=COUNTY)
FILE_REPORTS = Permission(
    code="directory.file-reports",
    label="登记年度报告",
    roles=KEEPERS | {Role.ORGANIZATION_MANAGER},
    place="organization__place",
    organization="organization",
)
KEEP_INCOMES = Permission(code="directory.keep-incomes", label="登记集体经济收入", roles=KEEPERS)
VIEW_PEOPLE = Permission(
    code="directory.view-people", label="看志愿者名册（号码遮住）", roles=STAFF
)
KEEP_PEOPLE = Permission(
    code="directory.keep-people", label="登记和更正居民、志愿者", roles=KEEPERS
)
OPEN_NUMBERS = Permission(code="directory.open-numbers", label="写理由打开号码", roles=KEEPERS)
MERGE_PEOPLE = Permission(code="directory.merge-people", label="核对和合并重复的人", roles=KEEPERS)
ANSWER_DISPUTES = Permission(code="directory.answer-disputes", label="答复登记异议", roles=KEEPERS)
VIEW_TEAMS = Permission(
    code="directory.view-teams",
    label="看志愿队",
    roles=STAFF | {Role.ORGANIZATION_MANAGER, Role.TEAM_LEADER},
    organization="organization",
)
KEEP_TEAMS = Permission(
    code="directory.keep-teams",
    label="登记志愿队和队员",
    roles=KEEPERS | {Role.ORGANIZATION_MANAGER, Role.TEAM_LEADER},
    organization="organization",
)
IMPORT_ORGANIZATIONS = Permission(
    code="directory.import-organizations", label="导入组织、等级和集体收入", roles=IMPORTERS
)
IMPORT_PEOPLE = Permission(
    code="directory.import-people", label="导入志愿者和志愿队", roles=IMPORTERS
)


# What an organization may correct about itself; the rest is what the registrar says.
OWN_FIELDS = frozenset({"contact_name", "contact_phone", "address", "field", "purpose"})


def require_amend(by: Actor, organization: Model, fields: frozenset[str]) -> None:
    """
    Let keepers amend everything, and an organization its own contact and purpose (更正组织).

    :raises PermissionDenied: *by* may not change these *fields* of *organization*.
    """
    if fields <= OWN_FIELDS and AMEND_OWN_ORGANIZATION.allows(by, organization):
        return
    KEEP_ORGANIZATIONS.require(by, organization)


def is_oneself(by: Actor, person_id: int) -> bool:
    """Tell whether *by* is the very person that the record with *person_id* stands for (本人)."""
    own = getattr(by, "person_id", None)
    if own is None:
        return False
    if own == person_id:
        return True
    stands_for = dict(
        Person.objects.filter(pk__in=(own, person_id)).values_list("pk", "merged_into_id")
    )
    return (stands_for.get(own) or own) == (stands_for.get(person_id) or person_id)


def require_oneself(by: Actor, person_id: int) -> None:
    """
    Let nobody but the person act (本人才可以).

    :raises PermissionDenied: *by* is somebody else.
    """
    if not is_oneself(by, person_id):
        raise PermissionDenied("directory.oneself")


def require_oneself_or(by: Actor, person_id: int, permission: Permission, obj: Model) -> None:
    """
    Let the person act, or whoever holds *permission* over *obj* (本人或有权的人).

    :raises PermissionDenied: *by* is neither.
    """
    if not is_oneself(by, person_id):
        permission.require(by, obj)
