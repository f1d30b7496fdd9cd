import pytest

from gongzhi.outbox.models import Message
from gongzhi.shared.permissions import HOUSE
from gongzhi.suggestions import services
from gongzhi.suggestions.testing import NOW, make_suggestion

pytestmark = pytest.mark.django_db


def test_whoever_left_a_number_is_told_that_there_is_an_answer_but_not_what_it_says():
    suggestion = make_suggestion("三号院的路灯不亮", phone="13800002076")
    services.answer_suggestion(
        by=HOUSE, suggestion=suggestion, answer="路灯明天换好，请放心。", now=NOW
    )
    told = Message.objects.get()
    assert told.title == f"投诉建议{suggestion.number}有答复了"
    assert "路灯" not in told.body
    assert not told.in_app


def test_whoever_left_none_is_not_looked_for():
    suggestion = make_suggestion("三号院的路灯不亮")
    services.decline_suggestion(
        by=HOUSE, suggestion=suggestion, reason="这条路归县公路局管，已转告。", now=NOW
    )
    assert not Message.objects.exists()
