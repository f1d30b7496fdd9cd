"""Deeds on the registers: organizations, people, volunteers, teams, and whole files of them."""

from gongzhi.directory.actors import Oneself

from .imports import (
    import_incomes,
    import_organizations,
    import_ratings,
    import_teams,
    import_volunteers,
    withdraw_organizations,
    withdraw_teams,
    withdraw_volunteers,
)
from .merging import (
    compare_imported,
    decide_candidate,
    find_candidates,
    merge_people,
    split_people,
)
from .organizations import (
    advance_social_enterprise,
    amend_organization,
    end_organization,
    file_annual_report,
    open_annual_reports,
    open_contact,
    rate_organization,
    record_income,
    register_organization,
    revoke_rating,
)
from .people import (
    Opened,
    amend_person,
    erase_person,
    export_my_data,
    open_number,
    register_person,
)
from .serving import note_service
from .teams import end_team, found_team, join_team
from .volunteers import (
    answer_dispute,
    confirm_registration,
    dispute_registration,
    end_registration,
    register_volunteer,
)

__all__ = [
    "Oneself",
    "Opened",
    "advance_social_enterprise",
    "amend_organization",
    "amend_person",
    "answer_dispute",
    "compare_imported",
    "confirm_registration",
    "decide_candidate",
    "dispute_registration",
    "end_organization",
    "end_registration",
    "end_team",
    "erase_person",
    "export_my_data",
    "file_annual_report",
    "find_candidates",
    "found_team",
    "import_incomes",
    "import_organizations",
    "import_ratings",
    "import_teams",
    "import_volunteers",
    "join_team",
    "merge_people",
    "note_service",
    "open_annual_reports",
    "open_contact",
    "open_number",
    "rate_organization",
    "record_income",
    "register_organization",
    "register_person",
    "register_volunteer",
    "revoke_rating",
    "split_people",
    "withdraw_organizations",
    "withdraw_teams",
    "withdraw_volunteers",
]
