import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.shared.codes import Division, parse_division
from gongzhi.shared.faults import BadValue
from gongzhi.shared.testing import wide


def digits(length):
    return st.text("0123456789", min_size=length, max_size=length)


codes = st.sampled_from((2, 4, 6, 9, 12)).flatmap(digits).filter(lambda c: c.strip("0"))


@pytest.mark.parametrize(
    ("typed", "code", "level"),
    [
        ("510121", "510121", "county"),
        ("510121000000", "510121", "county"),
        ("510121001", "510121001", "town"),
        ("510121001000", "510121001", "town"),
        ("510121001001", "510121001001", "village"),
        (" 510121 001 001 ", "510121001001", "village"),
        (wide("510121"), "510121", "county"),
        ("510100", "5101", "city"),
        ("510000000000", "51", "province"),
        ("441900003", "441900003", "town"),
    ],
)
def test_a_code_is_read_however_it_is_padded(typed, code, level):
    division = parse_division(typed)

    assert (division.code, division.level) == (code, level)


def test_a_village_knows_its_town_and_county():
    village = parse_division("510121001205")

    assert (village.county, village.town, village.village) == (
        "510121",
        "510121001",
        "510121001205",
    )
    assert (village.town_kind, village.village_kind) == ("街道", "村委会")
    assert village.parent == Division("510121001")
    assert village.is_within(Division("510121"))
    assert village.label == "村社"
    assert str(village) == "510121001205"


def test_a_county_has_neither_town_nor_village():
    county = parse_division("510121")

    assert (county.town, county.village, county.town_kind, county.village_kind) == (None,) * 4
    assert county.parent == Division("5101")
    assert Division("51").parent is None
    assert Division("51").county is None


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("001", "街道"),
        ("099", "街道"),
        ("100", "镇"),
        ("199", "镇"),
        ("200", "乡"),
        ("399", "乡"),
        ("400", "类似乡镇"),
    ],
)
def test_three_digits_tell_the_kind_of_town(code, kind):
    assert Division(f"510121{code}").town_kind == kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("001", "居委会"),
        ("199", "居委会"),
        ("200", "村委会"),
        ("399", "村委会"),
        ("400", "类似居委会"),
        ("500", "类似村委会"),
    ],
)
def test_three_digits_tell_the_kind_of_village(code, kind):
    assert Division(f"510121001{code}").village_kind == kind


@given(codes)
def test_what_is_read_writes_back_the_same(code):
    division = parse_division(code)

    assert parse_division(division.code.ljust(6, "0")) == division
    assert parse_division(division.padded) == division
    assert division.code == code or not code[len(division.code) :].strip("0")


@given(codes)
def test_a_place_lies_in_each_of_its_parents(code):
    division = place = parse_division(code)
    while parent := place.parent:
        assert division.is_within(parent)
        place = parent


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("51012", "5位"),
        ("", "只能是数字"),
        ("金堂县", "只能是数字"),
        ("51012100100X", "只能是数字"),
        ("5.10121E+11", "科学计数"),
        ("000000", "不能全是0"),
    ],
)
def test_what_is_no_code_is_refused_with_a_sentence(typed, says):
    with pytest.raises(BadValue, match=says) as refused:
        parse_division(typed)

    assert str(refused.value).endswith("。")
