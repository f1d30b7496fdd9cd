"""What may become of a booking (预约的流转)."""

from gongzhi.shared.states import Moves

from .models import Booking

State = Booking.State
BOOKING_MOVES = Moves(
    {
        State.REQUESTED: {State.CONFIRMED, State.DECLINED, State.CANCELLED},
        State.CONFIRMED: {State.CANCELLED},
    }
)
