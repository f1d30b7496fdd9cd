"""What people do with a file of records. Nothing reaches the books before `confirm_import`."""

from gongzhi.registers.holding import Forgotten, NotWaiting

from .ending import (
    CannotWithdraw,
    ReasonNeeded,
    TooLateToWithdraw,
    drop_import,
    forget_file,
    withdraw_import,
)
from .looking import (
    ColumnTwice,
    MissingColumns,
    NothingSuggested,
    accept_suggestion,
    download_faulty_rows,
    judge_import,
    map_columns,
    receive_file,
)
from .writing import (
    NothingToWrite,
    confirm_import,
    pause_import,
    resume_import,
    run_import,
    stop_import,
    write_chunk,
)

__all__ = [
    "CannotWithdraw",
    "ColumnTwice",
    "Forgotten",
    "MissingColumns",
    "NotWaiting",
    "NothingSuggested",
    "NothingToWrite",
    "ReasonNeeded",
    "TooLateToWithdraw",
    "accept_suggestion",
    "confirm_import",
    "download_faulty_rows",
    "drop_import",
    "forget_file",
    "judge_import",
    "map_columns",
    "pause_import",
    "receive_file",
    "resume_import",
    "run_import",
    "stop_import",
    "withdraw_import",
    "write_chunk",
]
