# The SCIM attributes of a group. Members are added by the synchronisation itself.
return {
    "displayName": group.name,
}
