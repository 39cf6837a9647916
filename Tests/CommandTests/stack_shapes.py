"""Stacks as distributions ship them: the auth lines, and one line of each other type."""

from distributions import SSSD

REST = "account include {0}\npassword include {0}\nsession include {0}\n"
DEBIAN_REST = "@include common-account\n@include common-session\n"
DEBIAN_SERVICES = {
    "sshd": "@include common-auth\naccount required pam_nologin.so\n" + DEBIAN_REST,
    "sudo": "#%PAM-1.0\n\nsession    required   pam_limits.so\n\n@include common-auth\n" + DEBIAN_REST,
    "sudo-i": "#%PAM-1.0\n@include common-auth\n" + DEBIAN_REST,
    "su": "auth       sufficient pam_rootok.so\n@include common-auth\n" + DEBIAN_REST,
    "su-l": "#%PAM-1.0\nauth\t\tinclude\t\tsu\naccount\t\tinclude\t\tsu\n",
    "login": (
        "auth       optional   pam_faildelay.so  delay=3000000\nauth       requisite  pam_nologin.so\n"
        "@include common-auth\nauth       optional   pam_group.so\n" + DEBIAN_REST
    ),
}
UNIX = "auth\t[success=1 default=ignore]\tpam_unix.so nullok\n"
END = "auth\trequisite\t\t\tpam_deny.so\nauth\trequired\t\t\tpam_permit.so\n"
CAP = "auth\toptional\t\t\tpam_cap.so \n"
SSS = (
    "auth\t[success=2 default=ignore]\tpam_unix.so nullok\n"
    "auth\t[success=1 default=ignore]\tpam_sss.so use_first_pass\n"
)
KERBEROS = (
    "auth\t[success=3 default=ignore]\tpam_krb5.so minimum_uid=1000\n"
    "auth\t[success=2 default=ignore]\tpam_unix.so nullok try_first_pass\n"
    "auth\t[success=1 default=ignore]\tpam_ldap.so minimum_uid=1000 use_first_pass\n"
)


def debian(common_auth: str) -> dict[str, str]:
    others = {f"common-{name}": f"{name} required pam_unix.so\n" for name in ["account", "session", "password"]}
    return {**DEBIAN_SERVICES, **others, "common-auth": common_auth}


FEDORA_AUTH = SSSD
RHEL_AUTH = FEDORA_AUTH.replace(
    "auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular\n",
    "auth        required                                     pam_faillock.so preauth silent\n"
    "auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular\n",
    1,
).replace(
    "auth        required                                     pam_deny.so\n",
    "auth        required                                     pam_faillock.so authfail\n"
    "auth        required                                     pam_deny.so\n",
)
POSTLOGIN = "session     optional                   pam_umask.so silent\n"


def fedora(auth: str) -> dict[str, str]:
    return {
        "system-auth": auth,
        "password-auth": auth,
        "postlogin": POSTLOGIN,
        "sshd": "#%PAM-1.0\nauth       substack     password-auth\nauth       include      postlogin\n"
        + REST.format("password-auth"),
        "sudo": "#%PAM-1.0\nauth       include      system-auth\n" + REST.format("system-auth"),
        "sudo-i": "#%PAM-1.0\nauth       include      sudo\n" + REST.format("sudo"),
        "su": "#%PAM-1.0\nauth\t\trequired\tpam_env.so\nauth\t\tsufficient\tpam_rootok.so\n"
        "auth\t\tsubstack\tsystem-auth\nauth\t\tinclude\t\tpostlogin\n" + REST.format("system-auth"),
        "su-l": "#%PAM-1.0\nauth\t\tinclude\t\tsu\n" + REST.format("su"),
        "login": "#%PAM-1.0\nauth       substack     system-auth\nauth       include      postlogin\n"
        + REST.format("system-auth"),
    }


SUSE_AUTH = (
    "auth\trequired\tpam_env.so\t\nauth\toptional\tpam_gnome_keyring.so\nauth\trequired\tpam_unix.so\ttry_first_pass \n"
)


def suse(auth: str) -> dict[str, str]:
    return {
        "common-auth-pc": auth,
        "common-auth": auth,
        "common-account": "account required pam_unix.so\n",
        "sshd": "#%PAM-1.0\nauth        requisite   pam_nologin.so\nauth        include     common-auth\n",
        "sudo": "#%PAM-1.0\nauth     include        common-auth\n",
        "sudo-i": "#%PAM-1.0\nauth     include        common-auth\n",
        "su": "#%PAM-1.0\nauth     sufficient     pam_rootok.so\nauth     include        common-auth\n",
        "su-l": "#%PAM-1.0\nauth     sufficient     pam_rootok.so\nauth     include        common-auth\n",
        "login": "#%PAM-1.0\nauth     requisite      pam_nologin.so\nauth     include        common-auth\n",
    }


BY_HAND = "auth sufficient pam_rootok.so\n" + UNIX + END + "account required pam_unix.so\n"

SHAPES = {
    "Debian 12": debian(UNIX + END + CAP),
    "Debian 13": debian("auth\toptional\tpam_keyinit.so\n" + UNIX + END + CAP),
    "Ubuntu 22.04": debian(UNIX + END + CAP + "auth optional pam_ecryptfs.so unwrap\n"),
    "Ubuntu 24.04 with SSSD": debian(SSS + END + CAP),
    "Debian with Kerberos and LDAP": debian(KERBEROS + END),
    "Debian with a lock before the password": debian("auth requisite pam_faillock.so preauth\n" + UNIX + END),
    "Fedora by authselect": fedora(FEDORA_AUTH),
    "RHEL 9 by authselect with faillock": fedora(RHEL_AUTH),
    "SUSE by pam-config": suse(SUSE_AUTH),
    "written by hand": dict.fromkeys(DEBIAN_SERVICES, BY_HAND),
}
# Shapes whose stack goes on after a wrong password, whatever stands behind it.
GOES_ON = ["Fedora by authselect", "RHEL 9 by authselect with faillock", "SUSE by pam-config"]

# Stacks that setup does not change, and what it says.
REFUSED = {
    "sufficient in the included file": (
        {**debian("auth sufficient pam_unix.so\nauth required pam_deny.so\n")},
        "/etc/pam.d/common-auth:1: pam_unix.so with `sufficient` lets people in before pam_countersign is asked",
    ),
    "faillock as its manual has it": (
        debian(
            "auth requisite pam_faillock.so preauth\nauth [success=1 default=bad] pam_unix.so\n"
            "auth [default=die] pam_faillock.so authfail\nauth sufficient pam_faillock.so authsucc\n"
        ),
        "/etc/pam.d/common-auth:4: pam_faillock.so with `sufficient` lets people in before",
    ),
    "no password": (
        {**debian(UNIX + END), "sudo": "auth required pam_permit.so\n"},
        "/etc/pam.d/sudo: no line of it asks for a password in a way that setup knows",
    ),
    "a jump over the end": (
        {**debian(UNIX + END), "sudo": "auth [success=3 default=ignore] pam_unix.so\n" + END},
        "/etc/pam.d/sudo: the stack lets nobody in today",
    ),
}
