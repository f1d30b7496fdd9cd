"""`gongzhi figure` and `gongzhi facts`."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from gongzhi.directory.testing import make_income, make_organization, make_rating, make_volunteer
from gongzhi.indicators.facts import facts, ways_to_count
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.suggestions.testing import make_suggestion

pytestmark = pytest.mark.django_db


@pytest.fixture
def county():
    county = make_county()
    village = make_village("青溪社区", town=make_town("赵镇街道"))
    make_rating(make_organization(place=village))
    make_volunteer("张桂兰", place=village)
    make_income(village, fen=0)
    return county


def said(capsys, *arguments, **options):
    call_command(*arguments, **options)
    return capsys.readouterr().out


def test_a_figure_is_printed_with_rule_period_and_cut_off(capsys, county):
    out = said(capsys, "figure", "directory.social-organizations", place="赵镇街道")

    assert "赵镇街道 · 登记社会组织：1家" in out
    for part in ("怎么数：", "时段：", "截止：", "按当时的区划"):
        assert part in out


def test_what_must_stand_beside_a_figure_is_printed_too(capsys, county):
    out = said(capsys, "figure", "directory.volunteers-registered")

    assert "金堂县 · 登记志愿者：1人" in out
    assert "一起看：本人确认的志愿者0人" in out


@pytest.mark.parametrize(
    ("period", "value"),
    [("2018", 0), ("2019-Q2", 1), ("2019-03", 0), ("2019-01-01..2019-04-15", 0), ("2021", 1)],
)
def test_a_period_is_written_in_four_ways(capsys, county, period, value):
    out = said(
        capsys, "figure", "directory.social-organizations", place="510121", period=period, json=True
    )

    assert json.loads(out)["value"] == value


def test_a_share_is_printed_with_its_parts(capsys, county):
    out = said(capsys, "figure", "directory.hollow-share")

    assert "100.0%" in out
    assert "1个里的1个" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("directory.team",), "是不是志愿服务队（directory.teams）"),
        (("志愿队伍",), "是不是志愿服务队（directory.teams）"),
        (("directory.teams", "--place", "赵正街道"), "赵镇街道"),
        (("directory.teams", "--place", "999999"), "没有“999999”这个地点"),
        (("directory.teams", "--period", "去年"), "2021-Q3"),
        (("directory.teams", "--period", "2099"), "还没有到"),
        (("directory.teams", "--period", "2021-08-31..2021-01-01"), "对调"),
    ],
)
def test_what_is_not_known_is_answered_with_a_sentence_and_exit_2(county, arguments, sentence):
    with pytest.raises(CommandError) as refused:
        call_command("figure", *arguments)

    assert refused.value.returncode == 2
    assert sentence in str(refused.value)


def test_a_measure_is_found_by_its_name(capsys, county):
    assert "登记社会组织：1家" in said(capsys, "figure", "登记社会组织")


def test_all_measures_are_listed(capsys, county):
    out = said(capsys, "figure", list=True)

    assert "directory.rated-3a" in out
    assert "3A及以上社会组织" in out


def test_without_a_county_the_command_says_what_to_do():
    with pytest.raises(CommandError, match="gongzhi init"):
        call_command("figure", "directory.teams")


def test_every_fact_is_said_computed_and_judged_or_told_why_not(capsys, county):
    found = json.loads(said(capsys, "facts", json=True))["facts"]

    assert len(found) == 35
    for fact in found:
        assert (fact["equal"] is None) == (fact["computed"] is None)
        assert bool(fact["why"]) == (fact["computed"] is None)
    by_key = {fact["key"]: fact for fact in found}
    assert by_key["registered_volunteers"]["verdict"] == "不符"
    assert by_key["empty_shell_collectives_share"]["computed"] == 100
    assert by_key["empty_shell_collectives_share"]["verdict"] == "相符", "90%以上"
    assert by_key["city_support_amount"]["computed"] is None


@pytest.mark.parametrize(("hollow", "verdict"), [(9, "相符"), (8, "不符")])
def test_a_share_is_equal_from_what_was_said_upwards(capsys, hollow, verdict):
    make_county()
    town = make_town("赵镇街道")
    for number in range(10):
        village = make_village(f"{number}号村", town=town)
        make_income(village, fen=0 if number < hollow else 120_000)

    found = json.loads(said(capsys, "facts", json=True))["facts"]

    share = next(f for f in found if f["key"] == "empty_shell_collectives_share")
    assert (share["computed"], share["verdict"]) == (hollow * 10, verdict)


def test_a_share_is_printed_in_per_cent_once(capsys):
    make_county()
    town = make_town("赵镇街道")
    for number in range(200):
        make_income(make_village(f"{number}号村", town=town), fen=0 if number < 181 else 120_000)

    (line,) = [li for li in said(capsys, "facts").splitlines() if "空壳比例" in li]

    assert line.split() == ["村(社区)集体经济空壳比例", "90以上", "90.5", "%", "相符"]


def test_a_fact_needs_no_more_than_the_name_of_a_measure_and_counts_from_the_beginning(county):
    now = timezone.now()
    make_suggestion(now=now - timedelta(days=900))
    make_suggestion(now=now)
    named = {"measure": "suggestions.received", "why": ""}
    ways = [w | named if w["key"] == "lectures" else w for w in ways_to_count()]

    found = {fact.key: fact for fact in facts(timezone.localdate(now), now, ways=ways)}

    assert (found["lectures"].computed, found["lectures"].why) == (2, "")
    assert found["research_outputs"].computed is None


def test_facts_are_printed_as_a_table_with_a_sum(capsys, county):
    out = said(capsys, "facts")

    assert "登记在册的社会组织" in out
    assert "还算不出：" in out
    assert out.rstrip().endswith("条。")


def test_every_fact_names_a_measure_that_exists_or_why_there_is_none(county):
    for fact in facts(timezone.localdate(), timezone.now()):
        assert fact.measure or fact.why
        assert "没有装" not in fact.why
