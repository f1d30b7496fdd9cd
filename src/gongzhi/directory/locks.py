"""The one row that whoever enters somebody or something new into the registers holds."""

from __future__ import annotations

from gongzhi.places.models import Place


def hold_registers() -> None:
    """
    Hold the county until the transaction ends: names and numbers are its own, and one each (一个一个登记).

    Who is known is judged under this lock, so that a clerk and an import cannot both find nobody. Rows that
    only point at the county do not wait. SQLite needs no lock: transactions there are IMMEDIATE.
    """
    Place.objects.select_for_update(no_key=True).filter(level=Place.Level.COUNTY).first()
