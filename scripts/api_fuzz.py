"""What schemathesis does for scripts/api-fuzz beyond its configuration, schemathesis.toml.

Only valid requests are touched: what is generated to be refused is sent as it is. What erases its
account gets one of its own, so that the others go on with theirs.
"""

import json
import os
import re
from urllib.request import Request, urlopen
from uuid import uuid4

import schemathesis

ERASING = "DELETE /api/v1/auth/me"
KEY = "Idempotency-Key"
VERSION = "If-Match"
TOKEN = re.compile(r"Bearer [\w-]+\.[\w-]+\.[\w-]+$")


@schemathesis.hook
def filter_query(ctx, query):
    """Leaves out what looks on the way like a list of texts, and is not meant to be one."""
    wanted = query if isinstance(query, dict) else {}
    return not any(name in wanted and reads_as_texts(wanted[name]) for name in lists(ctx.operation))


def lists(operation):
    """The parameters of a query that are lists of any texts."""
    for parameter in operation.definition.raw.get("parameters", []):
        schema = parameter.get("schema", {})
        items = schema.get("items", {})
        if parameter["in"] == "query" and items.get("type") == "string" and "enum" not in items:
            yield parameter["name"]


def reads_as_texts(value):
    """Whether it is sent as a list of texts is, though it is another value."""
    if isinstance(value, list):
        return any(isinstance(item, (bool, int, float)) for item in value)
    return isinstance(value, (bool, int, float, str)) and value != ""


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Takes out of a request what no schema can make valid, and looks for what has no id under one
    that nobody has.

    A generated idempotency key repeats, and the same key with another request is refused: each
    request gets its own. A generated cursor was made by no list, and is refused: without it, every
    other parameter of the list has to be accepted. The quotes of an entity tag, which are a part of
    it, are put back where they were lost on the way. Whole numbers are written without a point.
    """
    # A token that was made up has to be refused.
    if case.operation.label == ERASING and TOKEN.match((case.headers or {}).get("Authorization", "")):
        case.headers["Authorization"] = f"Bearer {token_of_a_new_account()}"
    # What goes on from an answer without an id, such as an entry that is of no order.
    for name, value in (case.path_parameters or {}).items():
        if value is None or value == "None":
            case.path_parameters[name] = str(uuid4())
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive:
        return
    headers = case.headers or {}
    key, version = headers.get(KEY), headers.get(VERSION)
    if isinstance(key, str) and key:
        case.headers[KEY] = f"{uuid4()} {key.strip()}"[:255].rstrip()
    if isinstance(version, str) and version != "*" and '"' not in version:
        case.headers[VERSION] = f'"{version}"'
    if "cursor" in (case.query or {}):
        del case.query["cursor"]
    if isinstance(case.body, (dict, list)):
        case.body = whole(case.body)


def token_of_a_new_account():
    login = {"email": f"{uuid4()}@demo.example", "password": "demo-erased"}
    post("/api/v1/auth/register", login)
    return post("/api/v1/auth/login", login)["access_token"]


def post(path, body):
    headers = {"Content-Type": "application/json"}
    request = Request(os.environ["FUZZ_URL"] + path, json.dumps(body).encode(), headers)
    with urlopen(request, timeout=30) as response:
        return json.load(response)


def whole(value):
    """The value, with 1 for each 1.0: a schema takes both for an integer. Not where that is long."""
    if isinstance(value, dict):
        return {name: whole(member) for name, member in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value
