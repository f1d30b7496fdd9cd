"""Over all routes and all roles: another town, another organization and a passer-by learn and change nothing."""

from django.test import Client

from gongzhi.accounts.testing import make_user
from gongzhi.config import reference

from .world import filled

# What must never reach anybody who has no business with 青溪社区 of 赵镇街道.
SECRETS = ("甄不宣", "19900001111", "贾联络", "19900002222", "510121196804260", "别名错在这里")
# Pages behind sign-in whose subject is public: anybody with an account may open them.
FOR_ANY_ACCOUNT = ("/places/", "/centers/venues/<int:pk>/book/", "/accounts/")


def ask(client, address):
    """GET, or POST where only a POST is taken."""
    answer = client.get(address)
    return client.post(address) if answer.status_code == 405 else answer


def secret_in(answer):
    """Return what of 青溪社区 the answer gives away."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = body.decode("utf-8", "ignore")
    return [s for s in SECRETS if s in text]


def test_everyone_else_is_refused(world):
    strangers = dict(world.strangers())
    resident = make_user(name="外人")
    sessions = {}
    for who, user in [*strangers.items(), ("resident", resident)]:
        sessions[who] = Client(raise_request_exception=False)
        sessions[who].force_login(user)
    faults, asked = [], 0

    for template, _, view in reference.routes():
        if template.startswith(("/accounts/logout", "/accounts/me/sessions")):
            continue  # would end the session of the test itself
        address, names_a_record = filled(world, template)
        door = view.door
        holders = {r for p in door for r in p.roles} if isinstance(door, tuple) else set()
        behind_the_door = [w for w in sessions if w in holders] or ["resident"]
        outside = [*[w for w in sessions if w not in holders][:2], "resident"]

        answer = ask(Client(raise_request_exception=False), address)
        asked += 1
        if door != "public" and answer.status_code not in (302, 401, 403):
            faults.append(f"a passer-by gets {answer.status_code} at {template}")
        if found := secret_in(answer):
            faults.append(f"a passer-by reads {found} at {template}")
        if isinstance(door, tuple):
            for who in dict.fromkeys(outside):
                answer = ask(sessions[who], address)
                asked += 1
                if answer.status_code != 403:
                    faults.append(f"{who} gets {answer.status_code} at {template}, not 403")
        for who in behind_the_door:
            answer = ask(sessions[who], address)
            asked += 1
            if answer.status_code >= 500:
                faults.append(f"{who} breaks {template}")
            if found := secret_in(answer):
                faults.append(f"{who} of elsewhere reads {found} at {template}")
            open_to_all = door == "public" or (
                door == "signed-in" and template.startswith(FOR_ANY_ACCOUNT)
            )
            if names_a_record and not open_to_all and answer.status_code not in (403, 404):
                faults.append(f"{who} of elsewhere gets {answer.status_code} at {template}")

    assert asked > 300
    assert not faults, "\n".join(faults)
