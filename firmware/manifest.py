# What `make image` freezes into MicroPython's own image: all of the firmware, so that its code
# stays in the flash of a board without PSRAM. Read by MicroPython's build, never by the board.
# A frozen main.py and boot.py come before files of that name on the flash.

include("$(PORT_DIR)/boards/manifest.py")

package("baybridge", base_path=".")
package("microdot", base_path="../.tools/lib")

module("slots.py", base_path=".")
module("black_box.py", base_path=".")
module("crash_record.py", base_path=".")
module("safe_http.py", base_path=".")
module("safe_mode.py", base_path=".")
module("safe_update.py", base_path=".")
module("main.py", base_path=".")
module("boot.py", base_path="..")
