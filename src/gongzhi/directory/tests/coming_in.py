"""Bringing rows into a register as the engine room does: read, judge, write, as one chunk or several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gongzhi.directory import registers
from gongzhi.directory.testing import NOON
from gongzhi.places.models import Place
from gongzhi.places.testing import make_county
from gongzhi.shared.permissions import HOUSE, Actor
from gongzhi.shared.registers import Fault, Written

BY_KEY = {register.key.partition(".")[2]: register for register in registers.REGISTERS}


@dataclass
class Outcome:
    new: int = 0
    changed: int = 0
    same: int = 0
    faults: dict[int, list[Fault]] = field(default_factory=dict)
    written: list[Written] = field(default_factory=list)

    @property
    def counts(self):
        return self.new, self.changed, self.same, len(self.faults)

    def wrong(self, row):
        """Return what is wrong in a row of the file, the first data row being 2."""
        return "；".join(f.wrong for f in self.faults.get(row, ()))


def bring(
    key: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    by: Actor = HOUSE,
    place: Place | None = None,
    now=NOON,
    chunk: int = 1000,
    write: bool = True,
) -> Outcome:
    """Bring *rows* ({column key: cell}) in and return what came of it; rows are numbered from 2."""
    register, place = BY_KEY[key], place or make_county()
    outcome, good = Outcome(), []
    context = register.prepare(by, place, now, {"batch": 7})
    for at in range(0, len(rows), chunk):
        part = rows[at : at + chunk]
        columns, faults = {}, {}
        for column in register.columns:
            cells = [row.get(column.key, "") for row in part]
            columns[column.key], wrong = column.read(cells, context)
            for i, fault in wrong.items():
                faults.setdefault(i, []).append(fault)
            for i, cell in enumerate(cells):
                if column.required and cell in ("", None):
                    faults.setdefault(i, []).append(Fault(kind="没有填", wrong="没有填", mend="填"))
        kept = [i for i in range(len(part)) if i not in faults]
        columns = {k: [values[i] for i in kept] for k, values in columns.items()}
        columns["row"] = [at + i + 2 for i in kept]
        verdict = register.judge(columns, context)
        for i, found in verdict.faults.items():
            faults[kept[i]] = found
        outcome.new += len(verdict.new)
        outcome.changed += len(verdict.changed)
        outcome.same += len(verdict.same)
        outcome.faults |= {at + i + 2: found for i, found in faults.items()}
        writing = sorted([*verdict.new, *verdict.changed])
        good.append({k: [values[i] for i in writing] for k, values in columns.items()})
    if write:
        context = register.prepare(by, place, now, {"batch": 7})
        for columns in good:
            if columns["row"]:
                outcome.written.append(register.write(by, columns, context, now))
    return outcome
