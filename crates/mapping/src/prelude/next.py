def _q_next(items, *default):
    for item in items:
        return item
    if default:
        return default[0]
    raise StopIteration
