"""Who may run the academy's classes, see who learns, and say who may teach."""

from __future__ import annotations

from dataclasses import replace

from gongzhi.shared.permissions import STAFF, Permission, Role

_ACADEMY = frozenset({Role.COUNTY_OPERATOR, Role.CENTER_OPERATOR})
RUN = Permission(
    code="academy.run",
    label="开班、点名、收作业、办结业",
    roles=_ACADEMY,
    place="series__place",
)
RUN_AT = replace(RUN, place="")
SEE = Permission(code="academy.see", label="看班和到课表", roles=STAFF, place="series__place")
SEE_COMPLETIONS = replace(SEE, place="class_run__series__place")
SEE_TRAINERS = replace(SEE, place="person__place")
PLAN = Permission(
    code="academy.plan", label="设课程、传学习资料", roles=frozenset({Role.COUNTY_OPERATOR})
)
QUALIFY = Permission(
    code="academy.qualify",
    label="认定讲师",
    roles=frozenset({Role.COUNTY_OPERATOR}),
    place="person__place",
)
