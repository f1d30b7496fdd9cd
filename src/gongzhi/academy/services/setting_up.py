"""Schools and plans that come as data; courses and their papers."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from gongzhi.academy import queries, rules
from gongzhi.academy.models import Course, Material, Plan, School
from gongzhi.audit import services as audit
from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.text import normalize

SINCE = date(2020, 1, 1)  # the schools of the case are older than any record here
LARGEST = 50 * 1024 * 1024
# The first bytes of the kinds of paper that are taken: a name alone proves nothing.
KINDS = {
    "pdf": (b"%PDF-",),
    "docx": (b"PK\x03\x04",),
    "pptx": (b"PK\x03\x04",),
    "xlsx": (b"PK\x03\x04",),
    "jpg": (b"\xff\xd8\xff",),
    "png": (b"\x89PNG",),
}


class CourseUnclear(Unacceptable):
    code = "academy.course-unclear"
    message = "{wrong}，所以没有存。{mend}。"

    def __init__(self, *, wrong: str, mend: str, field: str) -> None:
        self.field = field
        super().__init__(wrong=wrong, mend=mend)


class CourseTaken(Refused):
    code = "academy.course-taken"
    message = "{plan}里已经有“{title}”这门课，直接开班就行；要改内容，请先停掉原来那门。"


class CourseEnded(Refused):
    code = "academy.course-ended"
    message = "“{title}”已经停了，不能再{what}。"


@transaction.atomic
def set_up_schools(*, by: Actor, now: datetime) -> int:
    """
    Enter the schools and plans that come with the program, once, and return how many (设好学苑和计划).

    :raises PermissionDenied: *by* plans no courses.
    """
    rules.PLAN.require_at(by, queries.county_path())
    made = 0
    for row in queries.packaged("schools"):
        made += School.objects.get_or_create(
            key=row["key"], defaults={"name": row["name"], "summary": row["summary"]}
        )[1]
    ids = dict(School.objects.values_list("key", "pk"))
    for row in queries.packaged("plans"):
        made += Plan.objects.get_or_create(
            key=row["key"],
            defaults={
                "school_id": ids[row["school"]],
                "name": row["name"],
                "audience": row["audience"],
                "summary": row["summary"],
                "trains_trainers": row["trains_trainers"] == "yes",
                "founded_on": SINCE,
            },
        )[1]
    if made:
        audit.record(by, "academy.set-up", changes={"学苑和计划": [None, made]}, now=now)
    return made


@transaction.atomic
def found_course(
    *,
    by: Actor,
    plan: Plan,
    title: str,
    sessions_wanted: int,
    now: datetime,
    syllabus: str = "",
    work: str = "",
) -> Course:
    """
    Enter a course of a plan (设课程): how many sessions it takes to complete it, and what is to be handed in.

    :raises PermissionDenied: *by* plans no courses.
    :raises CourseUnclear: no title, or no session wanted.
    :raises CourseTaken: the plan has it.
    """
    rules.PLAN.require_at(by, queries.county_path())
    plan = Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    title = normalize(title)
    if not title:
        raise CourseUnclear(wrong="没有写课程名称", mend="请写上", field="title")
    if not 1 <= sessions_wanted <= 60:
        raise CourseUnclear(
            wrong="没有写到几次课才结业", mend="请填1到60的整数", field="sessions_wanted"
        )
    if plan.courses.filter(title=title[:60], ended_on=None).exists():
        raise CourseTaken(plan=plan.name, title=title)
    course = Course.objects.create(
        plan=plan,
        title=title[:60],
        syllabus=syllabus.strip()[:2000],
        sessions_wanted=sessions_wanted,
        work=normalize(work)[:40],
        founded_on=today(now),
    )
    audit.record(
        by, "academy.course-founded", course, changes={"课程": ["", course.title]}, now=now
    )
    return course


@transaction.atomic
def end_course(*, by: Actor, course: Course, now: datetime) -> Course:
    """
    Give a course no more (停课程); classes that go on are finished.

    :raises PermissionDenied: *by* plans no courses.
    :raises CourseEnded: it has ended.
    """
    rules.PLAN.require_at(by, queries.county_path())
    course = Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    if course.ended_on:
        raise CourseEnded(title=course.title, what="停")
    course.ended_on = today(now)
    course.save(update_fields=["ended_on"])
    audit.record(by, "academy.course-ended", course, now=now)
    return course


@transaction.atomic
def add_material(
    *, by: Actor, course: Course, title: str, file: BinaryIO, filename: str, now: datetime
) -> Material:
    """
    Give a paper to those who learn (传学习资料): PDF, Office or a picture, at most 50 MB, known by its content.

    :raises PermissionDenied: *by* plans no courses.
    :raises CourseUnclear: no title, too large, or not one of these kinds.
    """
    rules.PLAN.require_at(by, queries.county_path())
    title = normalize(title)
    if not title:
        raise CourseUnclear(wrong="没有写资料名称", mend="请写一句它是什么", field="title")
    data = file.read(LARGEST + 1)
    kind = filename.rpartition(".")[2].lower()
    kind = "jpg" if kind == "jpeg" else kind
    if len(data) > LARGEST:
        raise CourseUnclear(wrong="文件超过50兆", mend="请分开传，或者转成PDF", field="file")
    if not data.startswith(KINDS.get(kind, ())) or kind not in KINDS:
        raise CourseUnclear(
            wrong="这不是能收的文件，或者文件坏了",
            mend="请传PDF、Word、PPT、Excel或图片",
            field="file",
        )
    digest = hashlib.sha256(data).hexdigest()
    course = Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    known = course.materials.filter(digest=digest, withdrawn_at=None).first()
    if known is not None:
        return known
    material = Material.objects.create(
        course=course,
        title=title[:60],
        digest=digest,
        kind=kind,
        size=len(data),
        added_at=now,
        added_by_id=by.pk,
    )
    audit.record(
        by, "academy.material-added", material, changes={"资料": ["", material.title]}, now=now
    )
    if not default_storage.exists(queries.material_name(digest)):
        default_storage.save(queries.material_name(digest), ContentFile(data))
    return material


@transaction.atomic
def withdraw_material(*, by: Actor, material: Material, now: datetime) -> Material:
    """
    Take a paper down (撤资料).

    :raises PermissionDenied: *by* plans no courses.
    """
    rules.PLAN.require_at(by, queries.county_path())
    material = Material.objects.select_for_update(no_key=True, of=("self",)).get(pk=material.pk)
    if material.withdrawn_at is None:
        material.withdrawn_at = now
        material.save(update_fields=["withdrawn_at"])
        audit.record(by, "academy.material-withdrawn", material, now=now)
    return material
