"""No page asks the database once per record: with many records it asks no more often than with few."""

import re
from collections import Counter

from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongzhi.accounts.testing import make_user
from gongzhi.config import reference
from gongzhi.shared.listings import listings
from gongzhi.shared.permissions import Role

from .world import OVER_AN_ORGANIZATION, filled

LEFT_OUT = ("/accounts/logout/", "/healthz")  # ends the sign-in of the test itself; asks nothing
MORE = 5


def addresses(world):
    """Yield (address, door) of every route, each declared list by itself."""
    for template, _, view in reference.routes():
        if template.startswith(LEFT_OUT):
            continue
        if "<str:listing>" in template:
            for key in listings():
                yield template.replace("<str:listing>", key), view.door
        else:
            yield filled(world, template)[0], view.door


def opener(door):
    """Return who opens a *door*: the county's operator wherever that is one of those who may."""
    if not isinstance(door, tuple):
        return "public" if door == "public" else Role.COUNTY_OPERATOR
    roles = {role for permission in door for role in permission.roles}
    return min(roles, key=lambda role: (role != Role.COUNTY_OPERATOR, role))


def asked(client, address):
    """Return the answer's status and the questions put to the database; nothing is remembered before."""
    cache.clear()
    with CaptureQueriesContext(connection) as statements:
        answer = client.get(address)
        if answer.streaming:
            b"".join(answer.streaming_content)
    questions = Counter(_shape(q["sql"]) for q in statements if "SAVEPOINT" not in q["sql"])
    return answer.status_code, questions


def _shape(sql):
    """Return a statement without its values, so that the same question is recognized."""
    return re.sub(r"\([^()]*\)|'[^']*'|\b\d+\b", "…", sql)


def test_queries_do_not_grow_with_the_records(world):
    clients = {"public": Client(raise_request_exception=False)}
    for role in Role:
        over = {"place": world.county}
        if role in OVER_AN_ORGANIZATION:
            over = {"organization": world.organization}
        clients[role] = Client()
        clients[role].force_login(make_user(role, name="工作人员", **over))
    world.grow(1)
    few, who = {}, {}
    for address, door in addresses(world):
        who[address] = opener(door)
        few[address] = asked(clients[who[address]], address)

    world.grow(MORE)

    opened = [address for address, (status, _) in few.items() if status == 200]
    faults = []
    for address in opened:
        status, many = asked(clients[who[address]], address)
        if status != 200:
            faults.append(f"{address} answers {status} when there is more to show")
        # What a process keeps, as the tree of places, is read anew once; a question per record comes once for each.
        for question, more in (many - few[address][1]).items():
            if more > 1:
                faults.append(f"{address} asks {more} times more: {question[:1500]}")
    assert len(opened) > 120
    assert not faults, "\n".join(faults)
