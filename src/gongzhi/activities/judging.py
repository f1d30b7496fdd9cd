"""What several deeds judge alike, with the refusal they share."""

from __future__ import annotations

from gongzhi.shared.periods import say_day
from gongzhi.shared.refusals import Refused

from .models import Brand


class BrandEnded(Refused):
    code = "activities.brand-ended"
    message = "“{name}”{day}停办了，不能再{what}。要再办，请设立一个新的品牌。"


def require_open(brand: Brand, what: str) -> None:
    """:raises BrandEnded: the brand has ended."""
    if brand.ended_on:
        raise BrandEnded(name=brand.name, day=say_day(brand.ended_on), what=what)
