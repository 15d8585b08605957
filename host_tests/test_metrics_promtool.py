"""/metrics of the running firmware as Prometheus' own checker sees it, with and without values."""

import re
import subprocess
import urllib.request

import pytest

from host_tests.tools.test_run_host import Bridge, vm  # noqa: F401 - a fixture
from tools.setup_debian import find, what_to_install

BATTERY = '{"id": "%s", "name": "%s", "address": "%s"}'
# The simulated battery; the other one is never in the air.
HERE = BATTERY % ("house1", 'House \\"1\\" \\\\ port', "02:12:34:00:20:61")
AWAY = BATTERY % ("house2", "House 2", "02:12:34:00:20:62")
CONFIG = '{"batteries": [%s], "end": 1}'


@pytest.fixture
def promtool():
    path = find("promtool")
    if path is None:
        pytest.skip(what_to_install(["promtool"]))
    return path


def scrape(bridge):
    with urllib.request.urlopen(f"http://127.0.0.1:{bridge.port}/metrics", timeout=10) as reply:
        assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return reply.read()


def check(promtool, text):
    done = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, timeout=30
    )
    # It also speaks up about a name or a head that is only unusual.
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def bridge_of(vm, folder, *batteries):  # noqa: F811
    path = folder / "config.json"
    path.write_text(CONFIG % ", ".join(batteries))
    return Bridge(vm, folder / "host", "--config", str(path))


def test_metrics_when_one_battery_is_there_and_one_is_not_then_promtool_is_content(
    vm,  # noqa: F811
    promtool,
    tmp_path,
):
    with bridge_of(vm, tmp_path, HERE, AWAY) as bridge:
        bridge.wait_for(lambda answer: answer["batteries"][0]["bms"]["cells_v"])
        text = scrape(bridge)
        check(promtool, text)
        voltages = re.findall(rb"^sok_cell_voltage_volts\{.*", text, re.M)
        assert len(voltages) == 4
        assert b'name="House \\"1\\" \\\\ port"' in text
        assert b'sok_ble_link_up{battery="house2"} 0\n' in text


def test_metrics_when_every_battery_is_away_then_promtool_is_content(
    vm,  # noqa: F811
    promtool,
    tmp_path,
):
    with bridge_of(vm, tmp_path, AWAY) as bridge:
        bridge.wait_for(lambda answer: answer["uptime_s"] >= 0)
        text = scrape(bridge)
        check(promtool, text)
        assert b"_volts" not in text


def test_checker_when_a_unit_is_not_a_base_unit_then_it_says_so(promtool):
    text = b"# HELP a_hours It.\n# TYPE a_hours gauge\na_hours 1\n"
    done = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, timeout=30
    )
    assert done.returncode == 3
    assert b'use base unit "seconds" instead of "hours"' in done.stdout + done.stderr
