"""The moves of a status (状态流转): what may follow what, as data that docs and tests can read."""

from __future__ import annotations

from collections.abc import Mapping, Set

from django.db.models import TextChoices

from .refusals import Refused


class MoveNotAllowed(Refused):
    code = "shared.move-not-allowed"
    message = "现在是“{now}”，不能改成“{wanted}”。{possible}。"


class Moves:
    """
    The legal moves of one status (流转表): `Moves({Status.DRAFT: {Status.SUBMITTED}, …})`.

    A status that appears only as a target is an end; one that is no target is a start.
    """

    def __init__(self, table: Mapping[TextChoices, Set[TextChoices]]) -> None:
        self.table = {old: frozenset(news) for old, news in table.items()}
        self.kind = type(next(iter(self.table)))
        self.states = frozenset(self.table).union(*self.table.values())
        self.starts = self.states.difference(*self.table.values())

    def allows(self, old: str, new: str) -> bool:
        """Tell whether *new* may follow *old*."""
        return self.kind(new) in self.table.get(self.kind(old), ())

    def require(self, old: str, new: str) -> None:
        """:raises MoveNotAllowed: *new* may not follow *old*."""
        if not self.allows(old, new):
            nexts = self.after(old)
            raise MoveNotAllowed(
                now=self.kind(old).label,
                wanted=self.kind(new).label,
                possible=f"接下来只能是{'、'.join(n.label for n in nexts)}"
                if nexts
                else "已经办结，要改请另起一件",
            )

    def after(self, old: str) -> list[TextChoices]:
        """Return what may follow *old*, in the order in which the statuses are declared."""
        nexts = self.table.get(self.kind(old), frozenset())
        return [state for state in self.kind if state in nexts]

    def reachable(self, start: str) -> frozenset[TextChoices]:
        """Return every status that can come to be from *start*, itself included."""
        found, open_ = set(), [self.kind(start)]
        while open_:
            state = open_.pop()
            if state not in found:
                found.add(state)
                open_ += self.table.get(state, ())
        return frozenset(found)
