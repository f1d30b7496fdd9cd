"""Schools and certificates for everybody; classes, learners and trainers for those who run the academy."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gongzhi.academy import queries
from gongzhi.academy.models import ClassRun, Completion, Course, Trainer
from gongzhi.academy.testing import (
    NOW,
    after,
    make_class,
    make_completion,
    make_course,
    make_learner,
    make_trainer,
)
from gongzhi.accounts.testing import make_user
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.shared.permissions import Role
from tests.browser import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def operator():
    return make_user(Role.COUNTY_OPERATOR, make_county(), name="李女士")


@pytest.fixture
def stranger(client):
    make_village()
    client.force_login(make_user(Role.CENTER_OPERATOR, make_town("淮口街道")))
    return client


def later(monkeypatch, run):
    moment = after(run)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    return moment


def asked(course, **changed):
    return {
        "course": course.pk,
        "place": "赵镇街道北滨社区",
        "address": "县支持中心二楼",
        "times": "12月1日 14:00–16:00\n12月8日 14:00–16:00",
        "trainer": "",
        "capacity": "36",
        "work_due": "",
        "releases_on": "2026-11-30",
    } | changed


def test_everybody_sees_what_the_schools_teach_and_which_classes_take_learners(
    browser, django_assert_max_num_queries
):
    make_class()
    browser("academy:academy")

    with django_assert_max_num_queries(12):
        page = browser("academy:academy")

    assert "伙伴计划第1班：怎样开好一次坝坝会" in text_of(page)
    assert "友邻学苑" in text_of(page)


def test_a_course_is_set_up_and_a_class_opened(browser, operator):
    town = make_town()
    make_village("北滨社区", town=town)
    course = make_course()
    browser.post(
        "academy:new-course",
        data={"plan": course.plan_id, "title": "写好一个项目", "sessions_wanted": "1", "work": ""},
        user=operator,
    )
    assert Course.objects.filter(title="写好一个项目").exists()

    page = browser("academy:new-class", user=operator)
    assert "赵镇街道" in text_of(page)
    browser.post(
        "academy:new-class",
        data=asked(course, **{f"seats-{town.pk}": "8"}),
        user=operator,
    )

    run = ClassRun.objects.get()
    assert [s.event.day.day for s in queries.sessions_of(run)] == [1, 8]
    assert [q.seats for q in queries.quotas_of(run)] == [8]
    assert "发布2次课" in text_of(browser("academy:class", run.pk, user=operator))
    browser.post("academy:publish-class", run.pk, user=operator)
    assert {s.event.status for s in queries.sessions_of(run)} == {"published"}


def test_a_line_that_is_no_time_is_named(browser, operator):
    make_village("北滨社区")

    page = browser.post(
        "academy:new-class",
        data=asked(make_course(), times="12月1日 14:00–16:00\n下周二下午"),
        user=operator,
        status=422,
    )

    assert "第2行“下周二下午”认不出来" in text_of(page)
    assert not ClassRun.objects.exists()


def test_more_seats_for_towns_than_there_are_is_said_at_the_field(browser, operator):
    town = make_town()
    make_village("北滨社区", town=town)

    page = browser.post(
        "academy:new-class",
        data=asked(make_course(), capacity="5", **{f"seats-{town.pk}": "8"}),
        user=operator,
        status=422,
    )

    assert "各镇街加起来8个，多过一共5个" in text_of(page)


def test_a_class_shows_who_came_in_few_queries_however_many_learn(
    browser, operator, django_assert_max_num_queries
):
    run = make_class()
    for n in "甲乙丙丁戊己庚辛壬癸":
        make_learner(run, f"学员{n}", came=[1])
    browser("academy:class", run.pk, user=operator)

    with django_assert_max_num_queries(25):
        page = browser("academy:class", run.pk, user=operator)

    assert "学员甲" in text_of(page)
    assert "还差1次课" in text_of(page)


def test_a_cell_is_changed_on_a_form(browser, operator, monkeypatch):
    run = make_class()
    person = make_learner(run)
    later(monkeypatch, run)

    browser.post(
        "academy:mark", run.pk, 1, person.pk,
        data={"mark": "到", "reason": "纸单上签了名"}, user=operator,
    )  # fmt: skip

    page = browser("academy:learner", run.pk, person.pk, user=operator)
    assert "还差1次课" in text_of(page)


def test_a_learner_completes_and_the_certificate_is_checked_by_everybody(
    browser, client, operator, monkeypatch
):
    run = make_class(make_course(work="一份坝坝会方案"))
    person = make_learner(run, came=[1, 2])
    later(monkeypatch, run)
    browser.post(
        "academy:work", run.pk, person.pk,
        data={"title": "3号院坝停车的事", "received_on": "2026-12-14"}, user=operator,
    )  # fmt: skip
    browser.post("academy:complete", run.pk, person.pk, user=operator)
    done = Completion.objects.get()

    assert done.number in text_of(browser("academy:certificate", done.pk, user=operator))
    address = reverse("academy:verify") + f"?number={done.number}&code={done.code.lower()}"
    assert "是真的，现在有效" in text_of(browser(address))
    wrong = reverse("academy:verify") + f"?number={done.number}&code=AAAAAAAA"
    assert client.get(wrong).status_code == 422

    client.force_login(operator)
    paper = client.get(reverse("academy:certificate-pdf", args=[done.pk]))
    assert paper.content.startswith(b"%PDF")

    browser.post("academy:revoke", done.pk, data={"reason": "名字写错了"}, user=operator)
    assert "这张证书作废了" in text_of(browser(address))


def test_somebody_short_of_a_session_completes_only_with_a_reason(browser, operator, monkeypatch):
    run = make_class()
    person = make_learner(run, came=[1])
    later(monkeypatch, run)

    page = browser.post("academy:complete", run.pk, person.pk, user=operator, status=422)
    assert "没有写为什么可以结业" in text_of(page)
    browser.post(
        "academy:complete", run.pk, person.pk, data={"override": "住院，补听了录音"}, user=operator
    )
    assert Completion.objects.get().override == "住院，补听了录音"


def test_a_finished_class_is_completed_and_closed(browser, operator, monkeypatch):
    run = make_class()
    make_learner(run, came=[1, 2])
    later(monkeypatch, run)

    assert "等着办结业" in text_of(browser("academy:desk", user=operator))
    browser.post("academy:complete-class", run.pk, user=operator)
    browser.post("academy:close-class", run.pk, user=operator)

    assert Completion.objects.count() == 1
    assert "结班，只能看" in text_of(browser("academy:class", run.pk, user=operator))


def test_a_paper_of_a_course_is_downloaded_until_it_is_taken_down(browser, client, operator):
    course = make_course()
    file = SimpleUploadedFile("议程.pdf", b"%PDF-1.7 ...", "application/pdf")
    browser.post(
        "academy:add-material",
        course.pk,
        data={"title": "坝坝会议程样张", "file": file},
        user=operator,
    )
    material = course.materials.get()

    answer = client.get(reverse("academy:material", args=[material.pk]))
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 ..."
    browser.post("academy:withdraw-material", material.pk, user=operator)
    assert client.get(reverse("academy:material", args=[material.pk])).status_code == 404


def test_a_file_that_is_not_what_its_name_says_is_refused(browser, operator):
    course = make_course()
    file = SimpleUploadedFile("议程.pdf", b"MZ\x90\x00", "application/pdf")

    page = browser.post(
        "academy:add-material", course.pk, data={"title": "样张", "file": file}, user=operator,
        status=422,
    )  # fmt: skip

    assert "这不是能收的文件" in text_of(page)


def test_a_trainer_is_entered_qualified_and_retired(browser, operator):
    trainer = make_trainer()

    page = browser("academy:trainer", trainer.pk, user=operator)
    assert "0 / 1个班" in text_of(page)
    browser.post("academy:qualify", trainer.pk, data={"override": "省里请来的老师"}, user=operator)
    trainer.refresh_from_db()
    assert trainer.qualified_on
    assert "在任" in text_of(browser("academy:trainers", user=operator))
    browser.post("academy:retire", trainer.pk, user=operator)
    assert Trainer.objects.get().left_on


def test_the_chain_of_trainers_is_a_tree(browser, operator, monkeypatch):
    teacher = make_trainer()
    run = make_class(make_course("讲师入门", plan="tot"), trainer=teacher.person)
    make_completion(run, "陈建国")
    later(monkeypatch, run)

    page = browser("academy:trainers", user=operator)

    tree = next(e for e in page.iter("div") if e.get("class") == "chain")
    assert "何秀英，青溪社区，结业1人" in text_of(tree)
    assert "陈建国，青溪社区" in text_of(tree)


def test_those_of_another_town_find_nothing(stranger):
    run = make_class()
    person = make_learner(run)
    done_elsewhere = make_completion(make_class(make_course("写好一个项目")), "陈建国")

    for name, args in (
        ("class", [run.pk]),
        ("learner", [run.pk, person.pk]),
        ("mark", [run.pk, 1, person.pk]),
        ("certificate", [done_elsewhere.pk]),
        ("certificate-pdf", [done_elsewhere.pk]),
    ):
        assert stranger.get(reverse(f"academy:{name}", args=args)).status_code == 404, name
    for name in ("publish-class", "complete-class", "close-class"):
        assert stranger.post(reverse(f"academy:{name}", args=[run.pk])).status_code == 404, name


def test_a_class_may_run_over_the_new_year(browser, operator):
    make_village("北滨社区")

    browser.post(
        "academy:new-class",
        data=asked(make_course(), times="12月29日 14:00–16:00\n1月5日 14:00–16:00"),
        user=operator,
    )

    days = [s.event.day for s in queries.sessions_of(ClassRun.objects.get())]
    assert days[1] - days[0] == timedelta(days=7)
