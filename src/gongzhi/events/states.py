"""What may become of an event and of a registration (场次和报名的流转)."""

from gongzhi.shared.states import Moves

from .models import Event, Registration

Status = Event.Status
EVENT_MOVES = Moves(
    {
        Status.DRAFT: {Status.PUBLISHED, Status.CANCELLED},
        Status.PUBLISHED: {Status.CLOSED, Status.CANCELLED},
    }
)

Place = Registration.Status
REGISTRATION_MOVES = Moves(
    {
        Place.ENTERED: {Place.SEATED, Place.WAITING, Place.CANCELLED},
        Place.WAITING: {Place.OFFERED, Place.SEATED, Place.CANCELLED},
        Place.OFFERED: {Place.SEATED, Place.DECLINED, Place.EXPIRED, Place.CANCELLED},
        Place.SEATED: {Place.CANCELLED},
        # Whoever left may come back, at the end of the line.
        Place.CANCELLED: {Place.SEATED, Place.WAITING, Place.ENTERED},
        Place.DECLINED: {Place.SEATED, Place.WAITING, Place.CANCELLED},
        Place.EXPIRED: {Place.SEATED, Place.WAITING, Place.CANCELLED},
    }
)
