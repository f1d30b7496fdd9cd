import html5lib
import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.ui import charts, samples
from gongzhi.ui.charts import About, Part, Series
from gongzhi.ui.phrasing import thousands

ABOUT = About(title="参与人次", unit="人次", rule="一人一场算1人次", cutoff="11月23日 15:40")


def shown(chart):
    return html5lib.parse(
        render_to_string("ui/chart.html", {"chart": chart, "about": chart.about, "level": 3}),
        namespaceHTMLElements=False,
    )


def cells(tree):
    return [
        ["".join(c.itertext()).strip() for c in row if c.get("class") != "bar"]
        for row in tree.find(".//tbody")
    ]


@pytest.mark.parametrize("name", sorted(samples._charts()))
def test_every_chart_says_unit_rule_and_cutoff(name):
    chart = samples._charts()[name]
    words = "".join(shown(chart).itertext())
    assert f"单位：{chart.about.unit}" in words
    assert f"怎么数：{chart.about.rule}" in words
    assert f"截止{chart.about.cutoff}" in words


def test_a_line_has_a_table_with_the_same_numbers():
    this, last = (3, 1200, 45), (2, 900, None)
    chart = charts.line(
        ("1月", "2月", "3月"),
        (Series(name="今年", values=this), Series(name="去年", values=last)),
        ABOUT,
    )
    assert cells(shown(chart)) == [["1月", "3", "2"], ["2月", "1,200", "900"], ["3月", "45", "—"]]
    assert 'role="img"' in chart.drawing
    assert "2月最高，为1,200人次" in chart.summary


def test_a_part_month_is_dotted_and_the_note_says_so():
    chart = charts.line(
        ("10月", "11月"), (Series(name="今年", values=(9, 4)),), ABOUT, partial="11月只统计到23日"
    )
    assert 'stroke-dasharray="1 7"' in chart.drawing
    assert chart.about.note == "11月只统计到23日，用点线表示。"


def test_two_names_at_the_end_never_lie_on_each_other():
    chart = charts.line(
        ("1月", "2月"),
        (Series(name="今年", values=(5, 5)), Series(name="去年", values=(5, 5))),
        ABOUT,
    )
    ends = [
        float(e.get("y").rstrip("%"))
        for e in html5lib.parseFragment(chart.drawing, namespaceHTMLElements=False).iter()
        if e.tag.endswith("text") and e.get("x") == "100%" and e.get("dx") == "10"
    ]
    assert len(ends) == 2
    assert ends[1] - ends[0] >= 8


def test_bars_are_their_own_table_in_the_order_given():
    chart = charts.bars(
        (
            Part(label="赵镇街道", value=3),
            Part(label="官仓街道", value=1240, url="/x/"),
            Part(label="转龙镇", value=0),
        ),
        ABOUT,
    )
    assert cells(shown(chart)) == [["赵镇街道", "3"], ["官仓街道", "1,240"], ["转龙镇", "0"]]
    assert chart.drawing.count('class="meter"') == 3


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=8))
def test_shares_show_every_part_and_fill_the_bar(values):
    parts = [Part(label=f"第{i}份", value=v) for i, v in enumerate(values)]
    chart = charts.share(parts, ABOUT)
    assert [row[1] for row in chart.rows] == [thousands(v) for v in values]
    if sum(values):
        lengths = [float(x.split("%")[0]) for x in chart.drawing.split("--v:")[1:]]
        assert sum(lengths) == pytest.approx(100, abs=0.05 * len(values))
    else:
        assert not chart.drawing


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**9)), min_size=1, max_size=40))
def test_a_line_stays_in_its_frame_whatever_the_values(values):
    labels = [f"第{i}期" for i in range(len(values))]
    chart = charts.line(labels, (Series(name="今年", values=tuple(values)),), ABOUT)
    assert len(chart.rows) == len(values)
    for piece in chart.drawing.split('y1="')[1:]:
        assert -0.1 <= float(piece.split("%")[0]) <= 100.1


def test_a_sparkline_is_read_as_a_table():
    chart = charts.sparkline(("一季", "二季"), (521, 560), ABOUT)
    assert 'aria-hidden="true"' in chart.drawing
    assert chart.rows == (("一季", "521"), ("二季", "560"))


def test_a_meter_says_both_figures():
    chart = charts.meter(46, 60, ABOUT)
    assert "60人次里的46人次，76.7%" in chart.summary
    assert charts.meter(0, 0, ABOUT).rows[2] == ("占比", "0.0%")


def test_nothing_to_show_is_said_in_words():
    chart = charts.bars((), ABOUT)
    assert "还没有记录" in "".join(shown(chart).itertext())


@pytest.mark.parametrize(
    ("value", "top", "depth"),
    [
        (9, 9, 5),
        (7, 9, 4),
        (5, 9, 3),
        (3, 9, 2),
        (1, 9, 1),
        (1, 900, 1),
        (0, 9, 0),
        (None, 9, 0),
        (3, 0, 0),
    ],
)
def test_heat_is_deeper_for_more_and_none_for_nothing(value, top, depth):
    assert charts.heat_level(value, top) == depth


def test_words_in_a_chart_are_escaped():
    chart = charts.bars((Part(label="<b>队</b>", value=1),), ABOUT)
    assert "&lt;b&gt;" in chart.drawing
