"""One LiFePO4 cell: open-circuit voltage, resistance, one RC pair, heat.

The numbers are typical of published rest curves and data sheets of large prismatic LiFePO4 cells;
no SOK cell was measured for them. Good enough to develop on, not to size anything by.
"""

# (SoC in %, OCV in mV): rest voltages with the two plateaus (the step near 65 % is the graphite's)
# and the knees. On the grid of half per cent below.
_OCV_POINTS = (
    (0, 2500),
    (1, 2750),
    (2, 2880),
    (3, 2970),
    (5, 3090),
    (10, 3195),
    (15, 3212),
    (20, 3235),
    (30, 3270),
    (40, 3288),
    (50, 3292),
    (60, 3298),
    (65, 3310),
    (70, 3325),
    (80, 3330),
    (90, 3333),
    (95, 3338),
    (98, 3350),
    (99, 3370),
    (99.5, 3410),
    (100, 3500),
)
_GRID = 200  # intervals of 0.5 %


def _make_ocv_uv():
    grid = []
    right = 1
    for i in range(_GRID + 1):
        soc_pct = i / 2
        while _OCV_POINTS[right][0] < soc_pct:
            right += 1
        low_pct, low_mv = _OCV_POINTS[right - 1]
        high_pct, high_mv = _OCV_POINTS[right]
        share = (soc_pct - low_pct) / (high_pct - low_pct)
        grid.append((low_mv + (high_mv - low_mv) * share) * 1000)
    return grid


_OCV_UV = _make_ocv_uv()

# Of a 206 Ah cell; a smaller one has as much more as it has less plate area.
_OHMIC_UOHM = 250
_RC_UOHM = 200
_REFERENCE_MAH = 206000
RC_TAU_MS = 90000
# A bolted busbar joint: 0.06-0.08 mohm measured by a hobbyist with a 10 uohm meter (watenan.uk).
JOINT_UOHM = 70
JOINT_TAU_MS = 120000
_JOINT_K_PER_W = 4.0
_COPPER_PER_K = 0.0039
_CELL_J_PER_K = 4000.0  # 4 kg of prismatic cell at 1 kJ/kg/K
_CELL_K_PER_W = 2.0


class Cell:
    """State of one cell and the bolted joint in its span; floats, host only."""

    def __init__(self, full_mah, charge_mah, temp_c, resistance_factor=1.0):
        self.full_mas = full_mah * 3600.0
        self.charge_mas = charge_mah * 3600.0
        scale = resistance_factor * _REFERENCE_MAH / full_mah
        self.ohmic_uohm = _OHMIC_UOHM * scale
        self.rc_uohm = _RC_UOHM * scale
        # Larger for a bolt that was not tightened; the tap lug sits so that it falls in this span.
        self.joint_uohm = JOINT_UOHM
        self.temp_c = float(temp_c)
        self.joint_temp_c = float(temp_c)
        self.rc_uv = 0.0
        self.bleed_ma = 0
        self.ocv_uv = 0.0
        self.slope_uv_per_mas = 0.0
        self.series_uohm = 0.0
        self.uv = 0.0
        self._look_up()
        self.uv = self.ocv_uv

    def _look_up(self):
        """Refresh what follows from charge and temperature."""
        at = self.charge_mas / self.full_mas * _GRID
        i = int(at)
        if i < 0:
            i = 0
        elif i >= _GRID:
            i = _GRID - 1
        # Outside 0..100 % the end segments go on as straight lines: both knees are steep.
        low = _OCV_UV[i]
        rise = _OCV_UV[i + 1] - low
        self.ocv_uv = low + rise * (at - i)
        self.slope_uv_per_mas = rise * _GRID / self.full_mas
        # 3 % more a degree below 25: about the x1.5 a 10 degrees that batmon's notes report.
        cold = 1.0 + 0.03 * (25.0 - self.temp_c)
        if cold < 0.7:
            cold = 0.7
        joint = self.joint_uohm * (1.0 + _COPPER_PER_K * (self.joint_temp_c - 20.0))
        self.series_uohm = self.ohmic_uohm * cold + joint

    def set_current(self, current_ma):
        """Let the span's voltage follow a current at once (the ohmic part)."""
        uv = self.ocv_uv + self.rc_uv + (current_ma - self.bleed_ma) * self.series_uohm / 1000
        self.uv = uv if uv > 0.0 else 0.0

    def step(self, current_ma, dt_s, rc_keep, joint_keep, ambient_c, heat_w):
        """Live through dt_s at a constant current.

        rc_keep and joint_keep are exp(-dt / tau), the same for every cell, so taken once outside.
        """
        own_ma = current_ma - self.bleed_ma
        self.charge_mas += own_ma * dt_s
        rc_end_uv = own_ma * self.rc_uohm / 1000
        self.rc_uv = rc_end_uv + (self.rc_uv - rc_end_uv) * rc_keep
        a2 = own_ma * own_ma / 1000000
        joint_end_c = self.temp_c + a2 * self.joint_uohm / 1000000 * _JOINT_K_PER_W
        self.joint_temp_c = joint_end_c + (self.joint_temp_c - joint_end_c) * joint_keep
        heat_w += a2 * (self.series_uohm + self.rc_uohm) / 1000000
        heat_w -= (self.temp_c - ambient_c) / _CELL_K_PER_W
        self.temp_c += heat_w * dt_s / _CELL_J_PER_K
        self._look_up()
        self.set_current(current_ma)
