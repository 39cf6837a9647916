"""How the published receivers of Authy's callbacks rebuild the text that was signed, each told in a few lines of ours:
what an application would compute over the bytes that it is sent. A receiver that cannot read a request computes
nothing, which is None."""

import base64
import hashlib
import hmac
import json
import re
import unicodedata
import urllib.parse

PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def encoder(kept: str, blank: str = "+"):
    """Form encoding that leaves letters, digits and `kept` as they are."""

    def encode(text: str) -> str:
        return "".join(
            chr(byte) if chr(byte) in PLAIN + kept else blank if byte == 0x20 else f"%{byte:02X}"
            for byte in text.encode("utf-8", "surrogatepass")
        )

    return encode


ruby, java, php, csharp = encoder("-._~"), encoder("-._*"), encoder("-._"), encoder("-._!*()")


def text(value) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def sign(key, nonce, method, url, parameters) -> str:
    signed = "|".join([nonce, method, url.split("?")[0], parameters])
    return base64.b64encode(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()).decode()


# What arrives


def body(call):
    return json.loads(call.body)


def pairs(call) -> list[tuple[str, str]]:
    return urllib.parse.parse_qsl(urllib.parse.urlsplit(call.path).query, keep_blank_values=True, strict_parsing=True)


def nested(call) -> dict:
    """A query as Rack and qs nest it: a new element begins where a name comes again."""
    root: dict = {}
    for name, value in pairs(call):
        steps = name.replace("]", "").split("[")
        place = root
        for step, following in zip(steps, steps[1:] + [None]):
            if following == "":
                place = place.setdefault(step, [])
            elif following is None and step:
                place[step] = value
            elif step == "" and isinstance(place, list):
                if following is None:
                    place.append(value)
                    break
                if not place or following in place[-1]:
                    place.append({})
                place = place[-1]
            elif step:
                place = place.setdefault(step, {})
    return root


# Ruby: ActiveSupport's to_query, at every level the encoded members sorted, elements of arrays as they came


def to_query(value, name="", encode=ruby) -> str:
    if isinstance(value, dict):
        members = (to_query(member, f"{name}[{key}]" if name else key, encode) for key, member in value.items())
        return "&".join(sorted((member for member in members if member), key=lambda member: member.encode()))
    if isinstance(value, list):
        return "&".join(part for part in (to_query(element, f"{name}[]", encode) for element in value) if part)
    return f"{encode(name)}={encode(text(value))}"


def rails(call):
    return to_query(body(call) if call.method == "POST" else nested(call))


# The snippet of the documentation: names as they are, at every level in the order of `order`


def by_name(value, name="", order=None) -> list[str]:
    if isinstance(value, dict):
        return [
            part
            for key in sorted(value, key=order)
            for part in by_name(value[key], f"{name}[{key}]" if name else key, order)
        ]
    if isinstance(value, list):
        return [part for element in value for part in by_name(element, f"{name}[]", order)]
    return [f"{ruby(name)}={ruby(text(value))}"]


# node: authy-client stringifies by qs with brackets, and sorts names at every level as a dictionary would
# (localeCompare). Of a query it checks no signature at all.

PUNCTUATION = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"


def dictionary(name: str):
    letters = unicodedata.normalize("NFD", name)
    plain = [letter for letter in letters if not unicodedata.combining(letter)]
    primary = [(0, PUNCTUATION.index(letter)) if letter in PUNCTUATION else (1, letter.lower()) for letter in plain]
    return primary, len(letters) - len(plain), [letter.isupper() for letter in plain]


def node(call):
    return node_signature_only(call) if isinstance(body(call)["device_uuid"], str) else None


def node_signature_only(call):
    """The signature that it computes, whatever it makes of the rest of the body."""
    return "&".join(by_name(body(call), order=dictionary))


# Java: authy-java flattens with an index for each element, sorts all names as they are, encodes, and takes the indices
# out


def flat(value, name="") -> dict[str, str]:
    if isinstance(value, dict):
        return {
            key: leaf
            for member, inner in value.items()
            for key, leaf in flat(inner, f"{name}[{member}]" if name else member).items()
        }
    if isinstance(value, list):
        return {key: leaf for index, inner in enumerate(value) for key, leaf in flat(inner, f"{name}[{index}]").items()}
    return {name: text(value)}


def authy_java(call):
    leaves = flat(body(call)) if call.method == "POST" else dict(pairs(call))

    encoded = ((java(re.sub(r"\[[0-9]+\]", "[]", name)), java(leaves[name])) for name in sorted(leaves))
    return "&".join(f"{name}={leaf}" for name, leaf in encoded)


# Python: authy-python flattens with an index for each element, encodes, sorts the whole texts, and then takes out of
# them every index in brackets, and a None that begins a value


def python(call):
    leaves = flat(body(call)) if call.method == "POST" else dict(pairs(call))
    fragments = sorted(f"{ruby(name)}={ruby(leaf)}" for name, leaf in leaves.items())
    return re.sub("=None", "=", re.sub(r"%5B[0-9]*%5D", "%5B%5D", "&".join(fragments)))


# Java (servlets) and C#, Twilio's samples: a value other than an object is printed as it is, so an empty list is []


def printed(value, name="") -> dict[str, str]:
    if isinstance(value, dict):
        return {
            key: leaf
            for member, inner in value.items()
            for key, leaf in printed(inner, f"{name}[{member}]" if name else member).items()
        }
    return {name: json.dumps(value, separators=(",", ":")) if isinstance(value, list) else text(value)}


def servlets(call):
    leaves = printed(body(call))
    return "&".join(f"{java(name)}={java(leaves[name])}" for name in sorted(leaves))


def dotnet(call):
    leaves = printed(body(call))
    return "&".join(sorted(f"{csharp(name)}={csharp(leaf)}" for name, leaf in leaves.items()))


# PHP, Twilio's sample: flattens with an index for each element, encodes, and sorts the whole texts


def twilio_php(call):
    return "&".join(sorted(f"{php(name)}={php(leaf)}" for name, leaf in flat(body(call)).items()))


# JavaScript, the snippet of the documentation: stringifies, and sorts the whole texts


def snippet(call):
    return "&".join(sorted(by_name(body(call) if call.method == "POST" else nested(call))))


ALL = {
    "Ruby": rails,
    "Python": python,
    "node": node_signature_only,
    "authy-java": authy_java,
    "Java (servlets)": servlets,
    "C#": dotnet,
    "PHP": twilio_php,
    "JavaScript (documentation)": snippet,
}
OF_QUERIES = {name: ALL[name] for name in ("Ruby", "Python", "authy-java", "JavaScript (documentation)")}


def believes(receiver, call, key, url) -> bool:
    rebuilt = receiver(call)
    nonce = call.headers["X-Authy-Signature-Nonce"]
    return rebuilt is not None and sign(key, nonce, call.method, url, rebuilt) == call.headers["X-Authy-Signature"]
