"""Sessions kept in the database beside the account they belong to, so that a person can see and end them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

if TYPE_CHECKING:
    from .models import Session

DEVICE = "device"
SINCE = "since"


class SessionStore(DatabaseStore):
    """Django's database session with the account, the device and the beginning in columns of their own."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        from .models import Session

        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row: Any = super().create_model_instance(data)
        row.user_id = int(data[SESSION_KEY]) if data.get(SESSION_KEY) else None
        row.device = str(data.get(DEVICE, ""))[:60]
        row.started_at = datetime.fromtimestamp(data[SINCE], tz=UTC) if SINCE in data else None
        return row
