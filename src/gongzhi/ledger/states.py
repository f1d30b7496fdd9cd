"""What may become of a draft voucher (凭证草稿的流转)."""

from gongzhi.shared.states import Moves

from .models import Voucher

State = Voucher.State
VOUCHER_MOVES = Moves(
    {
        State.DRAFT: {State.SUBMITTED, State.DISCARDED},
        State.SUBMITTED: {State.DRAFT, State.POSTED},
    }
)
