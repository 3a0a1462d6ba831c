// A short story with the types that `openapi-typescript` makes of our own document, on `openapi-fetch`.
//
// `SERVICE_URL` and `SERVICE_TOKEN` say where the service is.

import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { env: Record<string, string | undefined> };

type User = components["schemas"]["User"];

function equal(got: unknown, wanted: unknown): void {
  if (JSON.stringify(got) !== JSON.stringify(wanted)) {
    throw new Error(`got ${JSON.stringify(got)} where ${JSON.stringify(wanted)} was expected`);
  }
}

function must<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) {
    throw new Error(`refused: ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}

const baseUrl = `${process.env["SERVICE_URL"]}/api/v3`;
const token = process.env["SERVICE_TOKEN"];
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

async function directory(): Promise<User> {
  const body = { username: "katherine", name: "Katherine Johnson", email: "katherine@example.com" };
  const user = must(await client.POST("/core/users/", { body }));
  equal([user.username, user.is_active, user.last_login], ["katherine", true, null]);

  const twice = await client.POST("/core/users/", { body });
  equal(twice.response.status, 400);
  equal(twice.error, { username: ["This field must be unique."] });

  const group = must(await client.POST("/core/groups/", { body: { name: "orbits" } }));
  const path = { group_uuid: group.pk };
  const added = await client.POST("/core/groups/{group_uuid}/add_user/", {
    params: { path },
    body: { pk: user.pk },
  });
  equal(added.response.status, 204);
  const filled = must(await client.GET("/core/groups/{group_uuid}/", { params: { path } }));
  equal(filled.users_obj?.map((member) => member.username), ["katherine"]);

  const page = must(await client.GET("/core/users/", { params: { query: { groups_by_name: ["orbits", "authentik Admins"] } } }));
  equal([page.results.some((found) => found.pk === user.pk), page.pagination.count], [true, 2]);
  return user;
}

async function provider(user: User): Promise<void> {
  const query = { managed: ["goauthentik.io/providers/scim/user"] };
  const mappings = must(await client.GET("/propertymappings/provider/scim/", { params: { query } }));
  const made = must(
    await client.POST("/providers/scim/", {
      body: {
        name: "typed",
        url: "https://scim.example.com/v2",
        token: "a token",
        compatibility_mode: "slack",
        property_mappings: mappings.results.map((mapping) => mapping.pk),
      },
    }),
  );
  equal([made.compatibility_mode, made.filter_group], ["slack", null]);

  const link = must(
    await client.POST("/providers/scim_users/", { body: { scim_id: "by hand", user: user.pk, provider: made.pk } }),
  );
  equal(link.user_obj.username, "katherine");
  const path = { id: made.pk };
  const status = must(await client.GET("/providers/scim/{id}/sync/status/", { params: { path } }));
  equal(status.is_running, false);
  const gone = await client.DELETE("/providers/scim/{id}/", { params: { path } });
  equal(gone.response.status, 204);
}

await provider(await directory());
const stranger = createClient<paths>({ baseUrl });
const refused = await stranger.GET("/core/users/");
equal([refused.response.status, refused.error], [403, { detail: "Authentication credentials were not provided." }]);
console.log("openapi-typescript: the story is told");
