"""The addresses of the API: who may ask, with what, and which answers there are."""

from tools.openapi.kinds import ref

JSON = "application/json"
PROBLEM = "application/problem+json"
TEXT = "text/plain; charset=utf-8"

# What the bridge says of a request before it looks at its address, and to whom.
ANY = {
    400: "The request is not HTTP, or a parameter cannot be used.",
    408: "It took longer than 10 s to arrive.",
    414: "Its address is too long.",
    421: "It was meant for another host: `Host` is none of the bridge's names.",
    431: "Its headers are too long.",
    503: "All connections are in use, or what is asked for is busy or missing.",
}
READ = {
    401: "A read token is set, and the request has none or a wrong one.",
    403: "A read token is set, and a page of another site asks.",
    429: "Too many wrong tokens came from this address.",
}
CHANGE = {
    401: "The request has no token.",
    403: "The token is wrong or only for reading, or a page of another site sent this.",
    411: "The body has no length.",
    413: "The body is too long.",
    415: "The body is not `application/json`.",
    422: "The body is JSON, but a key or its value cannot be used.",
    429: READ[429],
}
NO_BATTERY = {404: "There is no battery of this id."}
NOT_NOW = {409: "It cannot be done now; the sentence says why."}

ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The battery's id in the configuration.",
    "schema": {"type": "string", "pattern": "^[a-z0-9]{1,16}$"},
    "example": "house1",
}


def query(name, schema, words):
    """Return a parameter behind the question mark."""
    return {"name": name, "in": "query", "description": words, "schema": schema}


def content(schema, kind=JSON):
    """Return the content of a body."""
    return {kind: {"schema": schema}}


def problems(statuses):
    """Return the answers that are problems."""
    return {
        str(status): {"description": words, "content": content(ref("Problem"), PROBLEM)}
        for status, words in sorted(statuses.items())
    }


def answer(words, schema, kind=JSON):
    """Return an answer with a body."""
    return {"description": words, "content": content(schema, kind)}


def read(summary, schema, *parameters, kind=JSON, more=None, answers=None):
    """Return a GET."""
    operation = {"summary": summary, "security": [{}, {"readToken": []}, {"token": []}]}
    if parameters:
        operation["parameters"] = list(parameters)
    operation["responses"] = {
        "200": answer("What is asked for.", schema, kind),
        **(answers or {}),
        **problems({**ANY, **READ, **(more or {})}),
    }
    return operation


def change(summary, request, schema, *parameters, status=200, more=None):
    """Return a POST or PUT."""
    operation = {"summary": summary, "security": [{"token": []}]}
    if parameters:
        operation["parameters"] = list(parameters)
    operation["requestBody"] = {"required": True, "content": content(ref(request))}
    operation["responses"] = {
        str(status): answer("It is done, or begun.", ref(schema)),
        **problems({**ANY, **CHANGE, **(more or {})}),
    }
    return operation


STRING = {"type": "string"}
ETAG = {"304": {"description": "It is the one of `If-None-Match`."}}
RANGE = {
    "206": {
        "description": "The part that `Range` asked for.",
        "content": {
            "text/csv": {"schema": STRING},
            "text/plain": {"schema": STRING},
        },
    }
}

LOG = read(
    "One file of the card",
    STRING,
    {
        "name": "name",
        "in": "path",
        "required": True,
        "description": "A `name` of the list.",
        "schema": {"type": "string"},
        "example": "house1_2026-11-22.csv",
    },
    kind="text/csv",
    more={
        404: "There is no file of this name.",
        416: "The range begins behind the end of the file.",
    },
    answers={**RANGE, **ETAG},
)
LOG["responses"]["200"]["content"]["text/plain"] = {"schema": STRING}

HEALTH = read("Whether the bridge is well", ref("Health"), kind="application/health+json")
HEALTH["responses"]["503"]["content"].update(content(ref("Health"), "application/health+json"))
HEALTH["responses"]["503"]["description"] = (
    "A task makes no progress, or all connections are busy."
)

PAGE = read("The dashboard", STRING, kind="text/html; charset=utf-8", answers=ETAG)
PAGE["security"] = []
for status in ("401", "403", "429"):
    del PAGE["responses"][status]

UPDATE = change(
    "Take the archive of another version, and start again with it",
    "FirmwareKey",
    "Updating",
    query(
        "force",
        {"type": "string", "enum": ["true", "false"], "default": "false"},
        "Also a version that is not newer.",
    ),
    status=202,
    more={
        **NOT_NOW,
        413: "The archive is too long, or the flash has no room for it.",
        422: "It is no archive of this firmware, or not a whole one.",
    },
)
UPDATE["requestBody"]["content"] = {
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
}
SET_KEY = change(
    "Set the key that updates are signed with, where there is none yet",
    "FirmwareKey",
    "KeySet",
    more={**NOT_NOW, 422: "It is no key."},
)
SET_KEY["requestBody"]["content"] = content(ref("FirmwareKey"), "text/plain")
for operation in (UPDATE, SET_KEY):
    # The signature says what it is.
    del operation["responses"]["415"]

PATHS = {
    "/": {"get": PAGE},
    "/api/v1/batteries": {
        "get": read("All batteries, their bank and the bridge", ref("Batteries"))
    },
    "/api/v1/batteries/{id}": {
        "get": read("One battery", ref("Battery"), ID, more=NO_BATTERY),
    },
    "/api/v1/batteries/{id}/limits": {
        "get": read("The limits of its alarms", ref("Limits"), ID, more=NO_BATTERY),
    },
    "/api/v1/batteries/{id}/history": {
        "get": read(
            "What the battery did",
            ref("History"),
            ID,
            query(
                "minutes",
                {"type": "integer", "minimum": 1, "maximum": 10080, "default": 60},
                "How far back.",
            ),
            query(
                "points",
                {"type": "integer", "minimum": 2, "maximum": 500, "default": 120},
                "In how many steps at most.",
            ),
            more=NO_BATTERY,
        ),
    },
    "/api/v1/batteries/{id}/calibration": {
        "get": read("How its taps are calibrated", ref("Calibration"), ID, more=NO_BATTERY),
        "post": change(
            "Propose, keep or undo a calibration of its taps",
            "CalibrationRequest",
            "CalibrationProposal",
            ID,
            more={**NO_BATTERY, **NOT_NOW},
        ),
    },
    "/api/v1/batteries/{id}/release": {
        "post": change(
            "Let go of its link, so that the phone app can connect",
            "ReleaseRequest",
            "Released",
            ID,
            more=NO_BATTERY,
        ),
    },
    "/api/v1/batteries/{id}/fast": {
        "post": change(
            "Poll it as fast as the link goes", "FastRequest", "Fast", ID, more=NO_BATTERY
        ),
    },
    "/api/v1/events": {
        "get": read(
            "What changes: server-sent events `state`, `battery`, `alarm` and `ping`",
            STRING,
            kind="text/event-stream",
        )
    },
    "/api/v1/logs": {"get": read("The files on the card", ref("Logs"))},
    "/api/v1/logs/{name}": {"get": LOG},
    "/api/v1/discovery": {
        "get": read("The batteries in the air; takes 5 s of the radio", ref("Discovery"))
    },
    "/api/v1/frames": {
        "get": read(
            "The last raw frames",
            STRING,
            query("battery", STRING, "Of this battery only."),
            kind=TEXT,
            more=NO_BATTERY,
        ),
        "post": change(
            "Record raw frames to the card", "RecordRequest", "Recording", more=NOT_NOW
        ),
    },
    "/api/v1/config": {
        "get": read(
            "The configuration",
            ref("Config"),
            query(
                "secrets",
                {"type": "string", "enum": ["true", "false"], "default": "false"},
                "With its secrets; needs the token.",
            ),
            more={403: READ[403] + " For secrets as for a change: " + CHANGE[403]},
        ),
        "put": change(
            "Bring another configuration: all of it or nothing", "ConfigRequest", "ConfigStored"
        ),
    },
    "/api/v1/firmware": {
        "get": read("Which version runs, and what lies beside it", ref("Firmware")),
        "put": UPDATE,
    },
    "/api/v1/firmware/key": {"put": SET_KEY},
    "/api/v1/restart": {
        "post": change("Start the bridge again", "RestartRequest", "Restarting", status=202)
    },
    "/api/v1/wifi": {
        "get": read("How the bridge is reached, and the test of a network", ref("Wifi")),
        "put": change(
            "Try a network, and keep it if it was joined",
            "JoinRequest",
            "JoinBegun",
            status=202,
            more=NOT_NOW,
        ),
    },
    "/api/v1/wifi/networks": {"get": read("The networks in the air", ref("Networks"))},
    "/api/v1/time": {"post": change("Set the clock", "TimeRequest", "Time")},
    "/api/v1/diagnostics": {"get": read("How the bridge is doing", ref("Diagnostics"))},
    "/healthz": {"get": HEALTH},
    "/metrics": {
        "get": read("Everything with a number, for Prometheus", STRING, kind="text/plain")
    },
    "/openapi.json": {
        "get": read(
            "This description, as gzip",
            {"type": "object", "additionalProperties": True},
            more={
                404: "It is not on this bridge: `make page` builds it.",
                406: "The request did not ask for gzip.",
            },
            answers=ETAG,
        )
    },
}
