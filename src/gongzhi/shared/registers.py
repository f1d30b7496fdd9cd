"""How a room declares a spreadsheet that people already keep (`registers.py`, name `REGISTERS`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from .permissions import Permission
from .rooms import declared


@dataclass(frozen=True, kw_only=True)
class Column:
    """
    One column of a register (列).

    `aliases` are headers people really write; `read(values, context)` turns the raw cells of a whole chunk
    into (values, faults) where faults maps the row's position to a `Fault`; `choices` feed the template's
    drop-down; `personal` is the data class (S0–S3): S2 and S3 are masked in previews and logs.
    """

    key: str
    label: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    read: Callable[[Sequence[Any], Any], tuple[Sequence[Any], Mapping[int, Fault]]] | None = None
    choices: tuple[str, ...] = ()
    personal: str = "S1"
    hint: str = ""
    example: str = ""
    mask: Callable[[str], str] | None = None


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong in one cell (错处): `kind` groups them on the page; `wrong` and `mend` are sentences."""

    kind: str
    wrong: str
    mend: str
    column: str = ""
    typed: str = ""


@dataclass(kw_only=True)
class Verdict:
    """
    What would happen to the rows of a chunk: positions of new, changed and same rows, and faults by position.

    `changes` says of each changed row what the books say and what the row says, by column key, in the words
    of the page: {position: {column key: (before, after)}}. What is personal is masked where it is shown.
    """

    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    same: list[int] = field(default_factory=list)
    faults: dict[int, list[Fault]] = field(default_factory=dict)
    changes: dict[int, dict[str, tuple[str, str]]] = field(default_factory=dict)


@dataclass(kw_only=True)
class Written:
    """
    What writing a chunk came to (写下了什么): rows added, changed, and found already the same.

    `trace` (plain JSON) is what `withdraw` needs: the ids made, and what changed rows said before.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    trace: dict[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True)
class Withdrawn:
    """What taking a chunk back came to (撤回了什么): `kept` stay, because people confirmed or used them."""

    taken: int = 0
    kept: int = 0


@dataclass(frozen=True, kw_only=True)
class Finished:
    """One step after the last row (收尾一步): where the next one goes on, None when there is none; what was found."""

    after: int | None = None
    found: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Register:
    """
    A spreadsheet of records (登记表): columns, key and the bulk deed that writes a chunk of good rows.

    `prepare(by, place, now, options)` makes the context once per run, in one process: place look-ups, the
    keys that exist, the keys seen in this file. `options["batch"]` is the number of the import, if there is one.

    `judge(rows, context)` is called for the chunks in the order of the file, with the rows whose cells could be
    read: `rows` are columns {column key: sequence} with `row`, the numbers of the rows in the file. It tells
    what would be new, changed or the same, and what is wrong between columns, rows and against the database.
    It may put further columns into `rows` (a fingerprint, a place id); they are kept for `write`. All values
    are plain JSON: days are ISO texts.

    `write(by, rows, context, now)` is the owning room's bulk deed, called in the job's transaction with the rows
    that were new or changed when judged. It judges them again under lock, since the books may have moved on, and
    is idempotent by the key. `withdraw(by, trace, reason, now)` takes one written chunk back; without it the
    register cannot be withdrawn, and `stays` says why in a sentence.

    `finish(by, batch, place, after, now)` is called in the same job once all rows are written, a step at a
    time, each in a transaction of its own and bounded in time: it goes on after `after`, 0 at first.
    `finding` says of the number found what it is, `found_at` names the page where people look at it.

    `named` is the column that says of whom or what a row speaks.
    """

    key: str
    label: str
    unit: str
    columns: tuple[Column, ...]
    permission: Permission
    prepare: Callable[..., Any]
    judge: Callable[..., Verdict]
    write: Callable[..., Written]
    named: str
    withdraw: Callable[..., Withdrawn] | None = None
    stays: str = ""
    finish: Callable[..., Finished] | None = None
    finding: str = ""
    found_at: str = ""
    unwanted: tuple[str, ...] = ()  # headers we recognize and deliberately do not take (政治面貌)
    unwanted_reason: str = "平台不登记这一项"
    note: str = ""
    icon: str = "ul"
    measures: tuple[str, ...] = ()


@cache
def registers() -> dict[str, Register]:
    """Return all declared registers by key."""
    return {r.key: r for r in declared("registers", "REGISTERS")}
