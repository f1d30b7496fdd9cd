import re
from pathlib import Path

import pytest
from django.template import Context, Template, engines

from gongzhi.ui import samples
from gongzhi.ui.templatetags import ui

FOLDER = Path(ui.__file__).parents[1] / "templates" / "ui"


def show(text, **context):
    template = engines["django"].engine.from_string("{% load ui %}" + text)
    return template.render(Context(context))


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.html")), ids=lambda p: p.name)
def test_a_template_states_its_contract(path):
    if not path.name.startswith("catalogue") and path.stem not in {"accessibility", "privacy"}:
        assert "{% comment %}" in path.read_text("utf-8")[:120], "say at the top what it is for"


@pytest.mark.parametrize("name", sorted(ui.register.tags))
def test_a_tag_says_what_it_is_and_stands_in_the_catalogue(name):
    source = Path(ui.__file__).read_text("utf-8")
    said = re.search(rf"def {name}\((?:.|\n)*?\) -> [^:]+:\n    \"\"\"[^\"]*[一-鿿]", source)
    assert said, "a sentence with its Chinese name"
    pages = "".join(p.read_text("utf-8") for p in FOLDER.glob("*.html")) + "".join(
        p.read_text("utf-8") for p in FOLDER.parent.glob("*.html")
    )
    assert re.search(rf"{{% {name}[ %]", pages), "shown in the catalogue or used by a component"


def test_an_icon_is_silent_beside_words_and_named_alone():
    assert show('{% icon "pin" %}') == (
        '<svg class="ic" aria-hidden="true"><use href="/static/ui/icons.svg#pin"/></svg>'
    )
    assert '<span class="vh">地点</span>' in show('{% icon "pin" label="地点" %}')


def test_every_icon_of_the_catalogue_is_in_the_sprite():
    sprite = (FOLDER.parents[1] / "static" / "ui" / "icons.svg").read_text("utf-8")
    drawn = set(re.findall(r'<symbol id="([^"]+)"', sprite)) - {"mark", "mark-w"}
    assert set(samples.catalogue()["icons"]) == drawn


def test_party_brings_its_flag_and_the_word():
    assert "#flag" in show('{% tag "党建" "party" %}')
    assert "党建" in show('{% tag "党建" "party" %}')


def test_words_from_outside_are_escaped_everywhere():
    evil = "<script>alert(1)</script>"
    for piece in (
        "{% status evil %}",
        "{% tag evil %}",
        "{% person evil evil url=evil %}",
        "{% mask evil url=evil whose=evil %}",
        "{% typedtext evil %}",
        "{% heatcell evil 1 url=evil unit=evil what=evil %}",
        "{% meter 1 2 evil %}",
        "{% alert evil title=evil %}{{ evil }}{% endalert %}",
        "{% pagehead evil sub=evil %}{{ evil }}{% actions %}{{ evil }}{% endpagehead %}",
        "{% card evil sub=evil more=evil url=evil %}{{ evil }}{% endcard %}",
        "{% section evil sub=evil %}{{ evil }}{% endsection %}",
        "{% fig evil evil evil rule=evil note=evil %}{{ evil }}{% endfig %}",
        "{% tile evil evil evil url=evil trend=evil %}",
        "{% emptystate evil evil action=evil url=evil %}",
        "{% refusal evil evil %}",
        "{% toast evil url=evil action=evil %}",
        "{% pager evil previous=evil next=evil %}",
        "{% progress 1 2 evil %}",
        "{% dialog 'd' evil action=evil %}{{ evil }}{% enddialog %}",
        "{% fold evil %}{{ evil }}{% endfold %}",
    ):
        assert "<script" not in show(piece, evil=evil), piece


def test_a_page_head_holds_path_title_status_and_buttons():
    html = show(
        '{% pagehead "童伴中心" crumbs=path %}{% tag "3A" "info" %}'
        '{% actions %}<a class="btn" href="/x/">改</a>{% endpagehead %}',
        path=[{"label": "组织和人", "url": "/o/"}, {"label": "童伴中心"}],
    )
    assert html.count("<h1>") == 1
    assert 'aria-current="page">童伴中心' in html
    assert html.index("tag info") < html.index('class="row no-print"') < html.index("改</a>")
    assert "\x1e" not in html


def test_cards_in_cards_keep_their_own_buttons():
    html = show(
        '{% card "外" %}{% card "里" level=3 %}里面{% actions %}里的按钮{% endcard %}'
        "{% actions %}外的按钮{% endcard %}"
    )
    assert html.index("外的按钮") < html.index("<h3>里</h3>") < html.index("里的按钮")
    assert "\x1e" not in html


def test_a_pager_shows_only_links_that_lead_somewhere():
    assert "上一页" not in show('{% pager "第1页" next="/x/?after=5" %}')
    assert 'href="/x/?after=5"' in show('{% pager "第1页" next="/x/?after=5" %}')
    assert show("{% pager %}").strip() == ""


def test_a_bare_empty_state_has_no_dead_button():
    assert "btn" not in show('{% emptystate "还没有记录" "这段时间没有办过" %}')


def test_a_tally_without_records_is_no_link():
    html = show("{% tally items '几份' %}", items=[{"label": "没变", "count": 1050, "unit": "人"}])
    assert "<a " not in html
    assert "1,050" in html


def test_progress_never_divides_by_nothing():
    assert 'max="1" value="0"' in show("{% progress 0 0 %}")


def test_a_dialog_that_changes_something_carries_a_csrf_token(rf):
    from django.middleware.csrf import get_token

    html = show(
        '{% dialog "d" "撤回？" action="/x/" %}后果'
        '{% actions %}<button class="btn danger">撤回</button>{% enddialog %}',
        csrf_token=get_token(rf.get("/")),
    )
    assert "csrfmiddlewaretoken" in html
    assert html.index("先不办") < html.index("撤回</button>")


def test_money_shows_its_unit_and_direction():
    assert show("{% money 1000000 '元' 'in' %}") == (
        '<b class="money in">+10,000.00<span class="u">元</span></b>'
    )
    assert "−5,446.80" in show("{% money -544680 '元' 'out' %}")
    assert "143.80" in show("{% money 143800000 '万元' 'big' %}")


def test_a_row_of_a_table_needs_no_template_of_its_own():
    """Icon, status, tag, mask and money stand in every row: they must not load a template."""
    source = Path(ui.__file__).read_text("utf-8")
    rows = source.split("# -- with a slot")[0]
    assert "inclusion_tag" not in rows
    assert "get_template" not in rows.split("# -- in every row")[1]


def test_the_template_class_is_there():
    assert Template("{% load ui %}{{ 88107|thousands }}").render(Context()) == "88,107"
