import re as _slug_re
import unicodedata as _unicodedata

def slugify(value, allow_unicode=False):
    value = str(value)
    if allow_unicode:
        value = _unicodedata.normalize("NFKC", value)
    else:
        value = "".join([char for char in _unicodedata.normalize("NFKD", value) if ord(char) < 128])
    value = _slug_re.sub(r"[^\w\s-]", "", value.lower())
    return _slug_re.sub(r"[-\s]+", "-", value).strip("-_")
