"""Who may found brands, plan them, choose the days of the year, and show pictures."""

from __future__ import annotations

from dataclasses import replace

from gongzhi.shared.permissions import Permission, Role

_PLANNERS = frozenset(
    {
        Role.COUNTY_OPERATOR,
        Role.CENTER_OPERATOR,
        Role.TOWN_OFFICER,
        Role.COMMUNITY_CLERK,
        Role.PARK_OFFICER,
    }
)
FOUND = Permission(
    code="activities.found-brand",
    label="设立、停办品牌活动",
    roles=frozenset({Role.COUNTY_OPERATOR, Role.COUNTY_OFFICER}),
)
PLAN = Permission(code="activities.plan", label="排品牌计划，定节令安排", roles=_PLANNERS)
# The same right, asked of a plan.
PLAN_SERIES = replace(PLAN, place="series__place")
TELL = Permission(
    code="activities.tell",
    label="写活动回顾，传照片、撤照片",
    roles=_PLANNERS | {Role.ORGANIZATION_MANAGER, Role.TEAM_LEADER},
    organization="host",
)
