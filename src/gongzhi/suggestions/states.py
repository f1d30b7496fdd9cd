"""What may become of a suggestion (投诉建议的流转)."""

from gongzhi.shared.states import Moves

from .models import Suggestion

State = Suggestion.State
MOVES = Moves(
    {
        State.RECEIVED: {State.FORWARDED, State.ANSWERED, State.DECLINED},
        State.FORWARDED: {State.FORWARDED, State.ANSWERED, State.DECLINED},
        # Whoever is not content may ask once more.
        State.ANSWERED: {State.RECEIVED},
        State.DECLINED: {State.RECEIVED},
    }
)
