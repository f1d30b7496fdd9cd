import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.shared.testing import wide
from gongzhi.shared.text import (
    bigrams,
    fts5_query,
    key,
    near,
    normalize,
    pinyin,
    pinyin_initials,
    query_bigrams,
    tsquery,
)

han = st.text("青溪社区张桂兰李建国志愿服务队金堂县", min_size=1, max_size=12)
mixed = st.text("青溪社区abcXYZ019 ，（)-·\uff10\uff21\u200b", max_size=20)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("青溪社区", "青溪社区"),
        ("  青溪　 社区\t", "青溪 社区"),
        (wide("ABC123"), "ABC123"),
        ("志愿服务队（一队）", "志愿服务队（一队）"),
        ("青\u200b溪\ufeff社区\x00", "青溪社区"),
        ("plain", "plain"),
        ("two  words", "two words"),
        ("a\x00b", "ab"),
        ("⽟龙", "玉龙"),
        ("第一行\n第二行", "第一行 第二行"),
        ("“名，称”：好！", "“名，称”：好！"),
    ],
)
def test_text_is_kept_clean_and_chinese_punctuation_full_width(typed, kept):
    assert normalize(typed) == kept


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text):
    once = normalize(text)

    assert normalize(once) == once
    assert "\0" not in once
    assert once == once.strip()


def test_names_compare_without_width_case_and_space():
    assert key("青溪 社区（A区）") == key("青溪社区(ａ区)") == "青溪社区(a区)"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("青溪社区", "青溪 溪社 社区"),
        ("李", "李"),
        ("评估3A级", "评估 3a 级"),
        ("金堂县，青溪", "金堂 堂县 青溪"),
        (wide("ABC") + " 123", "abc 123"),
        ("", ""),
        ("……", ""),
        ("青溪Abc社区", "青溪 abc 社区"),
    ],
)
def test_text_is_cut_into_pairs_of_characters_and_whole_words(text, tokens):
    assert bigrams(text) == tokens


@pytest.mark.parametrize(
    ("words", "tokens"),
    [
        ("青溪", ["青溪"]),
        ("青溪社区", ["青溪", "溪社", "社区"]),
        ("青", ["青*"]),
        ("5101", ["5101*"]),
        ("青溪 3A", ["青溪", "3a*"]),
        ("青溪青溪", ["青溪", "溪青"]),
        (" ，", []),
    ],
)
def test_words_to_look_for_are_cut_the_same_way(words, tokens):
    assert query_bigrams(words) == tokens


def test_nothing_typed_can_become_an_operator():
    tokens = query_bigrams('"青溪" OR x\' & !y:*')

    assert fts5_query(tokens) == '"青溪" AND "or"* AND "x"* AND "y"*'
    assert tsquery(tokens) == "'青溪' & 'or':* & 'x':* & 'y':*"


@given(st.lists(han, min_size=1, max_size=5), han)
def test_sqlite_finds_what_contains_two_characters_or_more(texts, words):
    book = sqlite3.connect(":memory:")
    book.execute("CREATE VIRTUAL TABLE found USING fts5(tokens, tokenize='unicode61')")
    book.executemany("INSERT INTO found VALUES (?)", [[bigrams(text)] for text in texts])
    query = fts5_query(query_bigrams(words))
    hits = {
        row - 1 for (row,) in book.execute("SELECT rowid FROM found WHERE found MATCH ?", [query])
    }
    book.close()

    if len(words) > 1:
        assert hits >= {i for i, text in enumerate(texts) if words in text}
    else:
        assert hits >= {i for i, text in enumerate(texts) if words in text[:-1]}
    assert all(set(words) <= set(texts[i]) for i in hits)


@given(mixed, mixed)
def test_any_query_is_well_formed(text, words):
    book = sqlite3.connect(":memory:")
    book.execute("CREATE VIRTUAL TABLE found USING fts5(tokens, tokenize='unicode61')")
    book.execute("INSERT INTO found VALUES (?)", [bigrams(text)])
    if query := fts5_query(query_bigrams(words)):
        book.execute("SELECT rowid FROM found WHERE found MATCH ?", [query]).fetchall()
    book.close()


PLACES = ["十里社区", "十里铺村", "杨柳桥社区", "玉龙社区", "三江社区", "家珍社区"]


def test_a_place_of_another_kind_and_a_wrong_character_of_the_same_sound_are_near():
    assert near("十里村", PLACES)[0] == "十里社区"
    assert near("扬柳桥社区", PLACES, limit=1) == ["杨柳桥社区"]
    assert near("玉笼社区", PLACES) == ["玉龙社区"]
    assert near("510122", ["510121", "330100"], limit=1) == ["510121"]


def test_what_is_like_nothing_is_near_nothing():
    assert near("北京", PLACES) == []
    assert near("", PLACES) == []
    assert near("xyz", PLACES) == []


@given(st.sampled_from(PLACES), st.integers(1, 3))
def test_what_is_right_is_nearest_to_itself(name, limit):
    found = near(name, PLACES, limit)

    assert found[0] == name
    assert len(found) <= limit


def test_names_are_found_by_the_first_letters_of_their_pinyin():
    assert pinyin_initials("青溪社区") == "qxsq"
    assert pinyin_initials("青溪3A社") == "qx3as"
    assert pinyin_initials("") == ""
    assert pinyin("青溪A社") == "qingxiashe"


def test_families_and_places_are_read_as_they_read_themselves():
    assert pinyin_initials("曾玉珍") == "zyz"
    assert pinyin("成都长乐") == "chengduchangle"
