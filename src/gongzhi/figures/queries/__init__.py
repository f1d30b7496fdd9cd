"""
What a figure is, for any place and period, and the records behind it.

Whether somebody may ask about a place is the caller's matter; here only what may be published is judged.
"""

from .counting import (
    grid,
    live,
    ratio,
    ratio_grid,
    records,
    stock,
    stock_grid,
    stock_trend,
    trend,
    value,
)
from .readings import (
    MeasureUnknown,
    NotPublic,
    PeriodAhead,
    Reading,
    measure,
    published,
    reading,
    readings,
    visible,
)
from .verifying import Difference, verify

__all__ = [
    "Difference",
    "MeasureUnknown",
    "NotPublic",
    "PeriodAhead",
    "Reading",
    "grid",
    "live",
    "measure",
    "published",
    "ratio",
    "ratio_grid",
    "reading",
    "readings",
    "records",
    "stock",
    "stock_grid",
    "stock_trend",
    "trend",
    "value",
    "verify",
    "visible",
]
