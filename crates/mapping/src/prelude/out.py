def _culprit(value, path, plain):
    if isinstance(value, dict):
        for key, item in value.items():
            found = _culprit(key, path, plain) or _culprit(item, path + "." + str(key) if path else str(key), plain)
            if found:
                return found
        return None
    if isinstance(value, (list, tuple, set, frozenset)):
        for index, item in enumerate(value):
            found = _culprit(item, path + "[" + str(index) + "]", plain)
            if found:
                return found
        return None
    if value is None or isinstance(value, (str, bytes)) or isinstance(value, plain):
        return None
    return path + "\n" + type(value).__name__

def _out(value, left=_limit, _node=_node, plain=_plain, isinstance=isinstance, len=len):
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            left -= len(item)
        elif isinstance(item, dict):
            pending.extend(item.keys())
            pending.extend(item.values())
        elif isinstance(item, (list, tuple, set, frozenset)):
            pending.extend(item)
        elif isinstance(item, bytes):
            left -= len(item)
        elif item is not None and not isinstance(item, plain):
            raise NotADirectoryError(_culprit(value, "", plain))
        left -= _node
        if left < 0:
            return NotImplemented
    return value
