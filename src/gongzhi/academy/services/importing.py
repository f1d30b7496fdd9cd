"""A list of courses written in one piece."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from gongzhi.academy import queries, rules
from gongzhi.academy.models import Course, Plan
from gongzhi.audit import services as audit
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import Actor
from gongzhi.shared.registers import Written


@transaction.atomic
def import_courses(
    *, by: Actor, rows: dict[str, Sequence[Any]], place: Place, now: datetime
) -> Written:
    """
    Write a chunk of courses, known by plan and title (导入课程名录): a known one is corrected.

    :raises PermissionDenied: *by* plans no courses.
    """
    rules.PLAN.require_at(by, queries.county_path())
    # Whoever enters courses of a plan does so one after the other.
    list(
        Plan.objects.select_for_update(no_key=True).filter(pk__in=set(rows["plan"])).order_by("pk")
    )
    known = {
        (c.plan_id, c.title): c
        for c in Course.objects.filter(plan__in=set(rows["plan"]), ended_on=None)
    }
    written, fresh = Written(), []
    for plan, title, times, work, syllabus in zip(
        *(rows[key] for key in ("plan", "title", "times", "work", "syllabus")), strict=True
    ):
        course = known.get((plan, title))
        if course is None:
            fresh.append(
                Course(
                    plan_id=plan,
                    title=title,
                    sessions_wanted=times,
                    work=work,
                    syllabus=syllabus,
                    founded_on=today(now),
                )
            )
        elif (course.sessions_wanted, course.work) != (times, work):
            course.sessions_wanted, course.work = times, work
            course.syllabus = syllabus or course.syllabus
            course.save(update_fields=["sessions_wanted", "work", "syllabus"])
            written.changed += 1
        else:
            written.same += 1
    Course.objects.bulk_create(fresh)
    written.new = len(fresh)
    audit.record(
        by,
        "academy.courses-imported",
        place=place.path,
        changes={"新增": [None, written.new], "更正": [None, written.changed]},
        now=now,
    )
    return written
