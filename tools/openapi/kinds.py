"""Short words for the schemas of the API: what a member is, whether it may be null."""

NUMBER = {"type": "number"}
WHOLE = {"type": "integer"}
COUNT = {"type": "integer", "minimum": 0}
TEXT = {"type": "string"}
FLAG = {"type": "boolean"}
TIME = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
    "examples": ["2026-11-22T15:51:01Z"],
}
ADDRESS = {"type": "string", "pattern": "^([0-9a-f]{2}:){5}[0-9a-f]{2}$"}


def ref(name):
    """Return a reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def about(schema, words):
    """Return a schema with a description."""
    return {**schema, "description": words}


def null(schema):
    """Return the schema of a value that may be unknown."""
    if "type" not in schema:
        return {"oneOf": [schema, {"type": "null"}]}
    more = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        more["enum"] = [*schema["enum"], None]
    return more


def one_of(*words):
    """Return the schema of a text that is one of these."""
    return {"type": "string", "enum": list(words)}


def array(schema):
    """Return the schema of a list."""
    return {"type": "array", "items": schema}


def record(members, optional=(), words=None):
    """Return the schema of an object that has these members, all but the optional ones always."""
    schema = {
        "type": "object",
        "properties": members,
        "required": [name for name in members if name not in optional],
    }
    return schema if words is None else about(schema, words)


def body(members, required=()):
    """Return the schema of a request: these members, no others."""
    schema = {"type": "object", "properties": members, "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema
