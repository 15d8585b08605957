"""Missing programs of Debian are fetched with the rights there are, else named with the remedy."""

import subprocess

import pytest

from tools.setup_debian import Apt, find, provide, what_to_install


class Machine:
    """Answers commands as a Debian machine would, and keeps what it was asked."""

    def __init__(self, user_id=0, programs=("apt-get", "dpkg"), fails=()):
        self.user_id = user_id
        self.programs = programs
        self.fails = fails
        self.asked = []

    def run(self, command, cwd=None, **options):
        line = " ".join(command)
        self.asked.append(line)
        failed = any(words in line for words in self.fails)
        if not failed and "download" in command:
            (cwd / "prometheus_2_amd64.deb").touch()
        output = "E: no network\n" if failed else ""
        return subprocess.CompletedProcess(command, int(failed), output)

    def which(self, name):
        return "/usr/bin/" + name if name in self.programs else None

    def apt(self):
        return Apt(run=self.run, which=self.which, user_id=lambda: self.user_id)


class Fetched:
    """Finds nothing at first, and from the second question on what arrived."""

    def __init__(self, at_first=(), then=("chromium", "npm", "promtool")):
        self.at_first = at_first
        self.then = then
        self.seen = set()

    def find(self, name):
        there = self.then if name in self.seen else self.at_first
        self.seen.add(name)
        return "/usr/bin/" + name if name in there else None


INSTALL = "env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "


def test_programs_when_all_are_there_then_nothing_is_asked(tmp_path, capsys):
    machine = Machine()
    there = Fetched(at_first=("chromium", "npm", "promtool"))
    assert provide(machine.apt(), there.find, tmp_path) == []
    assert machine.asked == []
    assert capsys.readouterr().out == ""


def test_programs_when_missing_and_root_then_lists_first_and_no_server_is_installed(tmp_path):
    machine = Machine()
    assert provide(machine.apt(), Fetched().find, tmp_path) == []
    assert machine.asked == [
        "apt-get -q update",
        INSTALL + "chromium",
        INSTALL + "npm",
        "apt-get -q download prometheus",
        f"dpkg -x {tmp_path}/debs/prometheus_2_amd64.deb {tmp_path}",
    ]
    assert list(tmp_path.iterdir()) == []


def test_programs_when_one_is_missing_then_only_that_one_is_fetched(tmp_path):
    machine = Machine()
    provide(machine.apt(), Fetched(at_first=("npm", "promtool")).find, tmp_path)
    assert machine.asked == ["apt-get -q update", INSTALL + "chromium"]


def test_programs_when_sudo_asks_for_no_password_then_it_is_used(tmp_path):
    machine = Machine(user_id=1000, programs=("apt-get", "dpkg", "sudo"))
    provide(machine.apt(), Fetched().find, tmp_path)
    assert machine.asked[:3] == [
        "sudo -n true",
        "sudo -n apt-get -q update",
        "sudo -n " + INSTALL + "chromium",
    ]


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        (Machine(user_id=1000), "neither root nor a sudo without a password"),
        (
            Machine(user_id=1000, programs=("apt-get", "dpkg", "sudo"), fails=("sudo",)),
            "neither root nor a sudo without a password",
        ),
        (Machine(programs=()), "this machine has no apt-get"),
        (Machine(fails=("apt-get",)), "E: no network"),
    ],
)
def test_programs_when_they_cannot_be_fetched_then_the_remedy_is_named(
    tmp_path, capsys, machine, why
):
    assert provide(machine.apt(), Fetched(then=()).find, tmp_path) == [
        "chromium",
        "npm",
        "promtool",
    ]
    assert capsys.readouterr().err == (
        "setup: no chromium and no npm and no promtool; on Debian: "
        f"apt install chromium npm prometheus [{why}]\n"
    )


def test_lists_when_one_source_does_not_answer_then_the_others_are_tried(tmp_path):
    machine = Machine(fails=("update",))
    provide(machine.apt(), Fetched().find, tmp_path)
    assert INSTALL + "chromium" in machine.asked


def test_command_when_it_cannot_be_started_or_hangs_then_it_failed():
    def hang(*args, **options):
        raise subprocess.TimeoutExpired("apt-get", 900)

    apt = Apt(run=hang)
    assert not apt.does(["apt-get", "update"])
    assert apt.why == "Command 'apt-get' timed out after 900 seconds"


def test_find_when_only_unpacked_then_that_one_counts(tmp_path):
    assert find("promtool", tmp_path, which=lambda name: None) is None
    program = tmp_path / "usr" / "bin" / "promtool"
    program.parent.mkdir(parents=True)
    program.touch()
    assert find("promtool", tmp_path, which=lambda name: None) is None
    program.chmod(0o755)
    assert find("promtool", tmp_path, which=lambda name: None) == str(program)


def test_sentence_when_one_is_missing_then_it_names_its_package():
    assert what_to_install(["promtool"]) == "no promtool; on Debian: apt install prometheus"
