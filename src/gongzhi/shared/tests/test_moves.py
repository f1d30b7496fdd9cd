import pytest
from django.db.models import TextChoices
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.shared.states import MoveNotAllowed, Moves


class Status(TextChoices):
    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "已提交"
    RETURNED = "returned", "已退回"
    APPROVED = "approved", "已通过"


MOVES = Moves(
    {
        Status.DRAFT: {Status.SUBMITTED},
        Status.SUBMITTED: {Status.APPROVED, Status.RETURNED},
        Status.RETURNED: {Status.SUBMITTED},
    }
)
statuses = st.sampled_from(Status)


def test_a_legal_move_passes_also_by_its_value_in_the_database():
    MOVES.require(Status.DRAFT, Status.SUBMITTED)
    MOVES.require("draft", "submitted")


def test_another_move_is_refused_and_told_what_may_follow():
    with pytest.raises(MoveNotAllowed) as refused:
        MOVES.require("submitted", "draft")

    assert str(refused.value) == ("现在是“已提交”，不能改成“草稿”。接下来只能是已退回、已通过。")


def test_at_the_end_nothing_follows():
    with pytest.raises(MoveNotAllowed, match="已经办结"):
        MOVES.require(Status.APPROVED, Status.DRAFT)
    assert MOVES.after("approved") == []


def test_the_table_knows_its_starts_and_what_can_come_of_each():
    assert MOVES.states == set(Status)
    assert MOVES.starts == {Status.DRAFT}
    assert MOVES.reachable("draft") == set(Status)
    assert MOVES.reachable("approved") == {Status.APPROVED}


@given(statuses, statuses)
def test_what_is_allowed_is_what_may_come_after(old, new):
    assert MOVES.allows(old, new) == (new in MOVES.after(old))
    if MOVES.allows(old, new):
        assert MOVES.reachable(new) <= MOVES.reachable(old)
