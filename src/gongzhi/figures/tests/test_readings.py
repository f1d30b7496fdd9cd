"""A figure as it is read: rule, cut-off, share, and nothing in public that tells who is meant."""

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.figures import queries
from gongzhi.figures.queries.readings import percent
from gongzhi.places import testing as make
from gongzhi.shared.measures import Measure, Ratio, measures
from gongzhi.shared.periods import parse_period, year

DAY = date(2026, 11, 23)
LEAST = 5  # the dated rule personal-data.small-cell


@pytest.mark.django_db
def test_a_reading_carries_its_rule_and_counts_nothing_after_today():
    make.make_village("青溪社区"), make.make_village("北滨社区")
    county = make.make_county()

    read = queries.reading("places.villages", county.pk, year(2026), DAY)

    assert (read.value, read.unit, read.is_stock) == (2, "个", True)
    assert (read.since, read.until, read.cut_off) == (date(2026, 1, 1), date(2026, 11, 24), DAY)
    assert read.rule.startswith("当日已设立")


@pytest.mark.django_db
def test_a_share_shows_what_it_divides_and_is_nothing_over_nothing():
    make.make_village()
    county, yard = make.make_county(), make.make_courtyard()
    share = next(
        m
        for m in measures().values()
        if isinstance(m, Ratio) and m.denominator == "places.villages"
    )

    found = queries.readings([share.key], [county.pk, yard.pk], year(2026), DAY)

    whole, none = found[share.key, county.pk], found[share.key, yard.pk]
    assert (whole.numerator, whole.denominator, whole.value) == (0, 1, 0.0)
    assert (none.denominator, none.value, none.suppressed) == (0, None, False)


@pytest.mark.parametrize(
    ("top", "bottom", "said"), [(180, 200, 90.0), (1, 3, 33.3), (1, 16, 6.3), (5, 0, None)]
)
def test_a_share_is_rounded_half_up_to_one_decimal(top, bottom, said):
    assert percent(top, bottom) == said


@pytest.mark.django_db
def test_what_is_not_public_is_refused_in_public_and_hidden_from_strangers():
    @dataclass
    class Stranger:
        is_authenticated: bool

    closed = next(m for m in measures().values() if isinstance(m, Measure) and not m.public)
    county = make.make_county()

    with pytest.raises(queries.NotPublic, match=closed.label):
        queries.reading(closed.key, county.pk, year(2026), DAY, public=True)
    assert queries.reading(closed.key, county.pk, year(2026), DAY).value is not None
    assert closed not in queries.visible(Stranger(False))
    assert closed in queries.visible(Stranger(True))
    assert all(m.public for m in queries.visible(Stranger(False)))


@pytest.mark.django_db
def test_a_measure_nobody_declared_and_a_period_that_has_not_begun_are_refused():
    county = make.make_county()

    with pytest.raises(queries.MeasureUnknown, match=r"没有“directory\.nothing”这个指标"):
        queries.reading("directory.nothing", county.pk, year(2026), DAY)
    with pytest.raises(queries.PeriodAhead, match="2027年还没有到"):
        queries.reading("places.villages", county.pk, parse_period("2027"), DAY)


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ([12, 0, 7], [12, 0, 7]),
        ([3], [None]),
        ([3, 20, 9], [None, 20, None]),
        ([3, 2, 20], [None, None, 20]),
        ([1, 1, 20], [None, None, None]),
        ([4, 4, 30, 6], [None, None, 30, None]),
    ],
)
def test_small_counts_of_people_are_withheld_so_that_no_sum_gives_them_away(row, shown):
    assert queries.published(row, DAY) == shown


@given(st.lists(st.integers(0, 30), max_size=12))
def test_what_is_published_is_true_and_never_small(row):
    shown = queries.published(row, DAY)

    hidden = [n for n, seen in zip(row, shown, strict=True) if seen is None]
    assert all(seen in (None, n) for n, seen in zip(row, shown, strict=True))
    assert not any(seen is not None and 0 < seen < LEAST for seen in shown)
    assert 0 not in hidden
    # Whoever knows the sum finds no hidden number, unless nothing is left to hide it behind.
    if len(hidden) == 1:
        assert not [seen for seen in shown if seen is not None and seen >= LEAST]
