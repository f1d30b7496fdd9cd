from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from gongzhi.accounts.testing import make_user
from gongzhi.audit import queries, services
from gongzhi.audit.models import Line
from gongzhi.places.testing import make_county, make_village
from gongzhi.shared.permissions import HOUSE, Role

NOW = datetime(2026, 11, 23, 1, 5, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_a_line_says_who_in_which_role_did_what_where_and_why():
    village = make_village()
    clerk = make_user(Role.COMMUNITY_CLERK, village)

    line = services.record(
        clerk,
        "audit.book-read",
        village,
        changes={"名称": ["青溪村", "青溪社区"], "户数": ["", 12]},
        reason="民政局批复",
        place=village.path,
        now=NOW,
    )

    (said,) = queries.spoken([line])
    assert said.when == "2026年11月23日 09:05"
    assert said.who == "李女士（村社专干）"
    assert said.what == "查看了操作留痕"
    assert said.record == f"地点{village.pk}号"
    assert said.change == "名称：青溪村 → 青溪社区；户数：12"
    assert said.basis == "民政局批复"


def test_the_house_itself_leaves_lines_too():
    line = services.record(HOUSE, "places.county-set-up", make_county(), now=NOW)
    assert (line.actor_id, line.actor_name, line.role) == (None, "系统", "")


def test_an_action_nobody_named_is_shown_by_its_code():
    (said,) = queries.spoken([services.record(HOUSE, "places.something-new", now=NOW)])
    assert said.what == "places.something-new"


def test_days_and_moments_in_changes_are_read_back_as_they_were_hashed():
    line = services.record(
        HOUSE, "audit.book-read", changes={"到期": [date(2026, 1, 1), NOW]}, now=NOW
    )
    again = Line.objects.get(pk=line.pk)
    assert queries.digest_of(again, again.digest[:16]) == line.digest


def test_a_line_rolls_back_with_its_deed():
    @transaction.atomic
    def deed():
        services.record(HOUSE, "audit.book-read", now=NOW)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        deed()
    assert not Line.objects.exists()


def test_two_equal_lines_differ_and_none_can_be_copied():
    first = services.record(HOUSE, "audit.book-read", now=NOW)
    second = services.record(HOUSE, "audit.book-read", now=NOW)
    assert first.digest != second.digest
    first.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)


def test_a_record_page_shows_its_latest_lines_in_few_queries(django_assert_max_num_queries):
    village = make_village()
    for n in range(7):
        services.record(HOUSE, "audit.book-read", village, reason=f"第{n}次", now=NOW)
    services.record(HOUSE, "audit.book-read", make_county(), now=NOW)
    with django_assert_max_num_queries(2):
        found = queries.lines_about(village, 5)
    assert [said.basis for said in found] == ["第6次", "第5次", "第4次", "第3次", "第2次"]
