"""The addresses of the books: `charity` or `fiscal`, a month as 202610."""

from django.urls import path, register_converter

from .models import Ledger
from .views import keeping, reading


class LedgerConverter:
    """One of the two ledgers by its word."""

    regex = "charity|fiscal"

    def to_python(self, value: str) -> Ledger:
        return Ledger[value.upper()]

    def to_url(self, value: Ledger | str) -> str:
        return value.slug if isinstance(value, Ledger) else value


register_converter(LedgerConverter, "ledger")

app_name = "ledger"
urlpatterns = [
    path("", reading.home, name="home"),
    path("heads/", reading.heads, name="heads"),
    path("<ledger:books>/<int:month>/", reading.month, name="month"),
    path("<ledger:books>/<int:month>/close/", keeping.close, name="close"),
    path("<ledger:books>/<int:month>/vouchers/", reading.slips, name="slips"),
    path("<ledger:books>/<int:month>/vouchers/print/", reading.print_slips, name="print-slips"),
    path("<ledger:books>/<int:month>/subjects/<int:code>/", reading.subject, name="subject"),
    path("<ledger:books>/<int:month>/activity/", reading.activity, name="activity"),
    path("<ledger:books>/<int:month>/balance/", reading.balance, name="balance"),
    path("<ledger:books>/vouchers/<int:pk>/", reading.slip, name="slip"),
    path("<ledger:books>/vouchers/<int:pk>/print/", reading.print_slip, name="print-slip"),
    path("<ledger:books>/vouchers/<int:pk>/reverse/", keeping.reverse_slip, name="reverse"),
    path("<ledger:books>/transfers/<int:pk>/followed/", reading.followed, name="followed"),
    path("<ledger:books>/accounts/", reading.accounts, name="accounts"),
    path("<ledger:books>/accounts/new/", keeping.open_account, name="open-account"),
    path("<ledger:books>/accounts/<int:number>/", reading.account, name="account"),
    path("<ledger:books>/beancount/", reading.export, name="export"),
    path("<ledger:books>/years/<int:year>/carry/", keeping.carry, name="carry"),
    path("<ledger:books>/drafts/new/", keeping.new_draft, name="new-draft"),
    path("<ledger:books>/drafts/<int:pk>/", keeping.draft, name="draft"),
    path("<ledger:books>/drafts/<int:pk>/change/", keeping.change_draft, name="change-draft"),
    path("<ledger:books>/drafts/<int:pk>/submit/", keeping.submit, name="submit"),
    path("<ledger:books>/drafts/<int:pk>/approve/", keeping.approve, name="approve"),
    path("<ledger:books>/drafts/<int:pk>/return/", keeping.send_back, name="return"),
    path("<ledger:books>/drafts/<int:pk>/discard/", keeping.discard, name="discard"),
]
