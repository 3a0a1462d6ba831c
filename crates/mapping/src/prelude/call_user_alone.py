_out(_handler(None, User(_fields, _groups, _direct), None, None))
