import re as _format_re

_SPEC = _format_re.compile(r"%(?:\((\w+)\))?([-+ 0#]*)(\d+)?(?:\.(\d+))?([sdiruxXf%])")

def _q_spec(value, flags, width, precision, kind):
    number = kind != "s" and kind != "r"
    if kind == "s":
        text = str(value)
    elif kind == "r":
        text = repr(value)
    elif kind == "f":
        places = 6 if precision is None else int(precision)
        text = f"{value:.{places}f}"
    elif kind == "x":
        text = f"{value:x}"
    elif kind == "X":
        text = f"{value:X}"
    else:
        text = str(int(value))
    if not number and precision is not None:
        text = text[: int(precision)]
    if number and "+" in flags and not text.startswith("-"):
        text = "+" + text
    if width is not None:
        if "-" in flags:
            text = text.ljust(int(width))
        elif number and "0" in flags:
            text = text.zfill(int(width))
        else:
            text = text.rjust(int(width))
    return text

def _q_mod(left, right):
    if not isinstance(left, str):
        return left % right
    several = isinstance(right, tuple)
    pieces = []
    position = 0
    used = 0
    for found in _SPEC.finditer(left):
        pieces.append(left[position : found.start()])
        position = found.end()
        key, flags, width, precision, kind = found.groups()
        if kind == "%":
            pieces.append("%")
            continue
        if key is not None:
            value = right[key]
        elif several:
            if used >= len(right):
                raise TypeError("not enough arguments for format string")
            value = right[used]
        elif used:
            raise TypeError("not enough arguments for format string")
        else:
            value = right
        used += 1
        pieces.append(_q_spec(value, flags or "", width, precision, kind))
    if (several and used < len(right)) or (not several and not used and not isinstance(right, dict)):
        raise TypeError("not all arguments converted during string formatting")
    pieces.append(left[position:])
    return "".join(pieces)
