"""Answer the cases on standard input with scim2-models: which filters find whom, and what patches do."""

import json
import re
import sys

from scim2_models import EnterpriseUser, Group, PatchOp, ScimFilter, User

KINDS = {"User": User[EnterpriseUser], "Group": Group}
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def found(filter_text, people):
    try:
        scim_filter = ScimFilter[KINDS["User"]](filter_text)
        return [name for name, person in people.items() if scim_filter.match(person, strict=True)]
    except Exception:
        return None


def patched(case):
    kind = KINDS[case["kind"]]
    try:
        resource = kind.model_validate(case["before"])
        body = {"schemas": [PATCH_OP], "Operations": case["operations"]}
        PatchOp[kind].model_validate(body).patch(resource)
        document = resource.model_dump()
        # Whether the whole is a resource still.
        kind.model_validate(document)
        return document
    except Exception:
        return None


def main():
    # The library refuses mail addresses below the reserved top-level domain.
    text = re.sub(r"\.example(?![\w.])", ".example.org", sys.stdin.read())
    cases = json.loads(text)
    people = {name: KINDS["User"].model_validate(person) for name, person in cases["people"].items()}
    answers = {
        "filters": {case["name"]: found(case["filter"], people) for case in cases["filters"]},
        "patches": {case["name"]: patched(case) for case in cases["patches"]},
    }
    text = json.dumps({"scim2-models": answers}, ensure_ascii=False)
    sys.stdout.write(text.replace(".example.org", ".example"))


main()
