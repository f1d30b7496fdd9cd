"""Sign-in by phone or staff number with a password; without a user table of Django's own kind."""

from __future__ import annotations

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from . import queries
from .models import User


class PhoneBackend(BaseBackend):
    """Finds an account by the fingerprint of its phone, or by its handle (工号)."""

    def authenticate(
        self,
        request: HttpRequest | None,
        *,
        login: str = "",
        password: str | None = None,
        **_: object,
    ) -> User | None:
        """Return the account that *password* opens; an unknown one costs the same time as a wrong password."""
        if not login or not password:
            return None
        user = queries.user_by_login(login)
        if user is None or not user.has_usable_password():
            make_password(password)
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()
