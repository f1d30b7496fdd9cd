"""What is counted of complaints and suggestions: themes and answers, never a grade."""

import ast
from datetime import date, timedelta
from pathlib import Path

import pytest

from gongzhi.accounts.testing import make_user
from gongzhi.figures import queries as figures
from gongzhi.places.testing import make_county, make_village
from gongzhi.shared.permissions import HOUSE, Role
from gongzhi.suggestions import queries, services
from gongzhi.suggestions.listings import LISTINGS
from gongzhi.suggestions.measures import MEASURES
from gongzhi.suggestions.models import Kind
from gongzhi.suggestions.room import ACTIONS, waiting
from gongzhi.suggestions.testing import CHAIRS, NOW, make_suggestion

pytestmark = pytest.mark.django_db

BY_KEY = {m.key: m for m in MEASURES}
MONTH = (date(2026, 11, 1), date(2026, 12, 1))


def value(key, place):
    return figures.value(BY_KEY[f"suggestions.{key}"], place.pk, *MONTH)


def answered(suggestion, now=NOW):
    services.answer_suggestion(by=HOUSE, suggestion=suggestion, answer="添了12把椅子。", now=now)


def test_received_answered_and_in_time_are_counted_where_it_was_about():
    county, village, other = make_county(), make_village(), make_village("北滨社区")
    for place in (village, village, other):
        make_suggestion(place=place)
    in_time, late = make_suggestion(place=village), make_suggestion(place=village)
    answered(in_time)
    answered(late, NOW + timedelta(days=20))

    assert [value("received", p) for p in (county, village, other)] == [5, 4, 1]
    assert value("answered", county) == 2
    assert value("answered-in-time", county) == 1
    assert figures.records(BY_KEY["suggestions.received"], village.pk, *MONTH).count() == 4


def test_what_is_handed_on_still_counts_where_it_was_about():
    village, other = make_village(), make_village("北滨社区")
    suggestion = make_suggestion(place=village)
    services.forward_suggestion(
        by=HOUSE, suggestion=suggestion, desk=other, reason="在北滨", now=NOW
    )

    assert (value("received", village), value("received", other)) == (1, 0)


def test_themes_add_up_to_what_was_received():
    county = make_county()
    for kind in (Kind.EVENT, Kind.EVENT, Kind.MONEY):
        make_suggestion(kind=kind)

    by_kind = {kind: value(f"received-{kind}", county) for kind in Kind}
    assert by_kind[Kind.EVENT] == 2
    assert sum(by_kind.values()) == value("received", county) == 3


def test_waiting_and_overdue_are_those_of_the_day():
    county = make_county()
    suggestion = make_suggestion()

    def stock(key, day):
        return figures.stock(BY_KEY[f"suggestions.{key}"], county.pk, day)

    assert suggestion.due_at.date() == date(2026, 12, 2)
    assert stock("waiting", date(2026, 11, 24)) == 0
    assert stock("waiting", date(2026, 12, 2)) == 1
    assert stock("overdue", date(2026, 12, 2)) == 0
    assert stock("overdue", date(2026, 12, 3)) == 1
    answered(suggestion, NOW + timedelta(days=12))
    assert stock("waiting", date(2026, 12, 7)) == 0
    assert stock("overdue", date(2026, 12, 6)) == 1
    assert stock("overdue", date(2026, 12, 7)) == 0


def test_asking_again_takes_the_answer_back_out_of_the_count():
    county = make_county()
    suggestion = make_suggestion()
    answered(suggestion)
    services.ask_again(
        by=HOUSE,
        suggestion=suggestion,
        code=queries.code_for(suggestion.key),
        text="椅子还没有送到。",
        now=NOW,
    )

    assert (value("received", county), value("answered", county)) == (1, 0)


def test_none_of_it_grades_a_unit_or_a_person():
    assert not any(m.appraisal for m in MEASURES)
    assert not any("满意" in m.label or "排名" in m.label for m in MEASURES)


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda x: x.key)
def test_every_column_and_filter_of_the_list_can_be_read_and_shows_no_words(listing):
    answered(make_suggestion(phone="13800002076"))
    make_suggestion()

    fields = [field for column in listing.columns for field in column.fields]
    shown = []
    for row in listing.records().order_by(f"{listing.place}__sort_key").values_list(*fields):
        values = iter(row)
        shown += [c.text(*(next(values) for _ in c.fields)) for c in listing.columns]
    assert CHAIRS not in shown
    assert "13800002076" not in str(shown)
    assert {"2026-0001", "按时"} <= set(shown)
    for choice in listing.filters:
        for one, _ in [*choice.choices(), ("nonsense", "")]:
            choice.narrow(listing.records(), one, date(2026, 11, 25)).count()


@pytest.mark.parametrize(
    ("words", "found"), [("2026-0002", 1), ("2", 1), ("0001", 1), ("9999", 0), ("椅子", 0), ("", 0)]
)
def test_a_suggestion_is_found_by_its_number(words, found):
    make_suggestion()
    make_suggestion()

    assert LISTINGS[0].find(LISTINGS[0].records(), words).count() == found


def test_the_to_do_says_how_many_wait_and_how_many_press():
    village = make_village()
    clerk = make_user(Role.COMMUNITY_CLERK, village, name="陈女士")
    make_suggestion(place=village)
    make_suggestion(place=village, now=NOW - timedelta(days=7))
    make_suggestion(place=village, now=NOW - timedelta(days=20))
    make_suggestion(place=make_village("北滨社区"))

    assert waiting(clerk, NOW) == (
        "投诉建议等着答复，其中1条超期、1条今天到期",
        3,
        "/suggestions/queue/",
    )


def test_every_deed_has_its_name_in_the_book():
    written = set()
    for path in [Path(__file__).parents[1] / "services.py"]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                written.add(node.args[1].value)

    assert written == set(ACTIONS)
