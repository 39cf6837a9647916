"""Makes the calls of authy-python: a line of JSON with `call` and its parameters comes in, a line with what the client
reports goes out."""

import json
import os
import sys

from authy import AuthyException
from authy.api import AuthyApiClient

client = AuthyApiClient(os.environ["API_KEY"], api_uri=os.environ["API_URL"])


def report(resource, **more):
    content = resource.content if isinstance(resource.content, dict) else {}
    return {
        "ok": resource.ok(),
        "code": resource.response.status_code,
        "message": content.get("message"),
        "errors": resource.errors(),
        "body": content,
        **more,
    }


def call(it):
    who = it.get("id")
    match it["call"]:
        case "register":
            user = client.users.create(it["email"], it["phone"], it["country_code"], False)
            return report(user, id=user.id)
        case "status":
            return report(client.users.status(who))
        case "delete":
            return report(client.users.delete(who))
        case "verify":
            return report(client.tokens.verify(who, it["code"]))
        case "sms":
            return report(sms := client.users.request_sms(who, {"force": it["force"]}), ignored=sms.ignored())
        case "call":
            return report(phone := client.users.request_call(who, {"force": it["force"]}), ignored=phone.ignored())
        case "qr":
            return report(client.users.generate_qr(who, size=200, label=it["label"]))
        case "start":
            return report(
                client.phones.verification_start(
                    it["phone"], it["country_code"], via=it["via"], code_length=it["length"]
                )
            )
        case "check":
            return report(client.phones.verification_check(it["phone"], it["country_code"], it["code"]))
        case "info":
            return report(client.phones.info(it["phone"], it["country_code"]))
        case "ask":
            made = client.one_touch.send_request(
                who, it["message"], it["seconds"], it["details"], it["hidden"], it["logos"]
            )
            return report(made, uuid=made.get_uuid() if made.ok() else None)
        case "look":
            read = client.one_touch.get_approval_status(it["uuid"])
            return report(read, status=read.content.get("approval_request", {}).get("status"))
        case "application":
            return report(client.apps.fetch())
        case "statistics":
            return report(client.stats.fetch())
        case "callback":
            return {
                "ok": client.one_touch.validate_one_touch_signature(
                    it["headers"]["X-Authy-Signature"],
                    it["headers"]["X-Authy-Signature-Nonce"],
                    it["method"],
                    it["url"],
                    json.loads(it["body"]) if it["method"] == "POST" else it["query"],
                )
            }
    raise ValueError(f"no such call: {it['call']}")


for line in sys.stdin:
    try:
        answer = call(json.loads(line))
    except (AuthyException, ValueError, TypeError, KeyError) as error:
        answer = {"ok": False, "raised": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
