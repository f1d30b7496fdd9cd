import pytest

from gongzhi.outbox import testing
from gongzhi.shared import messages


@pytest.fixture(autouse=True)
def _two_kinds_and_a_gateway(settings, monkeypatch):
    settings.GONGZHI_MESSAGE_GATEWAY = testing.KEEPING
    settings.GONGZHI_MAIL_GATEWAY = settings.GONGZHI_WECHAT_GATEWAY = testing.KEEPING
    testing.posted.clear()
    known = {k.key: k for k in (testing.MOVED, testing.NEWS)}
    messages.kinds.cache_clear()
    monkeypatch.setattr(messages, "declared", lambda module, name: list(known.values()))
    yield
    messages.kinds.cache_clear()


@pytest.fixture
def ends(django_capture_on_commit_callbacks):
    """Return a context in which transactions end, so that messages go out."""
    return lambda: django_capture_on_commit_callbacks(execute=True)
