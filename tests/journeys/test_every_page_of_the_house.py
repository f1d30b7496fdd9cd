"""Every address that can be opened, as somebody who may: nothing sideways, nothing broken, nothing axe finds."""

import pytest
from django.test import Client

from gongzhi.accounts.testing import make_user
from gongzhi.config import reference
from gongzhi.registers.testing import make_import
from gongzhi.shared.permissions import Role
from tests.house.world import OVER_AN_ORGANIZATION, World, filled

from .conftest import axe_faults, overflow

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

LEAVES = ("/accounts/logout", "/api/", "/healthz", "/robots", "/ui/")  # /ui/: its own journey
# A look for every few pages, so that all three are seen in every room.
LOOKS = ({}, {"theme": "dark"}, {}, {"mode": "elder"})


def readers(world):
    """Return who opens pages here: nobody, then every role over the county or 青溪社区's organization."""
    yield None
    for role in Role:
        if role in OVER_AN_ORGANIZATION:
            yield make_user(role, organization=world.organization, name="徐女士")
        else:
            yield make_user(role, world.county, name="王先生")


def pages(world):
    """Return (address, reader) of every page that answers with HTML, opened by the first who may."""
    found: dict[str, object] = {}
    clients = []
    for user in readers(world):
        client = Client()
        if user is not None:
            client.force_login(user)
        clients.append((user, client))
    for template, _, _ in reference.routes():
        address, _ = filled(world, template)
        if address.startswith(LEAVES) or address in found:
            continue
        for user, client in clients:
            answer = client.get(address)
            if answer.status_code == 405:
                break
            if answer.status_code == 200:
                if answer.get("Content-Type", "").startswith("text/html"):
                    found[address] = user
                break
    return found.items()


@pytest.fixture
def world(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    world = World()
    with world.register as register:
        world.batch = make_import(
            [("青溪", "老地名", "19900001111", ""), ("别处", "不认得的", "", "")],
            place=world.village,
            register=register,
        )
        yield world


@pytest.mark.parametrize("width", [390, 1440])
def test_every_page_fits_works_and_is_accessible(world, visit, width):
    faults, opened = [], {}
    for number, (address, user) in enumerate(pages(world)):
        look = LOOKS[(number + width) % len(LOOKS)]
        if user is not None and "mode" in look:
            look = {}  # elder mode is of the public pages
        key = (user and user.pk, tuple(look))
        if key not in opened:
            opened[key] = visit("/privacy/", width=width, user=user, look=look)
        page = opened[key]
        page.goto(address)
        if (wider := overflow(page)) > 0:
            faults.append(f"{address} is {wider}px too wide {look}")
        if width < 600 or number % 3 == 0:
            faults += [f"{address} {look} {fault}" for fault in axe_faults(page)]

    assert len(opened) > 3
    assert not faults, "\n".join(faults)
