# Every command sets up what it needs; `make help` lists them. Settings: make run PORT=8080.
.POSIX:

PYTHON = python3
VENV = .tools/venv/bin
MICROPYTHON = .tools/micropython/micropython

PORT = 8080
SPEED = 1
VM =
CAPTURE =
CONFIG =
SD =
# A board on a cable, a MicroPython for it, a build tree of MicroPython and a board's name there.
DEVICE =
IMAGE =
FROM =
BUILD =
BOARD =
FIRST_START =
WORKERS = 2
HOST =
KEY = update_key.pem

# The same modules in the same order on both interpreters; without .frozen the unix port
# of MicroPython loses its own asyncio.
HOST_PATH = firmware:host_tests/fakes:.tools/lib:.

all: help

help:
	@echo 'make run     the firmware on this computer; PORT= VM=micropython|cpython CAPTURE=a,b CONFIG= SD= SPEED= FIRST_START=1'
	@echo 'make page    the dashboard, packed into build/www; run, test and bench build it too'
	@echo 'make test    every test; REQUIRE_ALL=1 makes a skipped one a failure, ARGS= goes to pytest'
	@echo 'make screenshots  the pictures in the README, taken anew'
	@echo 'make test-upy  only the tests that run on MicroPython, there'
	@echo 'make bench   the benchmarks, also into build/bench.json; FROZEN=1 builds a firmware image too'
	@echo 'make logview ARGS="check CARD"  the card'"'"'s logs: check, summary, plot, convert, merge'
	@echo 'make divider ARGS="--cells 4"  the dividers of a balance harness: pins, errors, drain'
	@echo 'make calibrate ARGS="http://bay"  the taps of a harness, against a multimeter or the BMS'
	@echo 'make deploy DEVICE=/dev/ttyUSB0  the firmware onto a board on a cable; flash IMAGE= erases it first'
	@echo 'make console, logs or backup DEVICE=  the board: its prompt, what it says, your files on it'
	@echo 'make restore DEVICE= FROM=build/backup/...  a backup back onto the board'
	@echo 'make image BUILD= BOARD=  a MicroPython with the firmware in it, for boards without PSRAM'
	@echo 'make hardware-report DEVICE=/dev/ttyUSB0  asks a real board everything, into one file to send in; URL='
	@echo 'make update HOST=bay  a new version over Wi-Fi; once before: make update-key HOST=bay'
	@echo 'make lint    style and types; make format repairs the style'
	@echo 'make size    bytes of every compiled firmware file'
	@echo 'make setup   fetches the tools into .tools/; make clean removes them'

# Quick when nothing changed: make compares times here, tools/setup.py the contents.
setup: .tools/stamp

.tools/stamp: pyproject.toml tools/setup.py tools/setup_micropython.py
	@$(PYTHON) -m tools.setup

run: setup try-page
	@vm='$(VM)'; \
	if [ -z "$$vm" ]; then if [ -x $(MICROPYTHON) ]; then vm=micropython; else vm=cpython; fi; fi; \
	set -- tools/run_host.py --port '$(PORT)' --speed '$(SPEED)'; \
	if [ -n '$(CAPTURE)' ]; then set -- "$$@" --capture '$(CAPTURE)'; fi; \
	if [ -n '$(CONFIG)' ]; then set -- "$$@" --config '$(CONFIG)'; fi; \
	if [ -n '$(SD)' ]; then set -- "$$@" --sd '$(SD)'; fi; \
	if [ -n '$(FIRST_START)' ]; then set -- "$$@" --first-start; fi; \
	case "$$vm" in \
	micropython) MICROPYPATH=$(HOST_PATH):.frozen exec $(MICROPYTHON) -X heapsize=8M "$$@" ;; \
	cpython) PYTHONPATH=$(HOST_PATH) exec $(VENV)/python "$$@" ;; \
	*) echo "VM=$$vm: it is micropython or cpython" >&2; exit 2 ;; \
	esac

# The dashboard, packed into build/www; a bridge does without it.
page: openapi
	@$(PYTHON) -m tools.build_page

try-page: openapi
	@$(PYTHON) -m tools.build_page || :

# The API's description, beside it; this needs nothing but Python.
openapi:
	@$(PYTHON) -m tools.openapi

test: setup try-debian try-page .tools/logview .tools/update .tools/checks
	@REQUIRE_ALL='$(REQUIRE_ALL)' $(VENV)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

# The README's two pictures, taken anew of the page as it is now.
screenshots: setup try-debian try-page .tools/logview .tools/checks
	@REQUIRE_ALL=1 RENEW_DRAWINGS=1 $(VENV)/python -m pytest -q host_tests/browser/test_drawings.py

test-upy: setup
	@REQUIRE_ALL=1 $(VENV)/python -m pytest -m micropython $(ARGS)

# Reads, checks, plots, converts and merges the card's logs: make logview ARGS="check CARD".
logview: setup .tools/logview
	@PYTHONPATH=$(HOST_PATH) $(VENV)/python -m tools.logview $(ARGS)

# After setup, which may make the environment anew; not for `make run`, because it is large.
.tools/logview: pyproject.toml tools/setup.py | setup
	@$(PYTHON) -m tools.setup logview

# What the tests need beyond `make run`: Python packages, and programs of Debian.
.tools/checks: pyproject.toml tools/setup.py | setup
	@$(PYTHON) -m tools.setup checks

try-debian:
	@$(PYTHON) -m tools.setup debian

# Needs nothing but Python: make divider ARGS="--chip esp32s3 --cells 8".
divider:
	@$(PYTHON) -m tools.divider $(ARGS)

# So is this: make calibrate ARGS="http://bay house1"; the token is in BAYBRIDGE_TOKEN.
calibrate:
	@$(PYTHON) -m tools.calibrate $(ARGS)

# The firmware onto a board, with the page if it can be built: make deploy DEVICE=/dev/ttyUSB0.
deploy: setup try-page
	@PYTHONPATH=$(HOST_PATH) $(VENV)/python -m tools.deploy deploy '$(DEVICE)'

# Erases the board and writes a MicroPython first: make flash DEVICE=/dev/ttyUSB0 IMAGE=file.bin.
flash: setup try-page .tools/flash
	@PYTHONPATH=$(HOST_PATH) $(VENV)/python -m tools.deploy flash '$(DEVICE)' '$(IMAGE)'

.tools/flash: pyproject.toml tools/setup.py | setup
	@$(PYTHON) -m tools.setup flash

console logs backup: setup
	@PYTHONPATH=$(HOST_PATH) $(VENV)/python -m tools.deploy $@ '$(DEVICE)'

restore: setup
	@PYTHONPATH=$(HOST_PATH) $(VENV)/python -m tools.deploy restore '$(DEVICE)' '$(FROM)'

image: setup
	@PYTHONPATH=$(HOST_PATH) $(VENV)/python -m tools.deploy image '$(BUILD)' '$(BOARD)'

# What docs/hardware-checklist.md asks for, as far as a cable gets; with URL= the running bridge too.
hardware-report: setup
	@$(VENV)/python -m tools.hardware_report '$(DEVICE)' '$(URL)'

# Over Wi-Fi, docs/update.md: the owner's key once, then make update HOST=bay; the token is in
# BAYBRIDGE_TOKEN. ARGS="--wait" waits until the new version stays, "--force" takes an older one.
update-key: setup .tools/update
	@$(VENV)/python -m tools.update key $(HOST) --key '$(KEY)' $(ARGS)
	@if [ -n '$(DEVICE)' ]; then PYTHONPATH=$(HOST_PATH) $(VENV)/python -m tools.deploy \
	update-key '$(DEVICE)' '$(KEY:.pem=.txt)'; fi

update-archive: setup try-page .tools/update
	@$(VENV)/python -m tools.update archive --key '$(KEY)' $(ARGS)

update: setup try-page .tools/update
	@$(VENV)/python -m tools.update send $(HOST) --key '$(KEY)' $(ARGS)

.tools/update: pyproject.toml tools/setup.py | setup
	@$(PYTHON) -m tools.setup update

bench: setup try-debian try-page .tools/logview .tools/update .tools/checks
	@mkdir -p build
	@PYTHONPATH=$(HOST_PATH) $(VENV)/python -m tools.bench

lint: setup
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/mypy
	@$(PYTHON) -m tools.build_page check

format: setup
	@$(VENV)/ruff check --fix .
	@$(VENV)/ruff format .
	@$(PYTHON) -m tools.build_page format

size: setup
	@$(VENV)/python -m tools.size

clean:
	rm -rf .tools build .ruff_cache .hypothesis firmware/www/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: all help setup run page try-page openapi try-debian test screenshots test-upy bench logview \
	divider calibrate deploy flash console logs backup restore image hardware-report \
	update-key update-archive update lint format size clean
