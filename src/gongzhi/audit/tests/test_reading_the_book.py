import ast
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

import gongzhi
from gongzhi.accounts.testing import make_user
from gongzhi.audit import queries, services
from gongzhi.audit.models import Line
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role
from tests.browser import text_of

NOW = datetime(2026, 11, 23, 1, 5, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor():
    return make_user(Role.AUDIT_ADMIN, make_county(), name="郑先生")


def rows(tree):
    return [text_of(row) for row in tree.iter("tr")][1:]


def write(count=1, *, by=HOUSE, place="", now=NOW, **named):
    return [
        services.record(by, "accounts.renamed", place=place, now=now, **named) for _ in range(count)
    ]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.AUDITOR, Role.AUDIT_ADMIN}))
def test_nobody_but_auditors_reads_the_book(browser, role):
    browser("audit:list", user=make_user(role, make_county()), status=403)


def test_a_visitor_is_asked_to_sign_in(client):
    assert client.get(reverse("audit:list")).status_code == 302
    assert client.post(reverse("audit:export")).status_code == 302


def test_the_book_shows_lines_in_plain_words_newest_first(auditor, browser):
    village = make_village()
    clerk = make_user(Role.COMMUNITY_CLERK, village, name="何女士")
    write(by=clerk, place=village.path, changes={"称呼": ["小何", "何女士"]})
    shown = rows(browser("audit:list", user=auditor))
    assert "查看了操作留痕" in shown[0]
    assert "2026年11月23日 09:05改了称呼何女士（村社专干）" in shown[1]
    assert "赵镇街道青溪社区" in shown[1]
    assert "称呼：小何 → 何女士" in shown[1]


def test_looking_into_the_book_leaves_a_line_each_time(auditor, browser):
    browser("audit:list", user=auditor, actor="何", since="2026-01-01")
    line = Line.objects.get()
    assert (line.action, line.actor_name) == ("audit.book-read", "郑先生")
    assert line.changes == {"筛选": ["", "2026-01-01起、操作人何"]}


def test_an_auditor_of_a_town_reads_what_happened_there(browser):
    town = make_town()
    village = make_village(town=town)
    other = make_town("官仓街道")
    auditor = make_user(Role.AUDITOR, town, name="郑先生")
    write(place=village.path, reason="这里的")
    write(place=other.path, reason="别处的")
    write(reason="没有地点的")
    shown = " ".join(rows(browser("audit:list", user=auditor)))
    assert "这里的" in shown
    assert "别处的" not in shown
    assert "没有地点的" not in shown


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"actor": "何"}, {"何女士做的"}),
        ({"action": "audit.book-exported"}, {"导出的"}),
        ({"since": "2026-11-24"}, {"第二天的"}),
        ({"until": "2026-11-22"}, set()),
        ({"place": "青溪社区"}, {"青溪的"}),
        ({"record": "places.place"}, {"地点的"}),
        ({"record": "places.place", "record_id": "999999"}, set()),
    ],
)
def test_the_book_is_narrowed(auditor, browser, asked, found):
    village = make_village()
    write(by=make_user(name="何女士"), reason="何女士做的")
    services.record(HOUSE, "audit.book-exported", reason="导出的", now=NOW)
    write(now=NOW + timedelta(days=1), reason="第二天的")
    write(place=village.path, reason="青溪的")
    services.record(HOUSE, "accounts.renamed", village, reason="地点的", now=NOW)
    shown = {
        r
        for r in ("何女士做的", "导出的", "第二天的", "青溪的", "地点的")
        if r in " ".join(rows(browser("audit:list", user=auditor, **asked)))
    }
    # What reading itself leaves happened now, after the days of this test.
    assert shown == found


def test_a_place_nobody_knows_is_answered_in_place(auditor, browser):
    tree = browser("audit:list", user=auditor, place="没有这里", status=422)
    assert "没有“没有这里”这个地点" in text_of(tree)


def test_days_the_wrong_way_round_are_answered_in_place(auditor, browser):
    tree = browser("audit:list", user=auditor, since="2026-02-02", until="2026-01-01", status=422)
    assert "请把两个日期对调。" in text_of(tree)


def test_pages_are_turned_by_key_and_cost_the_same(auditor, client, django_assert_max_num_queries):
    lines = write(120)
    client.force_login(auditor)
    first = queries.page_of(auditor, queries.Asked())
    assert [r.pk for r in first.rows] == [line.pk for line in lines[:-51:-1]]
    assert first.newer is None
    second = queries.page_of(auditor, queries.Asked(), before=first.older)
    third = queries.page_of(auditor, queries.Asked(), before=second.older)
    assert (len(second.rows), len(third.rows), third.older) == (50, 20, None)
    back = queries.page_of(auditor, queries.Asked(), after=third.newer)
    assert [r.pk for r in back.rows] == [r.pk for r in second.rows]
    client.get(reverse("audit:list"))  # the tree of places is read once a process
    with django_assert_max_num_queries(12):
        client.get(reverse("audit:list"), {"before": second.older})


def test_a_list_page_is_light(auditor, browser):
    village = make_village()
    write(60, place=village.path, changes={"名称": ["青溪村", "青溪社区"]}, reason="民政局批复")
    browser("audit:list", user=auditor)
    assert len(browser.response.content) < 60_000


def test_lines_leave_the_house_with_a_reason(auditor, client):
    write(reason="=1+1")
    client.force_login(auditor)
    refused = client.post(reverse("audit:export"), {"reason": "要"})
    assert refused.status_code == 422
    assert "导出留痕要写明用途" in refused.content.decode()

    answer = client.post(reverse("audit:export"), {"reason": "配合年度内部审计"})

    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    head, first, second = text.strip().splitlines()
    assert head.startswith("编号,时间,操作人,身份,做了什么")
    assert "导出了操作留痕" in first
    assert "'=1+1" in second
    line = Line.objects.get(action="audit.book-exported")
    assert (line.reason, line.changes["条数"]) == ("配合年度内部审计", ["", 1])


def test_an_export_keeps_to_the_filter(auditor, client):
    write(reason="要的", by=make_user(name="何女士"))
    write(reason="不要的")
    client.force_login(auditor)
    answer = client.post(reverse("audit:export"), {"reason": "配合年度内部审计", "actor": "何"})
    text = b"".join(answer.streaming_content).decode()
    assert "要的" in text
    assert "不要的" not in text


def test_a_deed_asks_for_the_right_as_the_page_does():
    stranger = make_user(Role.COUNTY_LEADER, make_county())
    for deed in (services.read_book, lambda **n: services.export_lines(**n, reason="想看一看看看")):
        with pytest.raises(PermissionDenied):
            deed(by=stranger, asked=queries.Asked(), now=NOW)


def test_everybody_sees_the_chain_of_each_day_and_nothing_of_anybody(browser):
    write(2, reason="谁的事")
    services.seal(now=NOW)
    write(1)
    services.seal(now=NOW + timedelta(days=1))
    heads = queries.daily_heads(today=date(2026, 11, 24))
    assert [(h.day.day, h.number) for h in heads] == [(24, 3), (23, 2)]
    assert len({h.chain for h in heads}) == 2
    assert "谁的事" not in text_of(browser("audit:heads"))


def test_the_page_of_chains_says_why_it_is_empty(browser):
    assert "还没有链值" in text_of(browser("audit:heads"))


def test_openings_of_a_persons_numbers_are_listed(monkeypatch):
    from gongzhi.audit import room

    monkeypatch.setattr(room, "OPENINGS", ("accounts.renamed",), raising=False)
    write(subject=7, reason="核对年龄")
    write(subject=8, reason="别人的")
    write(subject=7, reason="很久以前", now=NOW - timedelta(days=400))
    found = queries.openings_of(7, NOW - timedelta(days=365))
    assert [said.basis for said in found] == ["核对年龄"]


def test_the_worker_seals_what_was_written():
    from gongzhi.audit import tasks
    from gongzhi.audit.models import Seal

    write(3)
    tasks.seal_lines.enqueue()
    assert Seal.objects.count() == 3


def test_every_action_of_these_rooms_has_a_name():
    home, said = Path(gongzhi.__file__).parent, set()
    for path in [*(home / "accounts").rglob("*.py"), *(home / "audit").rglob("*.py")]:
        if "tests" in path.parts:
            continue
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(call, ast.Call)
                and ast.unparse(call.func) in ("audit.record", "record")
                and len(call.args) > 1
            ):
                said |= {
                    c.value
                    for c in ast.walk(call.args[1])
                    if isinstance(c, ast.Constant) and "." in str(c.value)
                }
    assert len(said) > 20
    assert said <= queries.actions().keys()
