"""A short story with the client that `openapi-python-client` makes of our own document.

The type checker reads this file too. `SERVICE_URL` and `SERVICE_TOKEN` say where the service is.
"""

import os
from http import HTTPStatus
from typing import TypeVar

from scimitar_generated.api.core import (
    core_groups_add_user_create,
    core_groups_create,
    core_groups_retrieve,
    core_users_create,
    core_users_list,
    core_users_partial_update,
    core_users_used_by_list,
)
from scimitar_generated.api.propertymappings import propertymappings_provider_scim_list
from scimitar_generated.api.providers import providers_scim_create, providers_scim_retrieve
from scimitar_generated.client import AuthenticatedClient
from scimitar_generated.models.compatibility_mode_enum import CompatibilityModeEnum
from scimitar_generated.models.generic_error import GenericError
from scimitar_generated.models.group import Group
from scimitar_generated.models.group_request import GroupRequest
from scimitar_generated.models.paginated_scim_mapping_list import PaginatedSCIMMappingList
from scimitar_generated.models.paginated_user_list import PaginatedUserList
from scimitar_generated.models.patched_user_request import PatchedUserRequest
from scimitar_generated.models.scim_provider import SCIMProvider
from scimitar_generated.models.scim_provider_request import SCIMProviderRequest
from scimitar_generated.models.user import User
from scimitar_generated.models.user_account_request import UserAccountRequest
from scimitar_generated.models.user_request import UserRequest
from scimitar_generated.models.validation_error import ValidationError
from scimitar_generated.types import Unset

Wanted = TypeVar("Wanted")


def must(answer: object, wanted: type[Wanted]) -> Wanted:
    if not isinstance(answer, wanted):
        raise SystemExit(f"got {answer!r} where a {wanted.__name__} was expected")
    return answer


def equal(got: object, wanted: object) -> None:
    if got != wanted:
        raise SystemExit(f"got {got!r} where {wanted!r} was expected")


def directory(client: AuthenticatedClient) -> None:
    request = UserRequest(username="grace", name="Grace Hopper", email="grace@example.com")
    user = must(core_users_create.sync(client=client, body=request), User)
    equal((user.username, user.is_active, user.last_login), ("grace", True, None))

    refused = must(core_users_create.sync(client=client, body=request), ValidationError)
    equal(refused.additional_properties["username"], ["This field must be unique."])

    group = must(core_groups_create.sync(client=client, body=GroupRequest(name="navy")), Group)
    added = core_groups_add_user_create.sync_detailed(group.pk, client=client, body=UserAccountRequest(pk=user.pk))
    equal(added.status_code, HTTPStatus.NO_CONTENT)
    members = must(core_groups_retrieve.sync(group.pk, client=client), Group).users_obj
    equal([member.username for member in members or []], ["grace"])

    page = must(core_users_list.sync(client=client, groups_by_name=["navy"]), PaginatedUserList)
    equal(([found.pk for found in page.results], page.pagination.count), ([user.pk], 1))

    patch = PatchedUserRequest(name="Admiral Hopper")
    changed = must(core_users_partial_update.sync(user.pk, client=client, body=patch), User)
    equal((changed.name, changed.email), ("Admiral Hopper", "grace@example.com"))
    used = core_users_used_by_list.sync(user.pk, client=client)
    equal([(use.name, use.action.value) for use in must(used, list)], [("Group navy", "cascade_many")])


def provider(client: AuthenticatedClient) -> None:
    found = propertymappings_provider_scim_list.sync(
        client=client, managed=["goauthentik.io/providers/scim/user"]
    )
    mappings = must(found, PaginatedSCIMMappingList)
    request = SCIMProviderRequest(
        name="generated",
        url="https://scim.example.com/v2",
        token="a token",
        compatibility_mode=CompatibilityModeEnum.AWS,
        property_mappings=[mapping.pk for mapping in mappings.results],
    )
    made = must(providers_scim_create.sync(client=client, body=request), SCIMProvider)
    shown = must(providers_scim_retrieve.sync(made.pk, client=client), SCIMProvider)
    equal(shown.compatibility_mode, CompatibilityModeEnum.AWS)
    equal(shown.filter_group, None)
    equal(isinstance(shown.property_mappings, Unset), False)
    equal(shown.property_mappings, [mapping.pk for mapping in mappings.results])


def main() -> None:
    base_url = os.environ["SERVICE_URL"] + "/api/v3"
    client = AuthenticatedClient(base_url=base_url, token=os.environ["SERVICE_TOKEN"])
    directory(client)
    provider(client)
    stranger = AuthenticatedClient(base_url=base_url, token="nobody's")
    refused = must(core_users_list.sync(client=stranger), GenericError)
    equal(refused.detail, "Token invalid/expired")
    print("openapi-python-client: the story is told")


main()
