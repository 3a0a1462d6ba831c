// A SCIM server out of scimmy and scimmy-routers that keeps users in memory. It prints its port.

const { randomUUID } = require("node:crypto");
const express = require("express");
const { default: SCIMMY } = require("scimmy");
const { default: SCIMMYRouters } = require("scimmy-routers");

const users = new Map();
const ids = new Map();

SCIMMY.Resources.declare(SCIMMY.Resources.User)
    .ingress((resource, data) => {
        const id = resource.id ?? randomUUID();
        const taken = ids.get(data.userName.toLowerCase());
        if (taken && taken !== id) throw new SCIMMY.Types.Error(409, "uniqueness", "the name is taken");
        const now = new Date();
        const before = users.get(id);
        if (before) ids.delete(before.userName.toLowerCase());
        const meta = { created: before?.meta.created ?? now, lastModified: now };
        const user = { ...data, id, meta };
        users.set(id, user);
        ids.set(user.userName.toLowerCase(), id);
        return user;
    })
    .egress((resource) => {
        if (resource.id) {
            const user = users.get(resource.id);
            if (!user) throw new SCIMMY.Types.Error(404, null, `there is no user ${resource.id}`);
            return user;
        }
        // What a program that cares for speed does with the one question that every client asks.
        const [asked] = resource.filter ?? [];
        const name = asked?.userName;
        if (resource.filter?.length === 1 && Object.keys(asked).length === 1 && name?.[0] === "eq") {
            const id = ids.get(String(name[1]).toLowerCase());
            return id ? [users.get(id)] : [];
        }
        return [...users.values()];
    })
    .degress((resource) => {
        const user = users.get(resource.id);
        if (user) ids.delete(user.userName.toLowerCase());
        users.delete(resource.id);
    });

const app = express();
app.use("/v2", new SCIMMYRouters({
    type: "bearer",
    handler: (request) => {
        if (request.header("Authorization") !== `Bearer ${process.env.TOKEN}`) throw new Error("who is this?");
        return "bench";
    },
}));
const server = app.listen(0, "127.0.0.1", () => console.log(`Serving SCIM at ${server.address().port}`));
