def _q_get(item, path):
    for part in path:
        if item is None:
            return None
        if isinstance(item, dict):
            item = item.get(part)
        else:
            item = getattr(item, part)
    return item

def _q_fits(item, lookup, want):
    path = lookup.split("__")
    how = "exact"
    if len(path) > 1 and path[-1] in (
        "exact", "iexact", "contains", "icontains", "startswith", "istartswith",
        "endswith", "iendswith", "in", "isnull", "gt", "gte", "lt", "lte",
    ):
        how = path.pop()
    have = _q_get(item, path)
    if how == "exact":
        return have == want
    if how == "isnull":
        return (have is None) == want
    if have is None:
        return False
    if how == "in":
        return have in want
    if how == "gt":
        return have > want
    if how == "gte":
        return have >= want
    if how == "lt":
        return have < want
    if how == "lte":
        return have <= want
    if how.startswith("i"):
        have = have.lower()
        want = want.lower()
        how = how[1:]
    if how == "contains":
        return want in have
    if how == "startswith":
        return have.startswith(want)
    if how == "endswith":
        return have.endswith(want)
    return have == want

def _q_filter(items, *args, **filters):
    if not isinstance(items, list):
        return items.filter(*args, **filters)
    return [item for item in items if all([_q_fits(item, lookup, want) for lookup, want in filters.items()])]

def _q_exclude(items, *args, **filters):
    if not isinstance(items, list):
        return items.exclude(*args, **filters)
    return [item for item in items if not all([_q_fits(item, lookup, want) for lookup, want in filters.items()])]

def _q_all(items):
    if not isinstance(items, list):
        return items.all()
    return items[:]

def _q_exists(items):
    if not isinstance(items, list):
        return items.exists()
    return len(items) > 0

def _q_count(items):
    if not isinstance(items, list):
        return items.count()
    return len(items)

def _q_first(items):
    if not isinstance(items, list):
        return items.first()
    return items[0] if items else None

def _q_last(items):
    if not isinstance(items, list):
        return items.last()
    return items[-1] if items else None

def _q_distinct(items, *args):
    if not isinstance(items, list):
        return items.distinct(*args)
    kept = []
    for item in items:
        if item not in kept:
            kept.append(item)
    return kept

def _q_order_by(items, *fields):
    if not isinstance(items, list):
        return items.order_by(*fields)
    for field in reversed(fields):
        path = field.lstrip("-").split("__")
        items = sorted(items, key=lambda item: _q_get(item, path), reverse=field.startswith("-"))
    return items

def _q_values_list(items, *fields, flat=False):
    if not isinstance(items, list):
        return items.values_list(*fields, flat=flat)
    if flat:
        return [_q_get(item, fields[0].split("__")) for item in items]
    return [tuple([_q_get(item, field.split("__")) for field in fields]) for item in items]

def _q_values(items, *fields):
    if not isinstance(items, list):
        return items.values(*fields)
    return [{field: _q_get(item, field.split("__")) for field in fields} for item in items]

def _q_get_one(items, **filters):
    if not isinstance(items, list):
        return items.get(**filters)
    found = _q_filter(items, **filters)
    if len(found) != 1:
        raise LookupError("get() found " + str(len(found)) + " objects instead of one")
    return found[0]
