"""Somebody who is signed in: accounts stand above this room, only the tests of its pages need them."""


def somebody(role, place):
    from gongzhi.accounts.testing import make_user

    return make_user(role=role, place=place)
