"""What several of the tools' tests need: the firmware compiled, and the owner's keys."""

import pytest

from host_tests.conftest import NO_MICROPYTHON, micropython_command
from tools.deploy import version


@pytest.fixture(scope="module")
def firmware():
    if micropython_command() is None:
        pytest.skip(NO_MICROPYTHON)
    return version.build()


@pytest.fixture
def keys():
    # Without it, `make test` says what to fetch.
    pytest.importorskip("cryptography", reason="no cryptography; `make update-key` fetches it")
    from tools.update import keys

    return keys
