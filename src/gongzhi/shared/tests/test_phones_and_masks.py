import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.shared.codes import (
    mask_address,
    mask_id,
    mask_name,
    mask_phone,
    normalize_phone,
    phone_faults,
    phones_ok,
    polite_name,
    require_phone,
)
from gongzhi.shared.faults import BadValue
from gongzhi.shared.testing import wide

phones = st.builds("1{}{:09d}".format, st.integers(3, 9), st.integers(0, 10**9 - 1))


@given(phones)
def test_a_mobile_number_is_taken_however_it_is_typed(phone):
    for typed in (
        phone,
        f" {phone[:3]} {phone[3:7]} {phone[7:]}",
        f"{phone[:3]}-{phone[3:7]}-{phone[7:]}",
        f"+86 {phone}",
        f"(0086){phone}",
        f"86{phone}",
        wide(phone),
        f"'{phone}",
    ):
        assert require_phone(typed) == normalize_phone(typed) == phone


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "没有填"),
        ("1398888207", "少1位"),
        ("139888882071", "多1位"),
        ("1398****207", "第5位是“*”"),
        ("13988B88207", "第6位是字母“B”，这里只能是数字，像是数字8"),
        ("028-84980000", "座机"),
        ("84980000", "座机"),
        ("22900000000", "不会以22开头"),
        ("12900000000", "不会以12开头"),
        ("1.38E+10", "科学计数"),
    ],
)
def test_each_fault_is_named_with_how_to_mend_it(typed, says):
    fault = phone_faults(typed)

    assert fault is not None
    assert says in fault.wrong
    with pytest.raises(BadValue):
        require_phone(typed)


anything = st.one_of(
    phones,
    phones.map(lambda p: f"+86 {p}"),
    phones.map(lambda p: p[1:]),
    st.text("0123456789", min_size=10, max_size=12),
    st.text("0123456789-+ ", max_size=16),
    st.text(max_size=14),
)


@given(st.lists(anything, max_size=20))
def test_many_at_once_agree_with_one_at_a_time(texts):
    assert phones_ok(texts).tolist() == [phone_faults(text) is None for text in texts]


def test_numbers_show_only_their_ends():
    assert mask_id("510121195001011426") == "510121********1426"
    assert mask_phone("13800002076") == "138****2076"


@given(st.text("0123456789", max_size=20))
def test_a_mask_keeps_the_length_and_always_hides_something(number):
    for masked in (mask_id(number), mask_phone(number)):
        assert len(masked) == len(number)
        assert "*" in masked or not number


def test_people_are_called_politely_when_their_sex_is_known():
    assert polite_name("王建国", "male") == "王先生"
    assert polite_name("欧阳玉珍", "female") == "欧阳女士"
    assert polite_name("张桂兰") == "张**"
    assert polite_name("", "male") == ""


def test_a_masked_name_keeps_the_family_name():
    assert mask_name("张桂兰") == "张**"
    assert mask_name("欧阳修") == "欧阳*"
    assert mask_name("李") == "李*"
    assert mask_name("欧阳") == "欧*"


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("金堂县赵镇街道杨柳桥社区3栋2单元501号", "金堂县赵镇街道杨柳桥社区****"),
        ("三溪镇三组12号", "三溪镇****"),
        ("淮口街道州城路88号附2", "淮口街道州城路****"),
        ("十里村", "十里村****"),
        ("幸福里3栋", "幸福里****"),
        ("天府广场旁边老王家", "天府广场旁边****"),
        ("某某花园", "****"),
        ("", ""),
    ],
)
def test_an_address_ends_where_the_door_begins(address, masked):
    assert mask_address(address) == masked
