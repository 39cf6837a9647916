"""Calls the plugin authy-openvpn as OpenVPN does: a line of JSON with `call` and its parameters comes in, a line with
its verdict goes out.

As root, in a mount namespace of its own, where /etc holds nothing but the plugin's settings.
"""

import ctypes
import json
import os
import pathlib
import sys

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # the plugin traces to standard output

CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 1 << 18
USER_PASS_VERIFY, SUCCESS = 5, 0
libc = ctypes.CDLL(None, use_errno=True)
plugin = ctypes.CDLL(sys.argv[1])
plugin.openvpn_plugin_open_v1.restype = ctypes.c_void_p


def texts(*all_texts):
    return (ctypes.c_char_p * (len(all_texts) + 1))(*[text.encode() for text in all_texts], None)


def done(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


done(libc.unshare(CLONE_NEWNS))
done(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
done(libc.mount(b"tmpfs", b"/etc", b"tmpfs", 0, b"mode=755"))
settings = pathlib.Path("/etc/openvpn/authy/authy-vpn.conf")
settings.parent.mkdir(parents=True)

mask = ctypes.c_uint()
handle = plugin.openvpn_plugin_open_v1(
    ctypes.byref(mask),
    texts("authy-openvpn.so", f"{os.environ['API_URL']}/protected/json", os.environ["API_KEY"]),
    texts("verb=0"),
)
assert mask.value == 1 << USER_PASS_VERIFY, mask.value

for line in sys.stdin:
    it = json.loads(line)
    settings.write_text(f"zoe {it['id']}\n")
    # The word in the place of a code has one sent, and the login is refused.
    password = it["code"] if it["call"] == "verify" else it["call"]
    let_in = (
        plugin.openvpn_plugin_func_v1(
            ctypes.c_void_p(handle), USER_PASS_VERIFY, texts(), texts("username=zoe", f"password={password}")
        )
        == SUCCESS
    )
    print(json.dumps({"ok": let_in}), file=answers, flush=True)
