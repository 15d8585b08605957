"""The only wiring: configuration -> ports -> model -> tasks. Nothing is decided here."""

import asyncio
from micropython import const

from baybridge.app_config import pieces_of_config, put_config, read_config, store_config
from baybridge.app_ports import Ports
from baybridge.battery.alarms import Alarms
from baybridge.battery.battery import Battery
from baybridge.battery.card_watch import CardWatch
from baybridge.battery.drain import is_enabled
from baybridge.protocol import abc
from baybridge.protocol.advert import Adverts, names_to_hear, parse_address
from baybridge.protocol.ring import FrameRing
from baybridge.record.bridge import Bridge
from baybridge.record.frames import FrameLog
from baybridge.tasks.hold_link import Holder, Turns
from baybridge.tasks.judge import Judge
from baybridge.tasks.keep_counters import CounterKeeper
from baybridge.tasks.keep_time import TimeKeeper
from baybridge.tasks.keep_wifi import WifiKeeper
from baybridge.tasks.listen import Listener
from baybridge.tasks.network import Network
from baybridge.tasks.own_secrets import own_access_password, own_token
from baybridge.tasks.poll_bms import Poller
from baybridge.tasks.recover import Ladder
from baybridge.tasks.supervise import Supervisor
from baybridge.tasks.write_log import LogWriter
from baybridge.version import VERSION
from baybridge.web.auth import Gate
from baybridge.web.guard import Guard
from baybridge.web.routes import make_app

_BOOTS = const("boots.txt")
_FRAME_SLOTS = const(200)
# How long a task may go without progress before it is restarted. The poller's longest legal
# wait is an open() behind three others on one radio.
_POLL_LIMIT_S = const(180)
_SERVE_LIMIT_S = const(30)
_LOG_LIMIT_S = const(60)
_COUNTERS_LIMIT_S = const(60)
_JUDGE_LIMIT_S = const(30)
_TAPS_LIMIT_S = const(60)
_CALIBRATE_LIMIT_S = const(30)
_RESET_LIMIT_S = const(60)
_WIFI_LIMIT_S = const(60)
_TIME_LIMIT_S = const(60)
# An answer that says that the bridge restarts is sent before it does.
_ANSWER_MS = const(500)


class App:
    """The whole firmware, built and ready to run."""

    def __init__(self, ports: Ports, slot=""):
        self.ports = ports
        # The app_start.Start where main.py has started it.
        self.start = None
        clock = ports.clock
        self.config, self.problems = read_config(ports.files, ports.board.chip)
        self.port = self.config["http"]["port"]
        self.boot = _count_boot(ports.files)
        self.supervisor = Supervisor(clock, ports.watchdog)
        names = names_to_hear(tuple([one["match"] for one in self.config["batteries"]]))
        self.central = ports.make_central(Adverts(names), abc.SERVICE, abc.NOTIFY, abc.WRITE)
        self.card = ports.make_card(self.config["card"])
        self.frames = FrameLog(abc.requests(), _FRAME_SLOTS)
        self.turns = Turns(self.config["radio"]["links"], clock)
        self.listener = Listener(self.central, clock)
        self.ladder = Ladder(self.central, clock, self.request_reset)
        self._reset_reason = None
        # What is done once all is saved; app_power.py puts sleep in its place.
        self.end = ports.board.reset
        self.power = None
        # Empty, or one recorder once somebody has asked for a recording.
        self.recorders = []
        # Empty, or one calibrator once somebody has asked how the taps are calibrated.
        self.calibrators = []
        self.batteries = []
        self.holders = []
        self.links = []
        self.logs = []
        for settings in self.config["batteries"]:
            self._add_battery(settings)
            self.batteries[-1].alarms = Alarms(self.batteries[-1], self.config["alarms"])
        self.adc = None
        if any(one["taps"] for one in self.config["batteries"]):
            self._add_taps()
        # Loaded here, before the first reading is counted.
        self.keeper = CounterKeeper(self.batteries, ports.files, clock)
        self.bridge = Bridge(
            clock, self.config["name"], VERSION, self.boot, self.batteries, self.frames
        )
        self.bridge.read_token = self.config["http"]["read_token"]
        self.bridge.token = self.config["http"]["token"] or own_token(ports.files)
        self.bridge.release = self._release
        self.bridge.fast = self._fast
        self.bridge.discover = self._discover
        self.bridge.calibrator = self._calibrator
        self.bridge.record_frames = self._record_frames
        self.bridge.config_pieces = lambda has_secrets: pieces_of_config(ports, has_secrets)
        self.bridge.put_config = lambda given: put_config(self, given)
        self.bridge.firmware = self._firmware
        self.bridge.restart = self.request_reset
        self.bridge.card = self.card
        # With a version in a folder of its own comes the page.
        self.bridge.files = ports.files.below(slot) if slot else ports.files
        self.bridge.is_well = self.supervisor.is_well
        self.bridge.sections = self._sections
        self.bridge.metrics_lines = self._metrics
        self.gate = Gate(self.bridge, clock)
        self.guard = Guard(make_app(self.bridge, self.gate), clock)
        bridge = self.bridge
        self.judge = Judge(self.batteries, bridge.bank_mean, bridge.histories, clock)
        self.judge.on_alarm.append(self._write_soon)
        if self.config["log"]["enabled"]:
            self.judge.card_watch = bridge.card_watch = CardWatch(self.card)
        self.supervisor.add("judge", self.judge.run, _JUDGE_LIMIT_S)
        self.supervisor.add("counters", self.keeper.run, _COUNTERS_LIMIT_S)
        self.supervisor.add("serve", self._serve, _SERVE_LIMIT_S)
        self._add_network()
        self.supervisor.add("reset", self._watch_reset, _RESET_LIMIT_S)
        if is_enabled(self.config["power"]):
            from baybridge import app_power

            app_power.add(self)
        if self.config["led"]["pin"] is not None:
            from baybridge import app_led

            app_led.add(self)

    def _add_battery(self, settings):
        clock = self.ports.clock
        number = len(self.batteries)
        battery = Battery(settings["id"], settings["name"], settings["stale_s"] * 10, abc.REASONS)
        self.batteries.append(battery)
        link = self.central.link(abc.requests(), FrameRing())
        self.links.append(link)
        place = None
        if settings["address"]:
            addr_type = 1 if settings["address_type"] == "random" else 0
            place = addr_type, parse_address(settings["address"])
        poller = Poller(battery, number, link, self.central, clock, self.frames)
        holder = Holder(
            battery,
            poller,
            link,
            self.central,
            self.turns,
            self.listener,
            self.ladder,
            clock,
            settings["poll_ms"],
            place,
            settings["match"],
        )
        holder.is_taken = self._is_taken
        self.holders.append(holder)
        self.supervisor.add("poll " + battery.id, holder.run, _POLL_LIMIT_S)
        log = self.config["log"]
        if log["enabled"]:
            writer = LogWriter(battery, self.card, clock, self.boot, log)
            self.logs.append(writer)
            self.supervisor.add("log " + battery.id, writer.run, _LOG_LIMIT_S)

    def _add_taps(self):
        # Entered only where taps are wired: most bridges have none.
        from baybridge.battery.crosscheck import Crosscheck
        from baybridge.battery.taps import Harness
        from baybridge.tasks.sample_taps import TapSampler

        harnesses = []
        pins = []
        for i in range(len(self.batteries)):
            taps = self.config["batteries"][i]["taps"]
            if taps:
                battery = self.batteries[i]
                battery.harness = Harness(taps, battery.stale_s10, self.ports.board.chip)
                battery.crosscheck = Crosscheck(battery)
                harnesses.append(battery.harness)
                pins += [tap["pin"] for tap in taps]
        self.adc = self.ports.make_adc(pins)
        sampler = TapSampler(harnesses, self.adc, self.ports.clock)
        self.supervisor.add("taps", sampler.run, _TAPS_LIMIT_S)

    def _add_network(self):
        config = self.config
        ports = self.ports
        wifi = ports.make_wifi(config["name"], config["wifi"]["ssid"], config["wifi"]["password"])
        guard = self.guard
        self.wifi = WifiKeeper(wifi, ports.probe, ports.clock, lambda: guard.served)
        self.supervisor.add("wifi", self.wifi.run, _WIFI_LIMIT_S)
        card = self.card if config["log"]["enabled"] else None
        # Not the name in the configuration: whoever looks for it may not know that.
        self.access_ssid = "baybridge-" + ports.board.short_id
        self.access_password = own_access_password(ports.files)
        self.network = self.bridge.network = Network(
            self.wifi,
            config["wifi"],
            lambda ssid, password: ports.make_wifi(config["name"], ssid, password),
            ports.make_access
            and (lambda: ports.make_access(self.access_ssid, self.access_password)),
            self.supervisor.add,
            lambda change: store_config(ports.files, ports.board.chip, change),
            ports.clock,
        )
        self.time = TimeKeeper(ports.clock, ports.ntp, self.wifi, self.boot, card)
        self.supervisor.add("time", self.time.run, _TIME_LIMIT_S)
        self.bridge.set_time = self.time.set_time

    def _write_soon(self, battery):
        for log in self.logs:
            if log.battery_id == battery.id:
                log.flush_soon()

    async def _serve(self, job):
        await self.guard.serve("0.0.0.0", self.port, job.beat)

    def _is_taken(self, address):
        # Whether an address is one of a battery that is known by it.
        return any(holder.place and holder.place[1] == address for holder in self.holders)

    def _release(self, id, minutes):
        return self._with_holder(id, lambda holder: holder.release(minutes))

    def _fast(self, id, minutes):
        return self._with_holder(id, lambda holder: holder.fast(minutes))

    def _with_holder(self, id, act):
        for i in range(len(self.batteries)):
            if self.batteries[i].id == id:
                act(self.holders[i])
                return True
        return False

    async def _discover(self):
        # Made when somebody first asks, and then asked without us: most bridges never need it.
        from baybridge.tasks.discover import Discovery

        places = [(one["address"], one["match"]) for one in self.config["batteries"]]
        discovery = Discovery(self.listener, self.ports.clock, self.batteries, places)
        self.bridge.discover = discovery.ask
        return await discovery.ask()

    def _record_frames(self, minutes):
        if not self.recorders:
            from baybridge.tasks.record_frames import FrameRecorder

            recorder = FrameRecorder(
                self.batteries, self.card, self.ports.clock, self.frames, self.boot
            )
            self.recorders.append(recorder)
            self.supervisor.add("record frames", recorder.run, _LOG_LIMIT_S)
        return self.recorders[0].record(minutes)

    def _calibrator(self):
        if not self.calibrators:
            from baybridge.tasks.calibrate import Calibrator

            ports = self.ports
            calibrator = Calibrator(
                self.batteries,
                self.config["batteries"],
                lambda change: store_config(ports.files, ports.board.chip, change),
                ports.clock,
            )
            self.calibrators.append(calibrator)
            self.supervisor.add("calibrate", calibrator.run, _CALIBRATE_LIMIT_S)
        return self.calibrators[0]

    def _firmware(self):
        from baybridge.app_update import make_updater

        updater = make_updater(self)
        self.bridge.firmware = lambda: updater
        return updater

    def request_reset(self, reason):
        """Have the board started again once what is in memory is safe."""
        self._reset_reason = reason

    async def _watch_reset(self, job):
        while True:
            job.beat()
            if self._reset_reason is not None:
                await self.ports.clock.sleep_ms(_ANSWER_MS)
                await self._save()
                self.end(self._reset_reason)
                self._reset_reason = None
            await self.ports.clock.sleep_ms(1000)

    async def _save(self):
        self.keeper.save()
        for log in self.logs:
            await log.flush()

    def save_now(self):
        """Keep what is in memory after the loop has failed; the watchdog ends it if it hangs."""
        asyncio.new_event_loop()
        asyncio.run(self._save())

    async def run(self):
        """Run for ever."""
        # Wi-Fi first: both radios take their memory while it is still in one piece.
        self.network.start()
        try:
            self.central.start()
        except OSError as exc:
            # HTTP and the log are of use without a radio too; the ladder goes on trying.
            self.ladder.last_error = "the radio did not start (%s)" % exc
        await self.supervisor.run()

    def run_forever(self):
        """Run the event loop; returns only if everything has come to an end."""
        asyncio.run(self.run())

    def _sections(self):
        # Asked for rarely, so its room is entered only then.
        from baybridge.record import diagnostics

        return diagnostics.sections(self, VERSION)

    def _metrics(self):
        from baybridge.record import metrics

        return metrics.lines(self, VERSION)


def _count_boot(files):
    # Power has no clock on this board: records before the time is known carry this number.
    try:
        boot = int(files.read_text(_BOOTS) or 0) + 1
    except ValueError:
        boot = 1
    try:
        files.write_atomic(_BOOTS, "%d\n" % boot)
    except OSError:
        pass  # a full or broken flash must not keep the bridge from reading batteries
    return boot
