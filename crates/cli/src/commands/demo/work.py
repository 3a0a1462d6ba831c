# What somebody does, where the directory knows it.
if "title" not in user.attributes:
    return {}
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
return {
    "schemas": [ENTERPRISE],
    "title": user.attributes["title"],
    ENTERPRISE: {"department": user.attributes["department"]},
}
