"""Shows on one LED how the bridge is: the worst thing first, one pattern at a time.

1. long on, short off: an alarm stands (not a mere warning)
2. two short flashes and a pause: its own Wi-Fi is on, because it is on no other
3. short flashes, quickly: no battery is heard
4. a short flash every three seconds: it runs, and hears a battery

Off: no power, asleep, safe mode, or no LED is set. docs/install.md shows them.
"""

from micropython import const

# Milliseconds on, off, on, off and so on. Short flashes: the LED is a load of the battery too.
ALARM = const((2700, 300))
ACCESS = const((100, 200, 100, 1600))
DEAF = const((100, 300))
WELL = const((100, 2900))


class LedShower:
    """Blinks with a led port; is_access_on() tells whether the access point is on the air."""

    def __init__(self, led, batteries, is_access_on, clock):
        self._led = led
        self._batteries = batteries
        self._is_access_on = is_access_on
        self._clock = clock

    async def run(self, job):
        """Blink for ever; job.beat() shows progress. A change waits for the pattern's end."""
        while True:
            job.beat()
            pattern = self.pattern(self._clock.uptime_s10())
            is_on = True
            for ms in pattern:
                self._led.show(is_on)
                is_on = not is_on
                await self._clock.sleep_ms(ms)

    def pattern(self, now_s10):
        """Return the pattern for how things are now."""
        for battery in self._batteries:
            if battery.alarms is not None and _has_alarm(battery.alarms):
                return ALARM
        if self._is_access_on():
            return ACCESS
        for battery in self._batteries:
            if battery.is_alive(now_s10):
                return WELL
        return DEAF


def _has_alarm(alarms):
    if not alarms.is_any:
        return False
    for standing in alarms.active():
        if standing[1] == "alarm":
            return True
    return False
