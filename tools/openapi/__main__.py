"""`python -m tools.openapi [FOLDER]` packs the API's description for the flash.

Nothing but Python is needed. The names in it are those of the firmware, so it is imported.
"""

import gzip
import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = ROOT / "build" / "www"


def document():
    """Return the description as an object."""
    from baybridge.version import VERSION
    from tools.openapi import paths, schemas, settings

    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Bay Bridge",
            "version": VERSION,
            "description": "What a bridge knows of its batteries. `null` is not known and never 0;"
            " current and power are positive while charging; members may be added.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths.PATHS,
        "components": {
            "schemas": {**schemas.ANSWERS, **schemas.REQUESTS, **settings.SCHEMAS},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`http.token`; for changes, always.",
                },
                "readToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`http.read_token`; for reading, if one is set.",
                },
            },
        },
    }


def main(args):
    """Write the packed description and its tag."""
    sys.path[:0] = [str(ROOT / "firmware"), str(ROOT / "host_tests" / "fakes")]
    target = Path(args[0]) if args else TARGET
    text = json.dumps(document(), ensure_ascii=False, separators=(",", ":"))
    # No time in it: the same description is the same file.
    packed = gzip.compress(text.encode(), 9, mtime=0)
    target.mkdir(parents=True, exist_ok=True)
    path = target / "openapi.json.gz"
    if not path.exists() or path.read_bytes() != packed:
        path.write_bytes(packed)
        print(f"openapi: {len(packed)} bytes of gzip, {len(text)} unpacked")
    (target / "openapi.etag").write_text(hashlib.sha256(packed).hexdigest()[:16] + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
