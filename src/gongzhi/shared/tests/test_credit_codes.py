import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.shared.codes import (
    check_uscc,
    make_uscc,
    normalize_uscc,
    require_uscc,
    uscc_check_character,
    uscc_faults,
    uscc_kind,
    usccs_ok,
)
from gongzhi.shared.codes.uscc import ALPHABET, KINDS
from gongzhi.shared.faults import BadValue
from gongzhi.shared.testing import wide

VALID = {
    "52510121MJQ9900129": "民办非企业单位",
    "51510121MJQ9900207": "社会团体",
    "53510100MJQ990039G": "基金会",
    "91510121MA" + "K990043Y": "企业",
    "91350100M000100Y43": "企业",
}

invented = st.builds(
    make_uscc,
    st.sampled_from(sorted(KINDS)),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=8, max_size=8),
)


@pytest.mark.parametrize(("code", "kind"), VALID.items())
def test_codes_of_the_handbook_are_valid_and_tell_their_kind(code, kind):
    assert check_uscc(code)
    assert uscc_kind(code) == kind


def test_the_standards_own_example_gives_its_check_character():
    assert uscc_check_character("91350100M000100Y4") == "3"


def test_a_prefix_that_the_table_has_not_has_no_kind():
    assert uscc_kind("A1510121MJQ990012X") is None


@given(invented)
def test_every_invented_code_is_valid(code):
    assert uscc_faults(code) is None


@given(invented, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(code, place, other):
    wrong = code[:place] + other + code[place + 1 :]

    assert check_uscc(wrong) == (wrong == code)


@given(invented)
def test_small_letters_spaces_and_full_width_are_taken(code):
    spaced = f" {code[:2]} {code[2:8].lower()}-{code[8:].lower()} "

    assert require_uscc(wide(code)) == require_uscc(spaced) == normalize_uscc(spaced) == code


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "没有填"),
        ("MJQ990012", "组织机构代码"),
        ("510121000012345", "旧注册号"),
        ("52510121MJQ990012", "少1位"),
        ("52510121MJQ9900", "少3位"),
        ("52510121MJQ99001299", "多1位"),
        ("52510121MJQ99OO129", "第14位是字母O，代码里不用这个字母，像是0"),
        ("52510121MJQ99001？9", "第17位是"),
        ("5251012AMJQ9900129", "第8位是字母A，第3到8位是行政区划"),
        ("52510121MJQ9900128", "最后一位应是9，填的是8"),
        ("52510121MJQ9900118", "主体标识码"),
        ("5.2510121E+17", "科学计数"),
    ],
)
def test_each_fault_is_named_with_how_to_mend_it(typed, says):
    if "主体" in says:  # the outer character fits, the inner one does not
        typed = typed[:17] + uscc_check_character(typed[:17])

    fault = uscc_faults(typed)

    assert fault is not None
    assert says in fault.wrong
    assert fault == f"{fault.wrong}。{fault.mend}。"
    with pytest.raises(BadValue, match=says):
        require_uscc(typed)


anything = st.one_of(
    invented,
    invented.map(str.lower),
    invented.map(lambda c: c[:-1]),
    invented.map(lambda c: c[:17] + "Z"),
    invented.map(lambda c: c[:16] + "0" + c[17]),
    st.text(ALPHABET + "IOZSVX.+- ", min_size=17, max_size=19),
    st.text(max_size=20),
)


@given(st.lists(anything, max_size=20))
def test_many_at_once_agree_with_one_at_a_time(texts):
    assert usccs_ok(texts).tolist() == [check_uscc(text) for text in texts]
