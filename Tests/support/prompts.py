"""What people are shown, as regular expressions: the one place to change when a text changes."""

# Asked by other programs

PASSWORD = r"assword(?: for \w+)?: "
SSH_REFUSES = r"Permission denied"
SHELL = r"[$#] "

# Asked and told by us

CODE = r"(?:^|[\n) ])(?:Verification code(?: \(or [a-z, ]+\))?|[^\r\n]* Or type a code(?: \([a-z, ]+\))?): "
PRESS_ENTER = r"(?:Approve on your phone|Enter \d\d on your phone to approve), then press Enter[^\r\n]*: "
NUMBER = r"[Ee]nter (\d\d)\b"
WORD_SMS = r"\([a-z, ]*\bsms\b[a-z, ]*\): "
WORD_PUSH = r"\([a-z, ]*\bpush\b[a-z, ]*\): "
WORD_RECOVERY = r"\([a-z, ]*\brecovery\b[a-z, ]*\): "
WORD_SKIP = r"\([a-z, ]*\bskip\b[a-z, ]*\): "

WAITING = r"Check your phone [^\r\n.]*\."  # shown while the phone is asked, if text is shown at once
ENTER_OPENS = r"Press Enter here to type a code instead\.\r\n"  # where a key can be heard meanwhile
NOT_ACCEPTED = r"That code was not accepted"  # wrong and spent ones alike
CONFIRMS_ONLY = r"That code confirms a new phone and is not a login"
CODE_SENT = r"A code was sent to your phone|You are being called"
SERVER_TROUBLE = r"[Tt]he 2FA server (?:does not answer|cannot be used|takes no more for now)"
ASK_ADMINISTRATOR = r"Contact your administrator"


def grace_left(count: int) -> str:
    """Told at a grace login: how many are left after it."""
    if count == 0:
        return r"This is your last login without a second factor\."
    return rf"You can log in {count} more times? without a second factor\b"
