"""The story of an administrator's script, told with the published client of another year.

Its types are strict: a key that is missing, a null where none may be, or a choice that it does not know
ends the call. `SERVICE_URL` and `SERVICE_TOKEN` say where the service is, `REMOTE_URL` and
`REMOTE_TOKEN` where it shall send to.
"""

import json
import os
import urllib.request

import authentik_client
from authentik_client import (
    ApiClient,
    ApplicationRequest,
    Configuration,
    CoreApi,
    GroupRequest,
    PatchedUserRequest,
    PropertymappingsApi,
    ProvidersApi,
    SCIMMappingRequest,
    SCIMProviderRequest,
    SyncObjectModelEnum,
    SyncObjectRequest,
    UserRequest,
)

EXPRESSION = """
return {
    "userName": request.user.username,
    "displayName": request.user.name + " of the story",
    "active": request.user.is_active,
    "emails": [{"value": request.user.email, "type": "other", "primary": True}],
}
"""


def remote_users():
    """What the remote holds, by user name."""
    request = urllib.request.Request(
        os.environ["REMOTE_URL"] + "/Users",
        headers={"Authorization": "Bearer " + os.environ["REMOTE_TOKEN"]},
    )
    with urllib.request.urlopen(request) as answer:
        return {user["userName"]: user for user in json.load(answer)["Resources"]}


def equal(got, wanted):
    if got != wanted:
        raise SystemExit(f"got {got!r} where {wanted!r} was expected")


def troubles(result):
    """What a sync of one object tells beyond its requests and what came of it."""
    return [message.event for message in result.messages if message.log_level.value not in ("info", "debug")]


def story(client):
    core, providers = CoreApi(client), ProvidersApi(client)
    mappings = PropertymappingsApi(client)

    me = core.core_users_me_retrieve()
    equal(me.user.is_superuser, True)

    user = core.core_users_create(
        UserRequest(username="ada", name="Ada Lovelace", email="ada@example.com", attributes={"shoe": 38})
    )
    group = core.core_groups_create(GroupRequest(name="engineers", users=[user.pk]))
    equal([member.username for member in group.users_obj], ["ada"])
    equal([found.pk for found in core.core_users_list(groups_by_name=["engineers"]).results], [user.pk])

    mapping = mappings.propertymappings_provider_scim_create(
        SCIMMappingRequest(name="story", expression=EXPRESSION)
    )
    of_groups = mappings.propertymappings_provider_scim_list(managed=["goauthentik.io/providers/scim/group"])
    provider = providers.providers_scim_create(
        SCIMProviderRequest(
            name="remote",
            url=os.environ["REMOTE_URL"],
            token=os.environ["REMOTE_TOKEN"],
            property_mappings=[mapping.pk],
            property_mappings_group=[found.pk for found in of_groups.results],
        )
    )
    equal(provider.assigned_backchannel_application_slug, "")
    # This client wants an object in `provider_obj`, where the documented service sends null for an application
    # that has only backchannel providers, and so do we. It can make one, but not read the answer.
    answer = core.core_applications_create_without_preload_content(
        ApplicationRequest(name="Story", slug="story", backchannel_providers=[provider.pk])
    )
    application = json.loads(answer.data)
    equal((answer.status, application["provider_obj"]), (201, None))
    equal([found["pk"] for found in application["backchannel_providers_obj"]], [provider.pk])
    equal(providers.providers_scim_retrieve(provider.pk).assigned_backchannel_application_slug, "story")

    for model, pk in [
        (SyncObjectModelEnum.AUTHENTIK_DOT_CORE_DOT_MODELS_DOT_USER, str(user.pk)),
        (SyncObjectModelEnum.AUTHENTIK_DOT_CORE_DOT_MODELS_DOT_GROUP, str(group.pk)),
    ]:
        request = SyncObjectRequest(sync_object_model=model, sync_object_id=pk)
        equal(troubles(providers.providers_scim_sync_object_create(provider.pk, request)), [])
    equal(remote_users()["ada"]["displayName"], "Ada Lovelace of the story")

    status = providers.providers_scim_sync_status_retrieve(provider.pk)
    equal(isinstance(status.is_running, bool), True)

    linked = providers.providers_scim_users_list(provider__id=provider.pk, user__username="ada").results
    equal([link.user for link in linked], [user.pk])
    equal(linked[0].scim_id, remote_users()["ada"]["id"])
    equal(providers.providers_scim_users_retrieve(linked[0].id).user_obj.username, "ada")
    groups = providers.providers_scim_groups_list(provider__id=provider.pk, group__name="engineers").results
    equal([link.group for link in groups], [group.pk])

    core.core_users_partial_update(user.pk, PatchedUserRequest(name="Ada King"))
    request = SyncObjectRequest(
        sync_object_model=SyncObjectModelEnum.AUTHENTIK_DOT_CORE_DOT_MODELS_DOT_USER, sync_object_id=str(user.pk)
    )
    equal(troubles(providers.providers_scim_sync_object_create(provider.pk, request)), [])
    equal(remote_users()["ada"]["displayName"], "Ada King of the story")

    used = core.core_applications_used_by_list("story")
    equal([(use.model_name, use.action.value) for use in used], [("provider", "cascade")])


def main():
    configuration = Configuration(
        host=os.environ["SERVICE_URL"] + "/api/v3", access_token=os.environ["SERVICE_TOKEN"]
    )
    with ApiClient(configuration) as client:
        story(client)
    print(f"authentik-client {authentik_client.__version__}: the story is told")


main()
