def _missing(name):
    raise NameError("name '" + name + "' is not defined")
