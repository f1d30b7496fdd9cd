from datetime import date, timedelta
from itertools import pairwise

import pytest

from gongzhi.shared.dated import CONFIDENCES, RuleNotCovered, RuleUnknown, all_rules, rule

TODAY = date(2026, 11, 25)


def test_a_rule_tells_its_value_source_and_confidence():
    reply = rule("suggestions.reply-working-days", TODAY)

    assert (reply.number, reply.confidence, reply.is_confirmed) == (5, "practice", False)
    assert reply.source


def test_a_rating_holds_five_years_by_order_39():
    validity = rule("rating.validity-years", TODAY)

    assert validity.number == 5
    assert "39号" in validity.source


@pytest.mark.parametrize(
    ("key", "due"),
    [
        ("annual-report.social-association.supervisor", date(2027, 3, 31)),
        ("annual-report.social-association.registrar", date(2027, 5, 31)),
        ("annual-report.social-service-institution.registrar", date(2027, 5, 31)),
        ("annual-report.foundation.registrar", date(2027, 3, 31)),
    ],
)
def test_annual_reports_are_due_on_the_day_the_law_says(key, due):
    found = rule(key, TODAY)

    assert found.in_year(2027) == due
    assert found.is_confirmed


def test_a_rule_of_several_words_keeps_their_order():
    assert rule("rating.levels", TODAY).words == ("5A", "4A", "3A", "2A", "1A")
    assert rule("social-enterprise.stages", TODAY).words[0] == "seed"


def test_the_row_of_the_day_is_taken():
    assert "第21条" in rule("audit.kept-months", date(2025, 12, 31)).source
    assert "第23条" in rule("audit.kept-months", date(2026, 1, 1)).source


def test_a_day_before_the_first_row_is_refused_with_a_sentence():
    with pytest.raises(RuleNotCovered, match=r"annual-report\.charity\.disclosure.*2025-12-31"):
        rule("annual-report.charity.disclosure", date(2025, 12, 31))


def test_a_key_that_no_row_has_is_a_mistake_of_the_program():
    with pytest.raises(RuleUnknown, match="no-such"):
        rule("no-such-rule", TODAY)


@pytest.mark.parametrize("rows", all_rules().values(), ids=all_rules())
def test_the_rows_of_a_rule_follow_each_other_without_gap_or_overlap(rows):
    for before, after in pairwise(rows):
        assert before.valid_to is not None
        assert after.valid_from == before.valid_to + timedelta(days=1)


@pytest.mark.parametrize("rows", all_rules().values(), ids=all_rules())
def test_every_row_says_where_it_comes_from_and_how_sure_it_is(rows):
    for row in rows:
        assert row.confidence in CONFIDENCES
        assert row.source
        assert row.note
        assert row.value
