_request = _Request(None, _Mapping(_mapping), {"data": _fields[0], "properties": _fields[1], "source": _fields[2]})
_out(_handler(_request, None, None, _fields[0], _fields[1], _Source(_fields[2])))
