import pytest
from django.core.exceptions import PermissionDenied

from gongzhi.academy import services
from gongzhi.academy.models import Course
from gongzhi.academy.registers import COURSES, prepare
from gongzhi.academy.testing import NOW, make_course
from gongzhi.accounts.testing import make_user
from gongzhi.places.testing import make_county, make_town
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db
HEADS = ("plan", "title", "times", "work", "syllabus")


def look(*rows):
    """Return what looking at rows of cells comes to, as the import engine does it."""
    context = prepare(HOUSE, make_county(), NOW, {})
    read = {"row": list(range(2, len(rows) + 2))}
    faults = {}
    for at, column in enumerate(COURSES.columns):
        values, wrong = column.read([r[at] for r in rows], context)
        read[column.key] = list(values)
        faults |= {i: [f] for i, f in wrong.items()}
    good = [i for i in range(len(rows)) if i not in faults]
    read = {key: [values[i] for i in good] for key, values in read.items()}
    verdict = COURSES.judge(dict(read), context)
    return context, read, verdict, faults


def row(title="写好一个项目", plan="伙伴计划", times="3", work="一份项目书", syllabus="怎么写"):
    return (plan, title, times, work, syllabus)


def test_new_courses_are_written_and_known_ones_corrected():
    make_course("怎样开好一次坝坝会", wanted=2)
    rows = (row(), row("怎样开好一次坝坝会", times="5次", work="一份坝坝会方案"))
    context, read, verdict, faults = look(*rows)

    assert (verdict.new, verdict.changed, faults) == ([0], [1], {})
    assert verdict.changes[1]["times"] == ("2次", "5次")
    written = COURSES.write(HOUSE, read, context, NOW)

    assert (written.new, written.changed) == (1, 1)
    assert dict(Course.objects.values_list("title", "sessions_wanted")) == {
        "写好一个项目": 3,
        "怎样开好一次坝坝会": 5,
    }


def test_the_same_file_again_changes_nothing():
    make_course()
    context, read, _, _ = look(row())
    COURSES.write(HOUSE, read, context, NOW)

    context, read, verdict, _ = look(row())
    assert verdict.same == [0]
    assert COURSES.write(HOUSE, read, context, NOW).same == 1
    assert Course.objects.filter(title="写好一个项目").count() == 1


def test_a_plan_that_is_not_known_is_answered_with_near_names():
    make_course()
    _, _, _, faults = look(row(plan="伙半计划"))

    assert "是不是伙伴计划" in faults[0][0].wrong


def test_a_number_of_sessions_that_is_none_is_named():
    make_course()
    _, _, _, faults = look(row(times="五次"))

    assert "“五”不是次数" in faults[0][0].wrong


def test_a_course_twice_in_the_file_is_named():
    make_course()
    _, _, verdict, _ = look(row(), row())

    assert "和第2行是同一个计划、同一门课" in verdict.faults[1][0].wrong


def test_those_who_plan_no_courses_import_none():
    make_course()
    context, read, _, _ = look(row())

    with pytest.raises(PermissionDenied):
        services.import_courses(
            by=make_user(Role.CENTER_OPERATOR, make_town()), rows=read, place=context.place, now=NOW
        )
    assert not Course.objects.filter(title="写好一个项目").exists()
