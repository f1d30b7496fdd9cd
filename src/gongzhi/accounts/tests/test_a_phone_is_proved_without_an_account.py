import base64
from datetime import UTC, datetime, timedelta

import pytest

from gongzhi.accounts import queries, services
from gongzhi.accounts.models import User, Visitor
from gongzhi.accounts.testing import last_code
from gongzhi.audit.models import Line
from gongzhi.shared.sealed import fingerprint

NOW = datetime(2026, 11, 23, 1, 5, tzinfo=UTC)
PHONE = "13800002076"

pytestmark = pytest.mark.django_db


@pytest.fixture
def code(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        services.send_phone_code(by=Visitor(), phone=PHONE, purpose="prove", now=NOW)
    return last_code(PHONE)


def test_a_right_code_proves_the_phone_for_twenty_minutes(code):
    tried = services.prove_phone(by=Visitor(), phone=PHONE, code=code, now=NOW)
    session = {queries.PROOF: tried.proof}

    found = queries.proved_phone(session, NOW + timedelta(minutes=19))
    assert (found.phone, found.key, found.masked) == (PHONE, fingerprint(PHONE), "138****2076")
    assert found.until == NOW + timedelta(minutes=20)
    assert queries.proved_phone(session, NOW + timedelta(minutes=20)) is None
    assert not User.objects.exists()
    assert Line.objects.filter(action="accounts.phone-proved").count() == 1


def test_the_session_holds_no_number_in_the_clear(code):
    proof = services.prove_phone(by=Visitor(), phone=PHONE, code=code, now=NOW).proof
    assert PHONE not in proof
    assert PHONE.encode() not in base64.b64decode(proof)


def test_a_wrong_code_proves_nothing_and_is_counted(code):
    tried = services.prove_phone(by=Visitor(), phone=PHONE, code="1", now=NOW)
    assert not tried.proof
    assert str(tried.refusal) == "验证码不对，还能试4次。请照短信里的6位数字再填一遍。"
    assert Line.objects.filter(action="accounts.phone-proof-failed").count() == 1


@pytest.mark.parametrize("kept", [None, 5, "", "x", "AAAA", "Zm9v"])
def test_a_forged_proof_proves_nothing(kept):
    assert queries.proved_phone({queries.PROOF: kept}, NOW) is None


def test_a_message_that_could_not_be_sent_says_so(settings, django_capture_on_commit_callbacks):
    settings.GONGZHI_MESSAGE_GATEWAY = "gongzhi.shared.gateways.Gateway"
    with (
        pytest.raises(services.MessageNotSent, match="短信没有发出去"),
        django_capture_on_commit_callbacks(execute=True),
    ):
        services.send_phone_code(by=Visitor(), phone=PHONE, purpose="prove", now=NOW)
