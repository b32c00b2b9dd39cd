# ruff: noqa: PLC0415 - a verb loads what it needs when it runs, so that help is quick
"""``strongroom review`` and ``strongroom people``: serve the review pages, and say who may sign in to them."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from retention.commands import more
from retention.review.people import EVERYWHERE, Role

OK, REFUSED = 0, 1


def add(verbs: Any, verb: Any) -> None:
    """Add the verbs."""
    serve = verb(verbs, "review", "serve the review pages on 127.0.0.1 until Ctrl-C", _review)
    serve.add_argument("--port", type=int, help="the port (default: [review] port)")
    own = more.group(verbs, verb, "people", "say who may sign in to the review pages, and as what")
    added = verb(own, "add", "add a person; the password is asked for", _add)
    added.add_argument("name", help="the login")
    added.add_argument("--shown", default="", help="the name to show")
    added.add_argument("--role", action="append", required=True, choices=[str(one) for one in Role], help="a role")
    added.add_argument(
        "--zone", action="append", default=[], help="a zone of theirs (default: all, but for owners none)"
    )
    added.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    added.add_argument("--no-password", action="store_true", help="comes in through Airflow's login only")
    more.signed(added)
    more.listing(verb(own, "list", "list everybody", _list))
    word = verb(own, "password", "set a person's password and end their sessions", _password)
    word.add_argument("name", help="the login")
    word.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    more.signed(word)
    off = verb(own, "disable", "let a person in no more and end their sessions", _disable)
    off.add_argument("name", help="the login")
    more.signed(off)


def _review(given: argparse.Namespace) -> int:
    import uvicorn

    from retention.review.app import create_app

    config = more.config(given)
    port = given.port or config.review.port
    app = create_app(config, hosts=("127.0.0.1", "localhost"))
    sys.stdout.write(f"The review pages: http://127.0.0.1:{port}/  (Ctrl-C ends them)\n")
    sys.stdout.flush()
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, server_header=False)
    return OK


def _given_password(given: argparse.Namespace, name: str) -> str:
    from retention.commands.documents import InputError
    from retention.review import login

    if given.password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            raise InputError("The two are not the same. Nothing was changed.")
    if sentence := login.weak(password, name):
        raise InputError(sentence)
    return password


def _add(given: argparse.Namespace) -> int:
    from retention import stages
    from retention.catalogue import events, people
    from retention.commands.documents import InputError
    from retention.review import login
    from retention.review.people import usable_name

    config = more.config(given)
    if not usable_name(given.name):
        raise InputError("A login has letters, digits and . _ @ -, and at most sixty of them.")
    unknown = sorted(set(given.zone) - {zone.name for zone in config.zone} - {EVERYWHERE})
    if unknown:
        raise InputError(f"No zone is called {', '.join(unknown)}. They stand in the configuration.")
    zones = given.zone or ([] if Role.OWNER in given.role else [EVERYWHERE])
    if not zones:
        raise InputError("An owner answers for zones: name each with --zone.")
    secret = "" if given.no_password else login.seal(_given_password(given, given.name))
    with stages.opened(config) as catalogue, catalogue.begin() as connection:
        if people.find(connection, given.name) is not None:
            raise InputError("That login is there already.")
        people.add(
            connection,
            given.name,
            shown=given.shown,
            roles=given.role,
            zones=zones,
            secret=secret,
            added_by=more.person(given),
            at=stages.now(),
        )
        detail = {"roles": sorted(given.role), "zones": sorted(zones)}
        events.append(
            connection,
            actor=more.person(given),
            action="person-added",
            subject=given.name,
            detail=detail,
            at=stages.now(),
        )
    more.say([f"{given.name} may sign in as {', '.join(given.role)}."])
    return OK


def _list(given: argparse.Namespace) -> int:
    from retention import stages
    from retention.catalogue import people

    with stages.opened(more.config(given)) as catalogue, catalogue.read() as connection:
        rows = people.everybody(connection)
    keys = ("name", "shown", "roles", "zones", "active")
    if given.json:
        more.tell({key: row[key] for key in keys} for row in rows)
    else:
        more.say(
            f"{row['name']:<20} {'' if row['active'] else 'disabled  '}{', '.join(row['roles'])}; "
            f"zones: {'all' if EVERYWHERE in row['zones'] else ', '.join(row['zones'])}"
            for row in rows
        )
    return OK


def _password(given: argparse.Namespace) -> int:
    from retention.review import login

    return _change(given, "person-password", secret=login.seal(_given_password(given, given.name)))


def _disable(given: argparse.Namespace) -> int:
    return _change(given, "person-disabled", active=False)


def _change(given: argparse.Namespace, action: str, **values: Any) -> int:
    from retention import stages
    from retention.catalogue import events, people
    from retention.commands.documents import InputError

    with stages.opened(more.config(given)) as catalogue, catalogue.begin() as connection:
        if not people.change(connection, given.name, **values):
            raise InputError("There is no such login. They are listed by: strongroom people list")
        events.append(
            connection, actor=more.person(given), action=action, subject=given.name, detail={}, at=stages.now()
        )
    more.say(["Done; the sessions that were open have ended."])
    return OK
