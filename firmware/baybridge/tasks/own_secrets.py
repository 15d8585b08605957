"""What the board makes for itself at its first start: its token, the access point's password.

Each has a file of its own on the flash: a configuration the owner got wrong is not overwritten
for it. Both are shown on the console, which is a cable away.
"""

import os
from micropython import const

_TOKEN = const("token.txt")
_ACCESS = const("access.txt")
# 32 characters, 5 bits each, none of which is taken for another one (no 0, 1, l, o).
_ALPHABET = const("abcdefghijkmnpqrstuvwxyz23456789")
_CHARACTERS = const(12)
_MAX_CHARACTERS = const(63)  # WPA2
_MIN_TOKEN = const(8)  # and at the most 64, like http.token
_MAX_TOKEN = const(64)


def own_token(files):
    """Return the token for changes, made at the first start or when it is damaged."""
    token = (files.read_text(_TOKEN) or "").strip()
    if not _is_good(token, _MIN_TOKEN, _MAX_TOKEN):
        # So that changes need more than being on the boat's Wi-Fi.
        token = "".join(["%02x" % b for b in os.urandom(8)])
        _write(files, _TOKEN, token)
    return token


def own_access_password(files):
    """Return the access point's password, made at the first start or when it is damaged."""
    password = (files.read_text(_ACCESS) or "").strip()
    if not _is_good(password, _CHARACTERS, _MAX_CHARACTERS):
        password = "".join([_ALPHABET[b & 31] for b in os.urandom(_CHARACTERS)])
        _write(files, _ACCESS, password)
    return password


def _is_good(secret, least, most):
    # Anything else can be typed, or sent in a header, by some programs only or by none.
    return least <= len(secret) <= most and min(secret) >= "!" and max(secret) <= "~"


def _write(files, name, text):
    try:
        files.write_atomic(name, text + "\n")
    except OSError:
        pass  # good until the next start
