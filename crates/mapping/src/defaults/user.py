# The SCIM attributes of a user.
if " " in user.name:
    given, _, family = user.name.partition(" ")
    formatted = user.name
else:
    # Some services refuse an empty family name but accept a blank one.
    given, family = user.name, " "
    formatted = user.name + " "

resource = {
    "userName": user.username,
    "name": {
        "formatted": formatted,
        "givenName": given,
        "familyName": family,
    },
    "displayName": user.name,
    "active": user.is_active,
    "emails": [],
}

# Few services accept an image inside the resource, so only a link is sent.
if "://" in user.avatar:
    resource["photos"] = [{"value": user.avatar, "type": "photo"}]

locale = user.locale()
if locale:
    resource["locale"] = locale

if user.email:
    resource["emails"].append({"value": user.email, "type": "other", "primary": True})

return resource
