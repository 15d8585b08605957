"""The owner's key: its private half signs archives, its public half lies on the bridges.

RSA of 2048 bits, because MicroPython can check it with pow() alone; made and used by the
`cryptography` package, kept as PEM without a password in a file that only this user can read.
"""

import os
from pathlib import Path

from tools.update.errors import UpdateError

_BITS = 2048
_EXPONENT = 65537


def make(path):
    """Make a key and store it; UpdateError if there is one already."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(_EXPONENT, _BITS)
    raw = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(raw)
    except FileExistsError:
        raise UpdateError(
            f"{path} is there already, and bridges may know it; KEY= says where another one goes."
        ) from None
    except OSError as exc:
        raise UpdateError(f"{path} cannot be written: {exc.strerror}.") from None
    return key


def load(path):
    """Return the private key of a file; UpdateError with a sentence if it is none."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    try:
        raw = Path(path).read_bytes()
    except FileNotFoundError:
        raise UpdateError(f"there is no key in {path}; `make update-key` makes one.") from None
    except OSError as exc:
        raise UpdateError(f"{path} cannot be read: {exc.strerror}.") from None
    try:
        key = serialization.load_pem_private_key(raw, None)
    except (ValueError, TypeError) as exc:
        raise UpdateError(f"{path} holds no private key without a password: {exc}") from None
    if not isinstance(key, rsa.RSAPrivateKey) or not 2048 <= key.key_size <= 4096:
        raise UpdateError(f"{path} holds another kind of key than RSA of 2048 to 4096 bits.")
    if key.public_key().public_numbers().e != _EXPONENT:
        raise UpdateError(f"the key in {path} has another exponent than {_EXPONENT}.")
    return key


def public_text(key):
    """Return what a bridge keeps in update_key.txt."""
    n = key.public_key().public_numbers().n
    return f"baybridge-key rsa {_EXPONENT} {n:0{_digits(key)}x}\n"


def sign(key, raw):
    """Return the signature of bytes in hexadecimal."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    return key.sign(raw, padding.PKCS1v15(), hashes.SHA256()).hex()


def _digits(key):
    return key.key_size // 4
