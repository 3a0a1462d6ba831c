class _Provider:
    def __init__(self, fields):
        pk, name, url = fields
        self.pk = pk
        self.id = pk
        self.name = name
        self.url = url

class _Connection:
    def __init__(self, fields):
        pk, scim_id, attributes = fields
        self.pk = pk
        self.id = pk
        self.scim_id = scim_id
        self.attributes = attributes

class _Source:
    def __init__(self, fields):
        pk, name, slug = fields
        self.pk = pk
        self.name = name
        self.slug = slug

class _Mapping:
    def __init__(self, fields):
        pk, name = fields
        self.pk = pk
        self.name = name

class _Request:
    def __init__(self, user, mapping, context):
        self.user = user
        self.obj = mapping
        self.context = context
        self.http_request = None
        self.debug = False
