import pytest

from gongzhi.accounts import testing


@pytest.fixture(autouse=True)
def _messages_stay_here(settings):
    settings.GONGZHI_MESSAGE_GATEWAY = testing.OUTBOX
    settings.GONGZHI_MFA_REQUIRED = True
    testing.outbox.clear()


@pytest.fixture
def says(client, django_capture_on_commit_callbacks):
    """Return a function that posts a form and lets the messages go out."""

    def post(address, client=client, **data):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(address, data)

    return post
