/*
 * The frames that Countersign's processes send each other: one contract for C, Embedded Swift and ordinary Swift.
 *
 * A frame is one packet of an AF_UNIX SOCK_SEQPACKET socket: the version, the kind, then any number of fields. A field is its name
 * (one byte), the length of its value (two bytes, low byte first) and the value. Numbers are decimal ASCII text. End of file means no.
 *
 *   module <-> countersign-login       fd 3 of countersign-login
 *   countersign-login <-> countersign-net    fd 4 of countersign-login, fd 3 of countersign-net
 *
 * Legal order on the first: hello; then from countersign-login any number of log, and ready once; after ready any
 * number of tell, ask (answered by answer), match_groups (answered by groups), listen and log, start_net once; verdict,
 * then end of file. From the module interrupt, enter and disconnected may come at any time; after interrupt or
 * disconnected every ask is answered by an answer without text.
 * On the second: server once, then requests with numbers, each answered by one result with that number, unless another request came
 * while a look was under way: that look is given up and never answered. Looks are at the request that this process created last; at end
 * of file countersign-net takes back a request on which it has seen no decision. Who has no device is not asked: create is then answered
 * by no_device, and nothing was created.
 */
#ifndef C_FRAMES_H
#define C_FRAMES_H

#define FRAME_VERSION 1
/* The longest frame, in bytes. A longer one is refused before it is read. */
#define FRAME_MAX 8192
/* The most frames that the module takes in one login. */
#define FRAME_COUNT_MAX 2000
/* The most groups that the module looks up in one login; of those beyond it says that it could not be found out. */
#define FRAME_GROUPS_MAX 256
/* The longest deadline that the module accepts, in seconds. */
#define FRAME_DEADLINE_MAX 600

/* From the module. */
#define KIND_HELLO 1
#define KIND_ANSWER 2
#define KIND_GROUPS 3
#define KIND_INTERRUPT 4        /* the person wants out: Ctrl-C or Ctrl-\ */
#define KIND_ENTER 5            /* a line was typed while the module listened, and dropped: once for each listen */
#define KIND_DISCONNECTED 6     /* the client, or the terminal, is gone, or the login program was told to end */
/* From countersign-login to the module. */
#define KIND_READY 16
#define KIND_TELL 17
#define KIND_ASK 18
#define KIND_MATCH_GROUPS 19
#define KIND_START_NET 20
#define KIND_LOG 21
#define KIND_VERDICT 22
#define KIND_LISTEN 23          /* where the hello has FIELD_TERMINAL: until the next ask, Enter at the terminal is told */
/* From countersign-login to countersign-net. */
#define KIND_SERVER 32
#define KIND_CREATE 33
#define KIND_LOOK 34
#define KIND_VERIFY 35
#define KIND_SMS 36
#define KIND_CALL 37
#define KIND_STOP 38            /* gives up the look that is under way; has no number and no result */
#define KIND_REGISTER 39        /* a new user at the server */
#define KIND_STATUS 40          /* what the server knows of a user */
#define KIND_TELL_SERVER 41     /* something that became of a user */
#define KIND_PHONE_SMS 42       /* a code to a number that is nobody's yet */
#define KIND_PHONE_CALL 43
#define KIND_PHONE_CHECK 44     /* a code that was sent there */
#define KIND_APPLICATION 47     /* whether the server takes the API key: noted */
/* From countersign-net. */
#define KIND_RESULT 48

/* hello: who logs in, from where, to what. A field that is absent is unknown or does not apply. */
#define FIELD_USER 1           /* canonical name (pw_name), or what was typed where the system knows no such user */
#define FIELD_UID 2            /* absent: the system knows no such user */
#define FIELD_CALLER 3         /* name of the real uid */
#define FIELD_CALLER_UID 4
#define FIELD_SERVICE 5
#define FIELD_RUSER 6
#define FIELD_RHOST 7
#define FIELD_TTY 8
#define FIELD_CONNECTION 9     /* SSH_CONNECTION as sshd set it (ssh(1)) */
#define FIELD_COMMAND 10       /* SUDO_COMMAND (sudo(8)) */
#define FIELD_HOST 11          /* this host's name; create: with FIELD_ATTEMPT */
#define FIELD_ATTEMPT 12       /* the same for all rounds of one sshd connection or one run of a program; create: the same, for the server's log */
#define FIELD_ELEVATED 13      /* present: the login program has euid 0 */
#define FIELD_CONFIG 14        /* path of the settings */
#define FIELD_DEBUG 15         /* present: log more */
#define FIELD_HELPERS_GROUP 16 /* gid that settings may belong to besides 0 */
#define FIELD_AUTH_INFO 17     /* SSH_AUTH_INFO_0 as sshd set it (sshd_config(5), ExposeAuthInfo): what was proven before, a line each. It is
                                  cut at FIELD_AUTH_INFO_MAX bytes: where it does not end with a line end, something is missing */
#define FIELD_AUTH_INFO_MAX 3072
#define FIELD_TERMINAL 18      /* present: Enter at the login program's terminal can be heard without a prompt */
#define FIELD_HELLO_LAST 18    /* FIELD_USER and those up to here stand in the hello */
#define FIELD_HELLO_MAX 512    /* the longest of them, but for FIELD_AUTH_INFO */
/* between the module and countersign-login */
#define FIELD_TEXT 32          /* tell, ask, log; answer: absent where the conversation gave none */
#define FIELD_NAME 33          /* match_groups, groups: any number; match_groups: of the caller where FIELD_CALLER is there too */
#define FIELD_UNSURE 37        /* groups: any number, of which it could not be found out */
#define FIELD_SECONDS 34       /* ready: for the whole login */
#define FIELD_PRIORITY 35      /* log: as in syslog(3) */
#define FIELD_OUTCOME 36       /* verdict: OUTCOME_* */
/* between countersign-login and countersign-net */
#define FIELD_NUMBER 64        /* of the request */
#define FIELD_URL 65
#define FIELD_SOCKET 66
#define FIELD_KEY 67
#define FIELD_CA_FILE 68
#define FIELD_PROXY 69
#define FIELD_CONNECT_TIMEOUT 70 /* seconds */
#define FIELD_REQUEST_TIMEOUT 71 /* seconds */
#define FIELD_DEADLINE 72      /* milliseconds that are left of the login */
#define FIELD_AUTHY_ID 73
#define FIELD_WAIT 75          /* look: milliseconds that the answer may take to come, for a server that can wait */
#define FIELD_CODE 76
#define FIELD_MESSAGE 77
#define FIELD_LABEL 78         /* create: a detail's label, followed by its value */
#define FIELD_VALUE 79
#define FIELD_EXPIRY 80        /* create: seconds */
#define FIELD_CHECK_NUMBER 81  /* create: two digits */
#define FIELD_RESULT 82        /* result: a RESULT_* */
#define FIELD_REASON 83        /* result: for the log; invalid: the fields that the server blames, in its words */
#define FIELD_COUNTRY_CODE 84  /* register: digits */
#define FIELD_PHONE 85         /* register: the national number, digits; result of status: as the server masks it */
#define FIELD_EMAIL 86         /* register */
#define FIELD_INSTALL_LINK 87  /* register: present: the server sends a link to the app */
#define FIELD_HAS_APP 88       /* result of status: 1 or 0, absent where the server does not say */
#define FIELD_ACTIVITY 89      /* tell_server: its type; with FIELD_EMAIL, FIELD_USER, FIELD_HOST and, where there is one, FIELD_RHOST */
#define FIELD_RETRY_AFTER 90   /* result limited: seconds, where the server named them */
#define FIELD_PROVEN 91        /* verify: present: the person has proven a factor, and no confirmation code of a new phone is a right code */
#define FIELD_CONFIRMATION 92  /* verify: the confirmation code of a new phone, which the server confirms if the code is right */
#define FIELD_REQUEST 93       /* result created: the request's UUID */

/* The words of a result. */
#define RESULT_CREATED 1
#define RESULT_PENDING 2
#define RESULT_APPROVED 3
#define RESULT_DENIED 4
#define RESULT_EXPIRED 5
#define RESULT_VALID 6
#define RESULT_WRONG 7
#define RESULT_SPENT 8
#define RESULT_SENT 9
#define RESULT_REGISTERED 10   /* with FIELD_AUTHY_ID */
#define RESULT_USER 11
#define RESULT_NOTED 12
#define RESULT_INVALID 13      /* the server does not take the phone, the country code or the e-mail address */
#define RESULT_UNKNOWN_USER 14
#define RESULT_LIMITED 15      /* too many requests */
#define RESULT_OUTAGE 16   /* no address, no connection, or no HTTP answer in time */
#define RESULT_UNREACHED 19 /* an outage in which nothing was sent */
#define RESULT_NO_DEVICE 17
#define RESULT_REFUSED 18  /* everything else that went wrong */
#define RESULT_PHONE_CONFIRMED 20   /* of verify: the code was that of a new phone, which it has confirmed */
#define RESULT_CONFIRMATION_CODE 21 /* of verify: the code was that of a new phone, which somebody else must confirm */

/* Verdicts. Only the first two let anybody in. */
#define OUTCOME_APPROVED 1
#define OUTCOME_EXCUSED 2
#define OUTCOME_DENIED 3
#define OUTCOME_UNAVAILABLE 4

#endif
