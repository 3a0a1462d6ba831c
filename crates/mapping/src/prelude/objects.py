def _merge(base, later):
    for key, value in later.items():
        here = base.get(key)
        if isinstance(here, dict) and isinstance(value, dict):
            base[key] = _merge(dict(here), value)
        elif isinstance(here, list) and isinstance(value, list):
            base[key] = here + value
        else:
            base[key] = value
    return base

class Group:
    def __init__(self, fields):
        uuid, num_pk, name, is_superuser, parent, attributes = fields
        self.pk = uuid
        self.uuid = uuid
        self.group_uuid = uuid
        self.num_pk = num_pk
        self.name = name
        self.is_superuser = is_superuser
        self.attributes = attributes
        self.parent = None
        if parent is not None:
            self.parent = Group((None, None, parent, False, None, {}))

class User:
    def __init__(self, fields, groups, direct):
        pk, uuid, uid, username, name, email, is_active, kind, path, attributes, joined, login, avatar, superuser = fields
        self.pk = pk
        self.id = pk
        self.uuid = uuid
        self.uid = uid
        self.username = username
        self.name = name
        self.email = email
        self.is_active = is_active
        self.type = kind
        self.path = path
        self.attributes = attributes
        self.date_joined = joined
        self.last_login = login
        self.avatar = avatar
        self.is_superuser = superuser
        self.is_staff = superuser
        self._all_groups = [Group(group) for group in groups]
        self.groups = self._all_groups[:direct]
        self.ak_groups = self.groups

    def all_groups(self):
        return self._all_groups[:]

    def group_attributes(self, request=None):
        merged = {}
        for group in sorted(self._all_groups, key=lambda group: group.name):
            merged = _merge(merged, group.attributes)
        return _merge(merged, self.attributes)

    def locale(self, request=None):
        settings = self.attributes.get("settings")
        if isinstance(settings, dict):
            return settings.get("locale", "")
        return ""
