"""What `schemathesis` has to know of the service that it throws things at.

It is read by `schemathesis` itself. `SERVICE_URL` and `SERVICE_TOKEN` say where the service is.
"""

import itertools
import json
import os
import urllib.request

import schemathesis

# What the documented API says of its answers and does not keep. Clients were generated from that and know what
# comes, so both stay as they are, and are not held against each other here.
# - Fields of these formats are sent empty when nothing was given.
FORMATS_OF_EMPTY_TEXTS = {"email", "uri"}
# - A user's name is free where users are made, and has a pattern where they are shown beside something else.
PATTERNS_OF_FREE_TEXTS = {"username"}
# - A filter by attributes that cannot be read is refused with a list, where all other refusals are objects.
REFUSED_WITH_A_LIST = "attributes"

# A key that no object has, of every form that a key may have.
NOBODY = "999999999"


def call(path, body=None):
    request = urllib.request.Request(
        os.environ["SERVICE_URL"] + "/api/v3" + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "Bearer " + os.environ["SERVICE_TOKEN"], "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def callers_own():
    """The keys of the user, the groups and the tokens that the calls are made with."""
    user = call("/core/users/me/")["user"]
    tokens = call(f"/core/tokens/?user__username={user['username']}")["results"]
    keys = [user["pk"], *(group["pk"] for group in user["groups"]), *(token["identifier"] for token in tokens)]
    return {str(key) for key in keys}


def objects(served):
    """One object of every kind, by where its key stands in a path."""
    user = call("/core/users/", {"username": "target", "name": "Target", "email": "target@example.com"})
    group = call("/core/groups/", {"name": "targets", "users": [user["pk"]]})
    mapping = call("/propertymappings/provider/scim/", {"name": "target", "expression": "return {}"})
    provider = call("/providers/scim/", {"name": "target", "url": "http://127.0.0.1:9/v2", "token": "target"})
    link = {"provider": provider["pk"], "scim_id": "target"}
    user_link = call("/providers/scim_users/", link | {"user": user["pk"]})
    group_link = call("/providers/scim_groups/", link | {"group": group["pk"]})
    call("/core/applications/", {"name": "Target", "slug": "target"})
    call("/core/tokens/", {"identifier": "target"})
    made = {
        "/core/users/{id}/": user["pk"],
        "/core/groups/{group_uuid}/": group["pk"],
        "/core/tokens/{identifier}/": "target",
        "/core/applications/{slug}/": "target",
        "/propertymappings/all/{pm_uuid}/": mapping["pk"],
        "/propertymappings/provider/scim/{pm_uuid}/": mapping["pk"],
        "/providers/all/{id}/": provider["pk"],
        "/providers/scim/{id}/": provider["pk"],
        "/providers/scim_users/{id}/": user_link["id"],
        "/providers/scim_groups/{id}/": group_link["id"],
    }
    if "/propertymappings/source/scim/" in served:
        mapping = call("/propertymappings/source/scim/", {"name": "aim", "expression": "return {}"})
        made["/propertymappings/source/scim/{pm_uuid}/"] = mapping["pk"]
    if "/sources/scim/" in served:
        source = call("/sources/scim/", {"name": "target", "slug": "target"})
        link = {"source": source["pk"], "id": "target"}
        call("/sources/scim_users/", link | {"user": user["pk"]})
        call("/sources/scim_groups/", link | {"group": group["pk"]})
        for path in ["scim/{slug}", "all/{slug}", "scim_users/{id}", "scim_groups/{id}"]:
            made[f"/sources/{path}/"] = "target"
    return made


known = {}
untouchable = set()
turns = itertools.count()


@schemathesis.hook
def before_load_schema(context, raw_schema):
    untouchable.update(callers_own())
    known.update(objects(raw_schema["paths"]))
    for component in raw_schema["components"]["schemas"].values():
        for name, field in component.get("properties", {}).items():
            if field.get("format") in FORMATS_OF_EMPTY_TEXTS:
                del field["format"]
            if name in PATTERNS_OF_FREE_TEXTS:
                field.pop("pattern", None)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Every second call is about an object that is there; none takes the caller's rights away."""
    path, parameters = case.operation.path, case.path_parameters or {}
    there = next((key for start, key in known.items() if path.startswith(start)), None)
    for name, value in parameters.items():
        if path.startswith("/core/") and str(value) in untouchable:
            parameters[name] = NOBODY
        elif there is not None and case.method.upper() != "DELETE" and next(turns) % 2:
            parameters[name] = there
    if case.method.upper() == "GET" and isinstance(case.query, dict):
        case.query.pop(REFUSED_WITH_A_LIST, None)
