"""What the document of the interface allows, well formed or not, is answered: never with a fault of the house."""

import json
from collections import Counter

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings

from gongzhi.accounts.testing import make_user
from gongzhi.config.api import api
from gongzhi.shared.permissions import Role
from tests.house.world import World

pytestmark = [pytest.mark.journey, pytest.mark.django_db]
QUIET = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def document():
    """Return the interface of the house, read from the document that everybody gets."""
    return schemathesis.openapi.from_dict(
        json.loads(json.dumps(api.get_openapi_schema(), default=str))
    )


def ask(client, case):
    """Ask as the example says and return the answer."""
    headers = {
        f"HTTP_{k.upper().replace('-', '_')}": str(v) for k, v in (case.headers or {}).items()
    }
    body = case.body if isinstance(case.body, (dict, list, str, int, float, bool)) else ""
    return client.generic(
        case.method,
        "/" + case.formatted_path.lstrip("/"),
        json.dumps(body) if body != "" else "",
        content_type="application/json",
        query_params={k: v for k, v in (case.query or {}).items()},
        **headers,
    )


@pytest.mark.parametrize("who", ["a passer-by", "an operator"])
def test_no_question_breaks_the_house(who):
    world = World()
    client = Client(raise_request_exception=False)
    if who == "an operator":
        client.force_login(make_user(Role.COUNTY_OPERATOR, world.county, name="李女士"))
    schema, broken, answers = document(), [], Counter()

    for found in schema.get_all_operations():
        operation = found.ok()

        @QUIET
        @given(case=operation.as_strategy())
        def holds(case):
            answer = ask(client, case)
            answers[answer.status_code] += 1
            if answer.status_code >= 500:
                broken.append(
                    f"{case.method} {case.formatted_path} {case.query} {answer.status_code}"
                )

        holds()

    assert answers.total() > 100
    # Examples are the same each time: the questions that need no argument are answered, ten of them.
    assert answers[200] >= 10, answers
    assert not broken, "\n".join(broken[:20])
