def _q_or(left, right):
    if isinstance(left, dict) and isinstance(right, dict):
        return {**left, **right}
    return left | right

def _q_ior(left, right):
    if isinstance(left, dict) and isinstance(right, dict):
        left.update(right)
        return left
    return left | right

def _q_del(holder, key):
    holder.pop(key)
