"""The deeds of the foundation: donors and gifts, funds and their committees, payments."""

from gongzhi.foundation.judging import (
    AlreadyDecided,
    AlreadyVoided,
    AskerApproves,
    CommitteeShort,
    FundClosed,
    FundFrozen,
    FundUnclear,
    GiftUnclear,
    NameTaken,
    PayeeApproves,
    PaymentUnclear,
    RemainderHomeless,
    StillInUse,
)

from .funds import close_fund, open_fund, set_committee
from .giving import note_donor, record_donation, void_donation
from .paying import approve_payment, ask_payment, decline_payment

__all__ = [
    "AlreadyDecided",
    "AlreadyVoided",
    "AskerApproves",
    "CommitteeShort",
    "FundClosed",
    "FundFrozen",
    "FundUnclear",
    "GiftUnclear",
    "NameTaken",
    "PayeeApproves",
    "PaymentUnclear",
    "RemainderHomeless",
    "StillInUse",
    "approve_payment",
    "ask_payment",
    "close_fund",
    "decline_payment",
    "note_donor",
    "open_fund",
    "record_donation",
    "set_committee",
    "void_donation",
]
