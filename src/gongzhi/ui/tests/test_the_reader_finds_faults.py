import html5lib
import pytest

from tests.browser import read

GOOD = """<!doctype html><html lang="zh-Hans"><head><title>查我的登记 · 共治</title></head><body>
<h1>查我的登记</h1><p>一句话，说清楚。</p><a href="#more">往下看</a>
<section id="more"><h2>更多</h2></section>
<form action="/look/" method="post"><input type="hidden" name="csrfmiddlewaretoken" value="x">
<label for="n">姓名</label><input id="n" name="n"><button>提交</button></form>
</body></html>"""


def test_a_good_page_is_read():
    assert read(GOOD).tag == "html"


@pytest.mark.parametrize(
    ("planted", "instead"),
    [
        ('lang="zh-Hans"', 'lang="zh-CN"'),
        ("<title>查我的登记 · 共治", "<title>共治"),
        ("<h2>更多</h2>", "<h1>更多</h1>"),
        ('id="more"', 'id="n"'),
        ('href="#more"', 'href="#"'),
        ('href="#more"', 'href="#less"'),
        ('action="/look/"', ""),
        ('method="post"', ""),
        ('name="csrfmiddlewaretoken"', 'name="other"'),
        ('for="n"', ""),
        ("一句话，说清楚。", "一句话,说清楚。"),
        ("一句话，说清楚。", "一句话.说清楚。"),
        ("<button>提交</button>", "<button></button>"),
        ('<input id="n" name="n">', '<input id="n" name="n" aria-describedby="gone">'),
        ("<p>一句话，说清楚。</p>", '<div class="field bad">一句话</div>'),
        ("<p>一句话，说清楚。</p>", '<img src="/x.png">'),
        ('<form action="/look/"', '<form hx-post="/other/" action="/look/"'),
    ],
)
def test_a_planted_fault_is_found(planted, instead):
    assert planted in GOOD
    with pytest.raises(AssertionError):
        read(GOOD.replace(planted, instead, 1))


def test_a_tag_left_open_is_found():
    with pytest.raises(html5lib.html5parser.ParseError):
        read(GOOD.replace("</form>", ""))


def test_what_somebody_typed_is_not_held_against_us():
    read(GOOD.replace("一句话，说清楚。", '填的是<span class="typed">张三,李四</span>'))
