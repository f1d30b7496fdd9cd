"""What is sealed tells nothing, opens with the site's key alone, and is never printed."""

import pytest

from gongzhi.shared.sealed import Sealed, SealedField, Unreadable, fingerprint, seal, unseal

NUMBER = "51012119680426002X"


@pytest.mark.parametrize("cipher", ["AES", "SM4"])
def test_what_was_sealed_opens_again_whichever_cipher_is_in_use_now(settings, cipher):
    settings.GONGZHI_SEALING_CIPHER = cipher
    kept = seal(NUMBER)
    settings.GONGZHI_SEALING_CIPHER = "AES"

    assert NUMBER.encode() not in kept
    assert unseal(memoryview(kept)) == NUMBER


def test_the_same_number_is_sealed_differently_each_time_and_looked_up_by_one_hash():
    assert seal(NUMBER) != seal(NUMBER)
    assert fingerprint(NUMBER) == fingerprint(NUMBER)
    assert NUMBER[:6] not in fingerprint(NUMBER)


@pytest.mark.parametrize("cipher", ["AES", "SM4"])
def test_a_changed_value_does_not_open(settings, cipher):
    settings.GONGZHI_SEALING_CIPHER = cipher
    kept = bytearray(seal(NUMBER))
    kept[-1] ^= 1

    with pytest.raises(Unreadable):
        unseal(bytes(kept))


def test_another_key_does_not_open(settings):
    kept = seal(NUMBER)
    settings.GONGZHI_SEALING_KEY = "00" * 32

    with pytest.raises(Unreadable):
        unseal(kept)


def test_empty_stays_empty():
    assert seal("") == b""
    assert unseal(b"") == ""
    assert fingerprint("") == ""
    assert not Sealed(b"")
    assert str(Sealed(b"")) == Sealed(b"").masked(str.upper) == ""


def test_a_sealed_value_is_masked_or_opened_but_never_printed():
    value = Sealed(seal(NUMBER))

    assert value
    assert f"{value} {value!r}" == "（已加密） （已加密）"
    assert value.masked(lambda text: text[:6] + "*" * 12) == "510121************"
    assert value.open() == NUMBER


def test_a_sealed_field_is_not_serialized():
    with pytest.raises(TypeError):
        SealedField("身份证号").value_to_string(object())
