"""Reading what a page was asked for, and the form that asks how numbers are written."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import Http404, QueryDict

from gongzhi.places.models import Place
from gongzhi.shared.listings import Listing, listings
from gongzhi.shared.measures import Measure, measures
from gongzhi.shared.periods import Period, parse_period
from gongzhi.shared.refusals import Unacceptable
from gongzhi.ui.forms import field_of

from . import queries
from .records import Asked
from .sheets import Numbers

# What a page of records is asked with besides the filters of its listing.
OWN = ("place", "measure", "on", "period", "as", "q", "after", "before", "from", "row", "pk")
MOST_TICKED = 500


class DayUnclear(Unacceptable):
    code = "indicators.day-unclear"
    message = "看不懂“{text}”是哪一天，所以没法数。请写成2026-11-23这样。"
    field = "on"


class WrongListing(Unacceptable):
    code = "indicators.wrong-listing"
    message = "“{label}”数的不是{listing}，这张清单里看不到。请从这个数的链接打开。"
    field = "measure"


def listing_called(key: str) -> Listing:
    """:raises Http404: no room declares this listing."""
    found = listings().get(key)
    if found is None:
        raise Http404("没有这张清单")
    return found


def place_numbered(text: str) -> Place | None:
    """Return the place with this number, None when nothing was asked; :raises Http404: there is none."""
    if not text:
        return None
    place = (
        Place.objects.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 18 else None
    )
    if place is None:
        raise Http404("没有这个地点")
    return place


def period_of(data: QueryDict, today: date) -> Period:
    """
    Return the asked period: `period` as people write it, or the one day `on`, or today.

    :raises PeriodUnclear: it is no period; :raises DayUnclear: it is no day.
    """
    if text := data.get("period", "").strip():
        return parse_period(text)
    day = today
    if text := data.get("on", "").strip():
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise DayUnclear(text=text[:20]) from None
    return queries.one_day(day)


def asked(listing: Listing, data: QueryDict, place: Place, today: date) -> Asked:
    """
    Read what a page or an export of *listing* is asked for.

    :raises MeasureUnknown: the figure does not exist; :raises WrongListing: it counts other records.
    """
    measure = None
    if key := data.get("measure", ""):
        found = queries.find_measure(key)
        if not isinstance(found, Measure) or found.listing != listing.key:
            raise WrongListing(label=found.label, listing=listing.label)
        measure = found
    chosen = {}
    for choice in listing.filters:
        value = data.get(choice.key, "")
        if value and value in dict(choice.choices()):
            chosen[choice.key] = value
    ticked = tuple(int(pk) for pk in data.getlist("pk")[:MOST_TICKED] if pk.isdecimal())
    return Asked(
        listing=listing,
        place=place,
        period=period_of(data, today),
        today=today,
        measure=measure,
        as_now=data.get("as") == "now",
        chosen=chosen,
        words=data.get("q", "").strip()[:60],
        ticked=ticked,
    )


def measures_of(listing: Listing) -> list[Measure]:
    """Return the figures whose records *listing* shows."""
    return [m for m in measures().values() if isinstance(m, Measure) and m.listing == listing.key]


class ExportForm(forms.Form):
    """How an export is written (导出成什么)."""

    numbers = forms.ChoiceField(label="号码怎么写", widget=forms.RadioSelect)
    form = forms.ChoiceField(
        label="导成什么",
        choices=[("xlsx", "Excel（带说明页）"), ("csv", "CSV（只有数据）")],
        widget=forms.RadioSelect(attrs={"class": "inline"}),
        initial="xlsx",
    )
    reason = forms.CharField(
        label="报给谁、依据哪份文件",
        required=False,
        max_length=300,
        help_text="导完整号码必须写，记入操作留痕，本人查得到",
    )

    def __init__(self, *args: Any, listing: Listing, may_full: bool, **named: Any) -> None:
        super().__init__(*args, **named)
        has_numbers = any(c.full for c in listing.columns)
        choices = [(Numbers.MASKED.value, Numbers.MASKED.label)]
        if has_numbers:
            choices.append((Numbers.NONE.value, Numbers.NONE.label))
        if has_numbers and may_full:
            choices.append((Numbers.FULL.value, "完整号码\n要写明报给谁、依据哪份文件"))
        field_of(self, "numbers", forms.ChoiceField).choices = choices
        self.fields["numbers"].initial = Numbers.MASKED.value
        if not has_numbers:
            self.fields["numbers"].widget = forms.HiddenInput()
            self.fields["numbers"].required = False
        if not (has_numbers and may_full):
            del self.fields["reason"]
