"""Which names of this bridge a request may come for: what keeps DNS rebinding out.

Any site can have a name of its own lead to this bridge's address. The browser then takes us for
that site and gives its page what we answer; but it names the site in Host, and that is no name of
ours. An address is not a name: nobody can make it lead anywhere else.
"""

from micropython import const

from baybridge.web.problem import problem

# What routers put behind a name at home. None of them can be had by a stranger: they are reserved
# or not in the public DNS, and fritz.box belongs to the maker of the router.
_AT_HOME = const(" local lan home home.arpa internal intranet private localdomain fritz.box ")


def refuse(request, bridge):
    """Return the problem for a request that was meant for another host, or None."""
    host = request.headers.get("Host")
    # HTTP/1.0 may do without, and then it is no browser; the guard wants it with 1.1.
    if host is None or is_ours(host, bridge.name):
        return None
    detail = (
        "This bridge does not go by the name it was asked for. Its IP address always works, and"
        " these names: %s, %s.local (or .lan, .home, .internal, .fritz.box), localhost."
    ) % (bridge.name, bridge.name)
    return problem(421, detail, request.path)


def is_ours(field: str, name: str) -> bool:
    """Tell whether a Host field is an address or a name of the bridge; any port will do."""
    host = field.lower()
    if host[:1] == "[":
        host, mark, port = host[1:].partition("]")
        if not mark or (port and port[0] != ":"):
            return False
        return _is_port(port[1:]) and ":" in host and not host.strip("0123456789abcdef:.")
    host, _, port = host.partition(":")
    if not _is_port(port) or " " in host:
        return False
    if host.endswith("."):
        host = host[:-1]  # the root of the DNS, RFC 1034, 3.1
    if host == name or host == "localhost":
        return True
    if host.startswith(name + "."):
        return " %s " % host[len(name) + 1 :] in _AT_HOME
    return _is_ipv4(host)


def _is_port(port):
    return not port or port.isdigit()


def _is_ipv4(host):
    parts = host.split(".")
    if len(parts) != 4:
        return False
    for part in parts:
        if not part.isdigit() or len(part) > 3 or int(part) > 255:
            return False
    return True
