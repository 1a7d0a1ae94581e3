"""What schemathesis does for scripts/api-fuzz beyond its configuration, schemathesis.toml.

Only valid requests are touched: what is generated to be refused is sent as it is.
"""

from uuid import uuid4

import schemathesis

KEY = "Idempotency-Key"
VERSION = "If-Match"


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Takes out of a valid request what no schema can make valid.

    A generated idempotency key repeats, and the same key with another request is refused: each
    request gets its own. A generated cursor was made by no list, and is refused: without it, every
    other parameter of the list has to be accepted. The quotes of an entity tag, which are a part of
    it, are put back where they were lost on the way. Whole numbers are written without a point.
    """
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive:
        return
    headers = case.headers or {}
    key, version = headers.get(KEY), headers.get(VERSION)
    if isinstance(key, str) and key:
        case.headers[KEY] = f"{uuid4()} {key}"[:255].rstrip()
    if isinstance(version, str) and version != "*" and '"' not in version:
        case.headers[VERSION] = f'"{version}"'
    if "cursor" in (case.query or {}):
        del case.query["cursor"]
    if isinstance(case.body, (dict, list)):
        case.body = whole(case.body)


def whole(value):
    """The value, with 1 for each 1.0: a schema takes both for an integer."""
    if isinstance(value, dict):
        return {name: whole(member) for name, member in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
