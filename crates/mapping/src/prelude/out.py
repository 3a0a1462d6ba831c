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

def _out(value, left=_limit, node=_node, plain=_plain, isinstance=isinstance, len=len):
    held = [value]
    for item in held:
        if left < 0:
            return NotImplemented
        if isinstance(item, dict):
            try:
                left -= len("".join(item))
            except TypeError:
                held.extend(item.keys())
            left -= 2 * node * len(item)
            item = item.values()
        elif isinstance(item, (list, tuple, set, frozenset)):
            left -= node * len(item)
        elif isinstance(item, (str, bytes)):
            left -= len(item)
            continue
        elif item is None or isinstance(item, plain):
            continue
        else:
            raise NotADirectoryError(_culprit(value, "", plain))
        for inner in item:
            if isinstance(inner, str):
                left -= len(inner)
            elif inner is not None and not isinstance(inner, plain):
                held.append(inner)
    return value if left >= 0 else NotImplemented
