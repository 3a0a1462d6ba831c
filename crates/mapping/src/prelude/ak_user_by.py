def _asking(host):
    def ak_user_by(**filters):
        for key, value in filters.items():
            if not isinstance(value, (str, int)):
                raise TypeError("ak_user_by() takes texts and numbers, not " + type(value).__name__ + " for " + key)
        found = host(filters)
        if found is None:
            return None
        return User(found[0], found[1], found[2])
    return ak_user_by

ak_user_by = _asking(_host)
_host = None
