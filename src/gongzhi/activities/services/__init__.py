"""The deeds of the activities: brands, their plans, the days of the year, and how it was."""

from gongzhi.activities.judging import BrandEnded
from gongzhi.activities.pictures import NotAPicture

from .brands import BrandTaken, BrandUnclear, end_brand, found_brand, set_up_brands
from .customs import (
    CustomEnded,
    CustomKept,
    CustomUnclear,
    choose_occasion,
    draft_occasions,
    drop_custom,
)
from .planning import PlanUnclear, extend_plan, plan_series
from .telling import (
    NotOverYet,
    PhotoGone,
    PhotoTwice,
    RecapUnclear,
    add_photo,
    withdraw_photo,
    write_recap,
)

__all__ = [
    "BrandEnded",
    "BrandTaken",
    "BrandUnclear",
    "CustomEnded",
    "CustomKept",
    "CustomUnclear",
    "NotAPicture",
    "NotOverYet",
    "PhotoGone",
    "PhotoTwice",
    "PlanUnclear",
    "RecapUnclear",
    "add_photo",
    "choose_occasion",
    "draft_occasions",
    "drop_custom",
    "end_brand",
    "extend_plan",
    "found_brand",
    "plan_series",
    "set_up_brands",
    "withdraw_photo",
    "write_recap",
]
