"""
What merging two people means for everything that points at a person (合并的规矩).

A merge moves no row: the record that was merged keeps its number and points at the one it stands for, and
whoever reads asks through the pointer (`Coalesce("person__merged_into_id", "person_id")`). So most foreign
keys stay as they are; only where two rows would count one person twice is the later one ended. Each foreign
key to Person in the whole house stands in `POLICY`, and a test finds one that does not.
"""

from __future__ import annotations

from enum import StrEnum


class Does(StrEnum):
    """What a merge does to the rows behind one foreign key (合并时怎么办)."""

    STAYS = "stays"  # read through the pointer
    POINTER = "pointer"  # flattened: there is never a chain
    ENDS_DUPLICATE = (
        "ends-duplicate"  # of two that hold at once, one is ended, and kept in `touched`
    )


POLICY: dict[str, Does] = {
    "directory.person.merged_into": Does.POINTER,
    "directory.volunteer.person": Does.ENDS_DUPLICATE,
    "directory.membership.person": Does.ENDS_DUPLICATE,
    "directory.dispute.person": Does.STAYS,
    "directory.candidate.first": Does.STAYS,
    "directory.candidate.second": Does.STAYS,
    "directory.merge.person": Does.STAYS,
    "directory.merge.into": Does.STAYS,
    # An account acts for whomever its person stands for (`rules.is_oneself`).
    "accounts.user.person": Does.STAYS,
    # Seats stay given; two who were at one event count once (`events.Attendance.counted`).
    "events.registration.person": Does.STAYS,
    "events.attendance.person": Does.STAYS,
    "events.calendar.person": Does.STAYS,
    # Two who served at one shift count once (`volunteering.Service.counted`).
    "volunteering.profile.person": Does.STAYS,
    "volunteering.agreement.companion": Does.STAYS,
    "volunteering.service.person": Does.STAYS,
    "volunteering.certificate.person": Does.STAYS,
    # A learner with two records is one learner, read by the one that stands (`academy.queries.learner_ids`).
    "academy.classrun.trainer": Does.STAYS,
    "academy.leave.person": Does.STAYS,
    "academy.work.person": Does.STAYS,
    "academy.completion.person": Does.STAYS,
    "academy.trainer.person": Does.STAYS,
    "foundation.donor.person": Does.STAYS,
}
