"""
The books of money: postings a second, a long account, the trial balance and the proof of a million transfers.

- ours: `services.post` as a room calls it: permission, locks, key, floor, counters, audit line.
- floor: the least that a Django application would do for two rows, one `bulk_create` in one transaction.

Both take turns in rounds of the same run, so that a busy machine is busy for both.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

from bench.both import on_both

ROUNDS, IN_A_ROUND = 30, 40
SPREAD = 500
LONG, MILLION = 100_000, 1_000_000
RACES, WORKERS = 200, 8


def run() -> list[dict]:
    """Measure on both databases."""
    return on_both("ledger")


def measured() -> list[dict]:
    """Measure on the database of the settings, which is empty."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from gongzhi.ledger import queries, testing
    from gongzhi.ledger.models import Account, Ledger, Transfer
    from gongzhi.places.testing import make_county

    call_command("migrate", verbosity=0)
    if Transfer.objects.exists():
        raise SystemExit("账上已经有分录：换一个空的数据库再测。")
    make_county()
    testing.NOW = timezone.now()
    testing.make_books(opened_on=date(2020, 1, 1), now=testing.NOW)
    by = testing.make_accountant()
    numbers = _accounts(SPREAD)
    posting, floor = _in_turns(by, numbers)
    exact = _races()
    fund = Account.objects.get(code="1002")
    _fill(MILLION, numbers, fund.pk, LONG)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    month = testing.NOW.year * 12 + testing.NOW.month - 1
    page = _median(lambda: queries.entries(fund))
    far = queries.entries(fund, before=_middle(fund.pk))
    last = _median(lambda: queries.entries(fund, before=far.older))
    trial = _median(lambda: queries.trial_balance(Ledger.CHARITY, month))
    began = time.perf_counter()
    differ = [n for n, right in queries.recounted().items() if queries.counted()[n] != right]
    recount = time.perf_counter() - began
    assert not differ, differ[:3]
    sealing, proving, faults = _sealed()
    assert not faults, faults[:3]
    return [
        _row("记账，1个进程", "笔/秒", posting, floor=floor, floor_name="两行bulk_create"),
        _row(
            f"25人同时各花10元、只有100元（{RACES}轮）", "轮花了正好10次", exact, RACES, "全部"
        ),
        _row("10万笔的账户，第1页", "ms", page, 100, "上限"),
        _row("10万笔的账户，中间一页", "ms", last, floor=page, floor_name="第1页"),
        _row("100万笔的试算平衡表", "ms", trial, 50, "上限"),
        _row("100万笔全量重算", "s", recount, 15, "上限"),
        _row("封存100万笔", "笔/秒", sealing),
        _row("gongzhi verify查100万笔（含链）", "s", proving),
    ]  # fmt: skip


def _row(
    name: str,
    unit: str,
    ours: float,
    peer: float | None = None,
    peer_name: str = "",
    floor: float | None = None,
    floor_name: str = "",
) -> dict:
    return {
        "name": name,
        "unit": unit,
        "ours": ours,
        "peer": peer,
        "peer_name": peer_name,
        "floor": floor,
        "floor_name": floor_name,
    }


def _accounts(count: int) -> list[int]:
    """Open accounts to spread postings over."""
    from gongzhi.ledger.models import Account, Books, Ledger

    books = Books.objects.get(pk=Ledger.CHARITY)
    made = [
        Account(
            number=books.last_number + 10 * n,
            ledger=Ledger.CHARITY,
            code=f"1122-{n}",
            subject="1122",
            name=f"往来{n}",
            kind="asset",
            normal_side="debit",
            opened_on=books.opened_on,
            closed_through=books.closed_through,
        )
        for n in range(1, count + 1)
    ]
    Account.objects.bulk_create(made)
    Books.objects.filter(pk=books.pk).update(last_number=made[-1].number)
    return [a.pk for a in made]


def _in_turns(by, numbers: list[int]) -> tuple[float, float]:
    """Return postings a second of ours and of the floor, in turns."""
    from django.db import transaction

    from gongzhi.ledger import services, testing
    from gongzhi.ledger.models import Dimension, Ledger
    from gongzhi.ledger.services import Line
    from gongzhi.shared.keys import new_key

    day = testing.NOW.date() - timedelta(days=1)

    def post(n: int) -> None:
        services.post(
            by=by,
            key=new_key(),
            business=services.MANUAL[Ledger.CHARITY],
            lines=[
                Line(
                    amount_fen=100 + n,
                    debit=numbers[n % SPREAD],
                    credit=numbers[(n * 7 + 1) % SPREAD],
                    memo="往来款",
                )
            ],
            booked_on=day,
            now=testing.NOW,
        )

    def two_rows(n: int) -> None:
        with transaction.atomic():
            Dimension.objects.bulk_create(
                Dimension(kind="project", code=f"{side}-{n}-{time.perf_counter_ns()}", name="底线")
                for side in "dc"
            )

    rates: dict[str, list[float]] = {"post": [], "floor": []}
    for number in range(ROUNDS + 2):
        for name, deed in (("post", post), ("floor", two_rows)):
            began = time.perf_counter()
            for n in range(IN_A_ROUND):
                deed(number * IN_A_ROUND + n)
            if number >= 2:  # the first two warm up
                rates[name].append(IN_A_ROUND / (time.perf_counter() - began))
    return statistics.median(rates["post"]), statistics.median(rates["floor"])


def _races() -> int:
    """Let 25 payments of 10 run for 100, in every round; return the rounds in which exactly 10 went through."""
    from django.db import connection

    from gongzhi.ledger import services, testing

    def pay(bank) -> bool:
        try:
            testing.spend(bank, 10, on=testing.NOW.date(), now=testing.NOW)
        except services.InsufficientFunds:
            return False
        return True

    exact = 0
    bank = testing.make_fund()
    with ThreadPoolExecutor(WORKERS) as crowd:
        for _ in range(RACES):
            testing.give(bank, 100, on=testing.NOW.date(), now=testing.NOW)
            exact += sum(crowd.map(pay, [bank] * 25)) == 10
        for _ in crowd.map(lambda _: connection.close(), range(WORKERS * 4)):
            pass
    return exact


def _fill(count: int, numbers: list[int], long: int, much: int) -> None:
    """Put transfers into the books by the shortest way, with the counters that posting would have left."""
    from django.db import connection, transaction

    from gongzhi.ledger import statements
    from gongzhi.ledger.models import Account, Transfer
    from gongzhi.ledger.testing import NOW
    from gongzhi.shared.keys import new_key

    accounts = Account.objects.in_bulk([*numbers, long])
    first = date(2024, 1, 1)
    span = (NOW.date() - first).days
    for start in range(0, count, 20_000):
        rows = []
        for n in range(start, start + 20_000):
            to_long = n % (count // much) == 0
            debit = accounts[long if to_long else numbers[n * 13 % len(numbers)]]
            credit = accounts[numbers[(n * 7 + 1) % len(numbers)]]
            if debit is credit:
                credit = accounts[numbers[(n * 7 + 2) % len(numbers)]]
            fen = 100 + n % 90_000
            debit.debits_fen += fen
            credit.credits_fen += fen
            day = first + timedelta(days=n * span // count)
            rows.append(
                Transfer(
                    posting=new_key(), line=1, lines=1, request_hash="0" * 64, ledger=2,
                    debit_account=debit, credit_account=credit, amount_fen=fen,
                    debit_after_fen=debit.net_fen, credit_after_fen=credit.net_fen,
                    business="ledger.charity-voucher", booked_on=day, value_on=day,
                    booked_at=NOW, memo="往来款",
                )
            )  # fmt: skip
        with transaction.atomic():
            Transfer.objects.bulk_create(rows, batch_size=1000)
            statements.carry(accounts.values())
    connection.close()


def _middle(account: int) -> int:
    from gongzhi.ledger.models import Transfer

    found = Transfer.objects.filter(debit_account=account).order_by("pk")
    return found.values_list("pk", flat=True)[LONG // 2]


def _sealed() -> tuple[float, float, list[str]]:
    """Return seals a second, the seconds of a whole proof, and what it found."""
    from gongzhi.ledger import queries, services, testing
    from gongzhi.shared.permissions import HOUSE

    began = time.perf_counter()
    added = services.seal(by=HOUSE, now=testing.NOW)
    sealing = added / (time.perf_counter() - began)
    began = time.perf_counter()
    faults = [str(fault) for fault in queries.verify()]
    return sealing, time.perf_counter() - began, faults


def _median(doing: Callable[[], object]) -> float:
    """Return how long *doing* takes in milliseconds, the median of many after some to warm up."""
    for _ in range(3):
        doing()
    took = []
    for _ in range(15):
        began = time.perf_counter()
        doing()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


if __name__ == "__main__":
    print(json.dumps(measured(), ensure_ascii=False))
