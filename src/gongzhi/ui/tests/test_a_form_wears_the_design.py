import html5lib
import pytest
from django import forms
from django.template.loader import render_to_string

from gongzhi.ui.forms import Affix, DayInput, HouseRenderer
from gongzhi.ui.samples import SampleForm
from gongzhi.ui.templatetags.ui import errors


@pytest.fixture(autouse=True)
def _in_the_clothes_of_the_house(settings):
    from django.forms.renderers import get_default_renderer

    settings.FORM_RENDERER = "gongzhi.ui.forms.HouseRenderer"
    get_default_renderer.cache_clear()
    yield
    get_default_renderer.cache_clear()


def parse(html):
    return html5lib.parseFragment(str(html), namespaceHTMLElements=False)


def by_id(tree, name):
    return next(e for e in tree.iter() if e.get("id") == name)


def filled(**data):
    return SampleForm(
        {"name": "讲一次", "school": "social", "day": "2027-01-05", "place": "hall", **data}
    )


def test_controls_get_their_class_and_keep_their_own():
    tree = parse(SampleForm())
    assert by_id(tree, "id_name").get("class") == "input"
    assert by_id(tree, "id_place").get("class") == "select w-m"
    assert by_id(tree, "id_plan").get("class") == "textarea"
    assert by_id(tree, "id_day").get("type") == "date"
    assert by_id(tree, "id_day").get("class") == "input w-m"
    assert by_id(tree, "id_school").get("class") == "choices inline"


def test_label_hint_error_and_control_come_in_this_order_and_are_tied():
    tree = parse(filled(seats="2", budget="一万二"))
    field = next(e for e in tree.iter("div") if e.get("class") == "field bad")
    assert [child.tag for child in field] == ["label", "span", "div", "div"]
    label, hint, error, affix = field
    control = affix[0]
    assert label.get("for") == control.get("id")
    assert control.get("aria-describedby").split() == [hint.get("id"), error.get("id")]
    assert control.get("aria-invalid") == "true"
    assert "预算请填数字，例如12000" in "".join(error.itertext())


def test_what_may_be_left_out_says_so_and_nothing_else_does():
    html = str(SampleForm())
    assert html.count("（选填）") == 3


def test_a_choice_can_explain_itself():
    assert "<span>治理学苑<small>基层干部 · 伙伴计划</small></span>" in str(SampleForm()["school"])


def test_a_group_of_choices_is_a_fieldset_with_a_legend():
    tree = parse(SampleForm()["school"].as_field_group())
    assert tree[0].tag == "fieldset"
    assert tree[0][0].tag == "legend"


def test_the_summary_says_the_same_sentences_and_leads_to_the_fields():
    form = filled(seats="", budget="一万二")
    page = str(form)
    wrong = errors(form)["wrong"]
    assert [sentence for _, sentence in wrong] == ["请填写名额", "预算请填数字，例如12000"]
    for at, sentence in wrong:
        assert f'id="{at}"' in page
        assert sentence in page
    summary = render_to_string("ui/errors.html", {"wrong": wrong})
    assert "有2处要改" in summary
    assert 'role="alert"' in summary
    assert "autofocus" in summary


def test_a_form_not_yet_sent_has_no_summary():
    assert errors(SampleForm()) == {"wrong": []}
    assert render_to_string("ui/errors.html", {"wrong": []}).strip() == ""


def test_what_concerns_no_single_field_is_summed_up_too():
    form = filled(seats="3", budget="4")
    form.add_error(None, "两个场地同一天都被订走了。")
    assert errors(form)["wrong"] == [("", "两个场地同一天都被订走了。")]


def test_hidden_fields_stay_out_of_sight():
    class Sealed(forms.Form):
        default_renderer = HouseRenderer
        key = forms.CharField(widget=forms.HiddenInput)

    assert str(Sealed()).strip() == '<input type="hidden" name="key" id="id_key">'


def test_a_unit_stands_behind_its_number():
    assert "<span>元</span>" in Affix("元").render("cost", 5)


def test_a_day_is_written_as_the_browser_wants_it():
    from datetime import date

    assert 'value="2026-12-03"' in DayInput().render("day", date(2026, 12, 3))
