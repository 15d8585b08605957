"""What tests of both interpreters share; no pytest, because MicroPython runs this too."""


def raises(exc_class, fn, *args):
    """Call fn and return the exception it must raise; any other one passes through."""
    try:
        fn(*args)
    except exc_class as exc:
        return exc
    raise AssertionError("%s not raised" % exc_class.__name__)
