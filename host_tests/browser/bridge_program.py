"""`make run` with levers: what a file beside its flash says, happens to the first battery.

The browser's tests start this as a process and write the file while it runs: a JSON object with
any of "in_range", "temp_c" (of cells and bay) and "wanted_ma" (what a charger or load would make
flow).
"""

import asyncio
import json

from tools import run_host
from tools.sim.load import Steps

_FILE = "levers.json"
_LOOK_S = 0.2
_LONG_S = 100000


class LeverHost(run_host.Host):
    """The host of `make run`, with an eye on the file."""

    async def run(self):
        watching = asyncio.create_task(self._watch())
        try:
            await super().run()
        finally:
            watching.cancel()

    async def _watch(self):
        path = self.options["folder"] + "/" + _FILE
        pulled = {}
        while True:
            try:
                with open(path) as file:
                    told = json.loads(file.read())
            except (OSError, ValueError):
                told = pulled  # not there yet, or half written
            if told != pulled:
                pulled = told
                self._pull(pulled)
            await asyncio.sleep(_LOOK_S)

    def _pull(self, levers):
        module = self.world.air.peripherals[0]
        battery = module.battery
        if "in_range" in levers:
            module.in_range = levers["in_range"]
        if "temp_c" in levers:
            battery.ambient_c = levers["temp_c"]
            for cell in battery.cells:
                cell.temp_c = cell.joint_temp_c = float(levers["temp_c"])
        if "wanted_ma" in levers:
            battery.load = Steps([(_LONG_S, levers["wanted_ma"])])


if __name__ == "__main__":
    run_host.main(LeverHost)
