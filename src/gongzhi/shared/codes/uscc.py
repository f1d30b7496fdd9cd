"""
统一社会信用代码, GB 32100-2015.

登记管理部门 1 + 机构类别 1 + 区划 6 + 主体标识码 9 (GB 11714) + check character 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gongzhi.shared.faults import BadValue, Fault

from .bulk import characters
from .typed import LOST_DIGITS, lost_digits, squeeze, wrong_length

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I O Z S V
_WEIGHTS = tuple(3**i % 31 for i in range(17))
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_LOOKALIKES = {"I": "1", "O": "0", "Z": "2", "S": "5", "V": "U或Y"}
_MEND = "照登记证书重填"

# The first two characters: who registers and what. From GB 32100 and its amendments.
KINDS = {
    "11": "机关",
    "12": "事业单位",
    "51": "社会团体",
    "52": "民办非企业单位",
    "53": "基金会",
    "59": "民政其他",
    "91": "企业",
    "92": "个体工商户",
    "93": "农民专业合作社",
    "N1": "组级集体经济组织",
    "N2": "村级集体经济组织",
    "N3": "乡镇级集体经济组织",
    "Y1": "其他",
}

_VALUES = {char: value for value, char in enumerate(ALPHABET)}


def normalize_uscc(text: str) -> str:
    """Return the code in half-width capitals without spaces and dashes; not yet checked."""
    return squeeze(text)


def uscc_check_character(first17: str) -> str:
    """Return the 18th character for the *first17*, which are all of the alphabet (校验码)."""
    total = sum(_VALUES[c] * w for c, w in zip(first17, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def _body_check_character(first8: str) -> str:
    """Return the ninth character of a 主体标识码, GB 11714 (A=10 … Z=35)."""
    total = sum(int(c, 36) * w for c, w in zip(first8, _BODY_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]


def make_uscc(prefix: str, division: str, body: str) -> str:
    """
    Return a valid code for invented organizations (生成示例代码).

    *prefix* two characters (`52`), *division* six digits, *body* the first eight of the 主体标识码.
    """
    first17 = prefix + division + body + _body_check_character(body)
    return first17 + uscc_check_character(first17)


def uscc_faults(text: str) -> Fault | None:
    """Return what is wrong with a 统一社会信用代码 and how to mend it, None when nothing is."""
    if lost_digits(text):
        return LOST_DIGITS
    code = squeeze(text)
    if not code:
        return Fault("没有填统一社会信用代码", "照登记证书填18位；没有登记的组织按备案组织填")
    if len(code) != 18:
        return _length_fault(code)
    return _character_fault(code) or _check_fault(code)


def _length_fault(code: str) -> Fault:
    if len(code) == 9:
        return Fault("这是9位的组织机构代码，不是统一社会信用代码", "照新的登记证书填18位代码")
    if len(code) == 15 and code.isdigit():
        return Fault("这是15位的旧注册号，不是统一社会信用代码", "照新的登记证书填18位代码")
    return wrong_length("统一社会信用代码", len(code), 18)


def _character_fault(code: str) -> Fault | None:
    for place, char in enumerate(code, 1):
        if char not in _VALUES:
            like = _LOOKALIKES.get(char)
            if like:
                wrong = f"第{place}位是字母{char}，代码里不用这个字母，像是{like}"
                return Fault(wrong, "照登记证书改")
            return Fault(f"第{place}位是“{char}”，代码里只有数字和大写字母", _MEND)
        if 3 <= place <= 8 and char.isalpha():
            return Fault(f"第{place}位是字母{char}，第3到8位是行政区划，只能是数字", _MEND)
    return None


def _check_fault(code: str) -> Fault | None:
    expected = uscc_check_character(code[:17])
    if code[17] != expected:
        return Fault(
            f"校验码对不上：照前17位算，最后一位应是{expected}，填的是{code[17]}",
            "多半是某一位写错了，照登记证书逐位核对",
        )
    if code[16] != _body_check_character(code[8:16]):
        return Fault("第9到17位的主体标识码对不上它自己的校验码", "照登记证书逐位核对第9到17位")
    return None


def check_uscc(text: str) -> bool:
    """Tell whether *text*, as people type it, is a valid 统一社会信用代码."""
    return uscc_faults(text) is None


def require_uscc(text: str) -> str:
    """
    Return the code as it is kept (规整后的代码).

    :raises BadValue: it is not valid; says what is wrong and how to mend it.
    """
    if fault := uscc_faults(text):
        raise BadValue(fault.wrong, fault.mend)
    return squeeze(text)


def uscc_kind(code: str) -> str | None:
    """Return what the first two characters say the holder is (登记类别), or None."""
    return KINDS.get(code[:2])


def _lookup(alphabet: str) -> np.ndarray:
    table = np.full(128, -1, dtype=np.int16)
    for value, char in enumerate(alphabet):
        table[ord(char)] = value
    return table


_TABLE = _lookup(ALPHABET)
_BODY_TABLE = _lookup("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def usccs_ok(texts: Sequence[str]) -> np.ndarray:
    """Return for each text whether `check_uscc` holds; for bulk import."""
    ok = np.zeros(len(texts), dtype=bool)
    plain, letters = characters(texts, 18)
    values = _TABLE[letters]
    good = (values >= 0).all(axis=1) & (values[:, 2:8] < 10).all(axis=1)
    good &= values[:, 17] == -(values[:, :17] @ np.array(_WEIGHTS)) % 31
    body = -(_BODY_TABLE[letters[:, 8:16]] @ np.array(_BODY_WEIGHTS)) % 11
    good &= letters[:, 16] == np.frombuffer(b"0123456789X", dtype=np.uint8)[body]
    ok[plain] = good
    # What is not plainly good may still be good as typed: small letters, full-width, with spaces.
    for i in np.flatnonzero(~ok).tolist():
        ok[i] = check_uscc(texts[i])
    return ok
