"""What the figures of the foundation open: gifts and micro-funds, one line each."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse

from gongzhi.shared.listings import Listing, Shown, moment_day
from gongzhi.shared.money import Money

from . import rules
from .models import Donation, Donor, Fund

_STATES = {str(value): str(label) for value, label in Fund.State.choices}


def _donor(name: str, kind: str, is_anonymous: bool) -> str:
    return Donor(name=name, kind=kind, is_anonymous=is_anonymous).public_name


def _receipt(year: int, number: int) -> str:
    return Donation(year=year, number=number).receipt


def _by_fund(queryset: QuerySet, words: str) -> QuerySet:
    return queryset.filter(fund__name__icontains=words)


def _by_name(queryset: QuerySet, words: str) -> QuerySet:
    return queryset.filter(name__icontains=words)


LISTINGS = (
    Listing(
        key="foundation.gifts",
        label="捐赠",
        unit="笔",
        records=lambda: Donation.objects.filter(voided_at=None),
        permission=rules.SEE_GIFT,
        place="fund__place",
        columns=(
            Shown(key="receipt", label="收据", fields=("year", "number"), text=_receipt),
            Shown(key="fund", label="基金", fields=("fund__name",)),
            Shown(
                key="donor",
                label="捐赠人",
                fields=("donor__name", "donor__kind", "donor__is_anonymous"),
                text=_donor,
            ),
            Shown(key="place", label="哪里", fields=("fund__place__name",)),
            Shown(key="day", label="到账日期", fields=("received_on",), text=moment_day),
            Shown(
                key="amount",
                label="金额（元）",
                fields=("amount_fen",),
                text=lambda fen: Money(fen).yuan(),
                number=True,
            ),
        ),
        find=_by_fund,
        find_label="基金名称",
        personal=True,
        note="捐赠人的名字按本人的意思公开：个人的遮住，不愿署名的不写。",
    ),
    Listing(
        key="foundation.micro-funds",
        label="微基金",
        unit="支",
        records=lambda: Fund.objects.filter(kind=Fund.Kind.MICRO),
        permission=rules.SEE,
        columns=(
            Shown(key="name", label="名称", fields=("name",)),
            Shown(key="place", label="哪里", fields=("place__name",)),
            Shown(key="opened", label="设立日期", fields=("opened_on",), text=moment_day),
            Shown(key="state", label="状态", fields=("state",), text=_STATES.__getitem__),
            Shown(key="committee", label="管委会人数", fields=("committee_size",), number=True),
            Shown(
                key="balance",
                label="还剩（元）",
                fields=("account__debits_fen", "account__credits_fen"),
                text=lambda debits, credits: Money(debits - credits).yuan(),
                number=True,
            ),
        ),
        find=_by_name,
        opens=lambda pk: reverse("foundation:fund", args=[pk]),
    ),
)
