"""On a phone: a volunteer serves and proves it, the academy runs a class, an operator plans a brand over villages."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from gongzhi.academy import testing as classes
from gongzhi.academy.models import ClassRun, Completion
from gongzhi.accounts import testing as accounts
from gongzhi.accounts.testing import make_user
from gongzhi.activities import testing as brands
from gongzhi.activities.models import Plan
from gongzhi.directory.testing import make_person
from gongzhi.events.models import Event, Registration
from gongzhi.shared.calendar import local, today
from gongzhi.shared.permissions import Role
from gongzhi.volunteering import services as volunteering
from gongzhi.volunteering import testing as shifts
from gongzhi.volunteering.models import Certificate

from .conftest import axe_faults, overflow

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
PHONE = "19900001088"
TITLE = "巡沱江：捡一捡岸边的垃圾"


@pytest.mark.parametrize(
    ("script", "look"),
    [(True, {}), (False, {}), (False, {"mode": "elder"})],
    ids=["with-script", "without-script", "elder-without-script"],
)
def test_a_volunteer_takes_a_shift_serves_and_prints_a_certificate(
    visit, county, script, look, picture
):
    snap = picture if script else (lambda *_, **__: None)
    now = timezone.now()
    person = make_person("王建国", place=county.qingxi, phone=PHONE)
    shift = shifts.make_shift(
        TITLE, place=county.qingxi, starts_at=now + timedelta(minutes=2), hours=2
    )

    def clean(page):
        assert overflow(page) <= 0
        assert not (script and axe_faults(page))

    page = visit("/volunteering/", width=390, look=look, script=script)
    clean(page)
    snap(page, "shifts-390")
    page.locator(".shifts h3 a").click()
    page.get_by_role("link", name="用手机号").click()
    page.get_by_label("手机号").fill(PHONE)
    page.get_by_role("button", name="验证码").first.click()
    page.get_by_label("验证码").fill(accounts.last_code(PHONE))
    page.locator("main form button.primary").first.click()
    page.goto(f"/volunteering/shifts/{shift.pk}/")
    clean(page)
    snap(page, "shift-390")
    page.get_by_role("button", name="我来").click()
    expect(page.locator("main")).to_contain_text("接了这个岗位")
    taken = Registration.objects.get(event=shift.event_id, person=person)

    clerk = make_user(Role.COMMUNITY_CLERK, county.qingxi, name="李干事")
    door = visit(f"/events/door/{shift.event_id}/", width=390, user=clerk, script=False)
    door.fill("#ck", taken.spoken_code)
    door.get_by_role("button", name="登记这一位").first.click()
    expect(door.locator("#came-server")).to_contain_text("到了")
    over = Event.objects.get(pk=shift.event_id).ends_at + timedelta(hours=1)
    assert volunteering.confirm_hours(by=clerk, shift=shift, now=over) == 1

    page.goto("/volunteering/mine/")
    expect(page.locator("main")).to_contain_text("2.0小时")
    clean(page)
    snap(page, "volunteer-mine-390")
    page.locator("input[name=since]").fill(f"{today(now).replace(day=1):%Y-%m-%d}")
    page.locator("input[name=until]").fill(f"{today(now):%Y-%m-%d}")
    page.get_by_role("button", name="出一张证明").click()
    paper = Certificate.objects.get(person=person)
    expect(page.locator(".cert")).to_contain_text(paper.number)
    clean(page)
    snap(page, "certificate-390", full=True)
    printed = page.request.get(f"/volunteering/certificates/{paper.pk}/pdf/")
    assert printed.ok
    assert printed.body().startswith(b"%PDF")

    other = visit("/volunteering/check/", width=390, look=look, script=script)
    other.locator("input[name=number]").fill(paper.number)
    other.locator("input[name=code]").fill(paper.code)
    other.get_by_role("button", name="验一下").click()
    expect(other.locator(".verdict")).to_contain_text("是真的，现在有效")
    clean(other)
    snap(other, "certificate-check-390")


def test_the_academy_opens_a_class_and_completes_another(visit, county, picture):
    now = timezone.now()
    operator = county.operator
    course = classes.make_course()
    page = visit("/academy/classes/new/", width=390, user=operator, script=False)
    page.get_by_label("哪门课").select_option(str(course.pk))
    page.get_by_label("在哪里上").fill("金堂县")
    page.get_by_label("教室").fill("县支持中心二楼")
    days = [local(now + timedelta(days=n)) for n in (14, 21)]
    page.get_by_label("每次课").fill(
        "\n".join(f"{day.month}月{day.day}日 14:00–16:00" for day in days)
    )
    page.locator("input[name=capacity]").fill("36")
    page.get_by_label("赵镇街道").fill("8")
    page.get_by_label("官仓街道").fill("5")
    picture(page, "class-form-390", full=True)
    page.locator("main form button.primary").click()
    opened = ClassRun.objects.get()
    page.get_by_role("button", name="发布2次课").click()
    expect(page.locator("main")).to_contain_text("各镇街的名额")
    assert overflow(page) <= 0
    public = visit("/academy/", width=390, look={"mode": "elder"})
    expect(public.locator("#open, main").first).to_contain_text(opened.title)
    assert not axe_faults(public)

    run = classes.make_class(course, place=county.place, sessions=2, now=now - timedelta(days=40))
    luo = classes.make_learner(
        run, person=make_person("罗玉芳", place=county.qingxi), now=now - timedelta(days=39)
    )
    for number in range(1, run.sessions_wanted + 1):
        page.goto(f"/academy/classes/{run.pk}/")
        page.locator(f"a[href$='/sessions/{number}/{luo.pk}/']").click()
        page.get_by_label("到了").check()
        page.get_by_label("原因").fill("纸单上签了名")
        page.get_by_role("button", name="改好").click()
    if run.work:
        page.goto(f"/academy/classes/{run.pk}/learners/{luo.pk}/work/")
        page.get_by_role("button", name="收到了").click()
        page.goto(f"/academy/classes/{run.pk}/")
    picture(page, "class-390")
    page.get_by_role("button", name="给够条件的都办结业").click()
    done = Completion.objects.get(person=luo)

    wide = visit(f"/academy/classes/{run.pk}/", user=operator)
    expect(wide.locator("main")).to_contain_text("结业了")
    assert not axe_faults(wide)
    picture(wide, "class-1440")
    wide.goto(f"/academy/completions/{done.pk}/")
    assert wide.request.get(f"/academy/completions/{done.pk}/pdf/").body().startswith(b"%PDF")

    public.goto("/academy/verify/")
    public.locator("input[name=number]").fill(done.number)
    public.locator("input[name=code]").fill(done.code)
    public.get_by_role("button", name="验一下").click()
    expect(public.locator(".verdict")).to_contain_text("是真的，现在有效")
    expect(public.locator("main")).to_contain_text("罗玉芳")
    assert not axe_faults(public)
    picture(public, "completion-check-390")


def test_an_operator_plans_a_brand_over_villages_and_publishes(visit, county, picture):
    now = timezone.now()
    brand = brands.make_brand()
    page = visit(
        f"/activities/plans/new/?brand={brand.pk}", width=390, user=county.operator, script=False
    )
    page.get_by_label("在哪里").fill("赵镇街道")
    page.get_by_label("下面每个村社都办").check()
    page.get_by_label("每周").check()
    page.locator("select[name=weekday]").select_option("6")
    page.locator("input[name=first_day]").fill(f"{today(now) + timedelta(days=1):%Y-%m-%d}")
    page.locator("input[name=last_day]").fill(f"{today(now) + timedelta(days=21):%Y-%m-%d}")
    page.locator("input[name=begins_at]").fill("09:00")
    page.get_by_role("button", name="看看排成什么样").click()
    expect(page.locator("main")).to_contain_text("最多")
    assert overflow(page) <= 0
    picture(page, "brand-preview-390")
    page.get_by_label("三江社区").uncheck()
    page.get_by_role("button", name="就这么排").click()
    plan = Plan.objects.get()
    count = plan.series.events.count()
    assert set(plan.series.events.values_list("place__name", flat=True)) == {
        "青溪社区",
        "杨柳桥社区",
    }
    page.get_by_role("button", name=f"发布{count}场草稿").click()
    expect(page.locator("main")).to_contain_text(f"发布了{count}场")
    assert not plan.series.events.exclude(status=Event.Status.PUBLISHED).exists()

    public = visit(f"/activities/brands/{brand.key}/", width=390, look={"mode": "elder"})
    expect(public.locator("main")).to_contain_text("青溪社区")
    assert overflow(public) <= 0
    assert not axe_faults(public)
    picture(public, "brand-390")
