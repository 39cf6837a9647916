/*
 * The frames that Countersign's processes send each other: one contract for C, Embedded Swift and ordinary Swift.
 *
 * A frame is one packet of an AF_UNIX SOCK_SEQPACKET socket: the version (one byte), the kind (one byte), then any
 * number of fields. A field is its name (one byte), the length of its value (two bytes, low byte first) and the value.
 * Numbers are decimal ASCII text of 1 to 18 digits, never negative. A field whose comment says "present" is a flag: its
 * presence counts, its value does not. End of file without a verdict lets nobody in.
 *
 *   module <-> countersign-login             fd 3 of countersign-login
 *   countersign-login <-> countersign-net    fd 4 of countersign-login, fd 3 of countersign-net
 *
 * NetProtocol is the one place where the second socket's frames are written and read.
 * The command `countersign` starts countersign-net as countersign-login does and speaks to it in the same way.
 *
 * Legal order on the first socket: the module sends hello. countersign-login then sends any number of log, and ready
 * once; after ready any number of tell, ask (answered by answer), match_groups (answered by groups), listen and log,
 * and start_net at most once; at the end verdict, with or without a ready before it, and closes the socket. The module
 * may send interrupt, enter and disconnected at any time; after interrupt or disconnected it answers every ask with an
 * answer without text.
 *
 * Legal order on the second socket: server once, then requests. A request carries a number, and one result with the
 * same number answers it. A poll that is under way when another request comes is given up and never answered. A poll
 * asks about the request that this countersign-net process created last. If the user has no device, create is answered
 * by no_device and creates nothing. At end of file, countersign-net withdraws the request that it created unless it has
 * seen a decision on it.
 */
#ifndef C_FRAMES_H
#define C_FRAMES_H

/* The first byte of every frame. A frame with another version is malformed. */
#define FRAME_VERSION 1
/* The longest frame, in bytes. A longer one is refused. */
#define FRAME_MAX 8192
/* The most frames that the module accepts from countersign-login in one login. */
#define FRAME_COUNT_MAX 2000
/* The most groups that the module looks up in one login. Those beyond it come back as FIELD_UNSURE. */
#define FRAME_GROUPS_MAX 256
/* The longest deadline that the module accepts in ready, in seconds. */
#define FRAME_DEADLINE_MAX 600

/* From the module to countersign-login. */
#define KIND_HELLO 1
#define KIND_ANSWER 2
#define KIND_GROUPS 3
#define KIND_INTERRUPT 4        /* Ctrl-C or Ctrl-\ was pressed */
#define KIND_ENTER 5            /* a line was typed while the module listened, and dropped; once for each listen */
#define KIND_DISCONNECTED 6     /* the client or the terminal is gone, or the login program was told to end */
/* From countersign-login to the module. */
#define KIND_READY 16           /* the settings are read: FIELD_SECONDS */
#define KIND_TELL 17            /* show FIELD_TEXT */
#define KIND_ASK 18             /* show FIELD_TEXT as a prompt and read a line */
#define KIND_MATCH_GROUPS 19
#define KIND_START_NET 20
#define KIND_LOG 21             /* write FIELD_TEXT to the system log with FIELD_PRIORITY */
#define KIND_VERDICT 22         /* FIELD_OUTCOME */
#define KIND_LISTEN 23          /* only if hello has FIELD_TERMINAL: report Enter at the terminal until the next ask */
/* From countersign-login to countersign-net. All but server and stop carry FIELD_NUMBER. */
#define KIND_SERVER 32          /* the one server that this process may reach */
#define KIND_CREATE 33          /* an approval request on the phone */
#define KIND_POLL 34            /* the status of that request */
#define KIND_VERIFY 35          /* check a code of a user */
#define KIND_SMS 36             /* send a code to a user by text message */
#define KIND_CALL 37            /* send a code to a user by voice call */
#define KIND_STOP 38            /* gives up the poll that is under way; has no number and no result */
#define KIND_REGISTER 39        /* create a user at the server */
#define KIND_STATUS 40          /* what the server knows of a user */
#define KIND_REPORT 41          /* report an activity of a user to the server */
#define KIND_PHONE_SMS 42       /* send a code by text message to a number that belongs to no user yet */
#define KIND_PHONE_CALL 43      /* the same by voice call */
#define KIND_PHONE_CHECK 44     /* check a code that was sent to such a number */
#define KIND_JOIN 45            /* exchange FIELD_SECRET for the API key */
#define KIND_APPLICATION 47     /* check the API key: noted if the server accepts it */
/* From countersign-net to countersign-login. */
#define KIND_RESULT 48          /* FIELD_NUMBER and FIELD_RESULT */

/* hello: who logs in, from where, to what. A field that is absent is unknown or does not apply. */
#define FIELD_USER 1           /* canonical name (pw_name), or the name as typed if the system does not know it */
#define FIELD_UID 2            /* absent: the system does not know the user */
#define FIELD_CALLER 3         /* name of the real uid */
#define FIELD_CALLER_UID 4     /* the real uid */
#define FIELD_SERVICE 5        /* PAM_SERVICE (pam_get_item(3)) */
#define FIELD_RUSER 6          /* PAM_RUSER */
#define FIELD_RHOST 7          /* PAM_RHOST */
#define FIELD_TTY 8            /* PAM_TTY */
#define FIELD_CONNECTION 9     /* SSH_CONNECTION as sshd set it (ssh(1)) */
#define FIELD_COMMAND 10       /* SUDO_COMMAND (sudo(8)) */
#define FIELD_HOST 11          /* the name of this host; also in create, for the server's log */
#define FIELD_ATTEMPT 12       /* the same for all rounds of one sshd connection or one run of a program; also in
                                  create, for the server's log */
#define FIELD_ELEVATED 13      /* present: the login program has euid 0 */
#define FIELD_CONFIG 14        /* absolute path of the settings */
#define FIELD_DEBUG 15         /* present: log more */
#define FIELD_HELPERS_GROUP 16 /* the gid, besides 0, that settings may belong to */
#define FIELD_AUTH_INFO 17     /* SSH_AUTH_INFO_0 as sshd set it (sshd_config(5), ExposeAuthInfo): what was proven
                                  before, one line each. Cut at FIELD_AUTH_INFO_MAX bytes: unless it ends with a line
                                  end, something is missing */
#define FIELD_AUTH_INFO_MAX 3072
#define FIELD_TERMINAL 18      /* present: Enter at the login program's terminal can be heard without a prompt */
#define FIELD_HELLO_LAST 18    /* hello has FIELD_USER and the fields up to this one */
#define FIELD_HELLO_MAX 512    /* their longest value in bytes, except for FIELD_AUTH_INFO */
/* Between the module and countersign-login. */
#define FIELD_TEXT 32          /* tell, ask, log: the text; answer: what was typed, absent if there was no answer */
#define FIELD_NAME 33          /* match_groups: a group to look up, any number of them, for the user, or for the
                                  caller if FIELD_CALLER is present; groups: a group that the person is in */
#define FIELD_UNSURE 37        /* groups: a group whose membership could not be determined, any number of them */
#define FIELD_SECONDS 34       /* ready: the deadline of the whole login */
#define FIELD_PRIORITY 35      /* log: as in syslog(3) */
#define FIELD_OUTCOME 36       /* verdict: OUTCOME_* */
/* Between countersign-login and countersign-net. */
#define FIELD_NUMBER 64        /* the number of a request */
#define FIELD_URL 65           /* server: http:// or https:// */
#define FIELD_SOCKET 66        /* server: path of the Unix socket to connect to, if any */
#define FIELD_KEY 67           /* server: the API key */
#define FIELD_CA_FILE 68       /* server: path of a PEM file; absent: the system's certificates */
#define FIELD_PROXY 69         /* server: URL of a proxy, if any */
#define FIELD_CONNECT_TIMEOUT 70 /* server: seconds */
#define FIELD_REQUEST_TIMEOUT 71 /* server: seconds */
#define FIELD_DEADLINE 72      /* server: milliseconds that are left of the login */
#define FIELD_AUTHY_ID 73      /* the user at the server; also in result registered */
#define FIELD_WAIT 75          /* poll: milliseconds for which a server that can wait may hold the answer back */
#define FIELD_CODE 76          /* verify, phone_check: 6 to 10 digits */
#define FIELD_MESSAGE 77       /* create: the question on the phone */
#define FIELD_LABEL 78         /* create: the label of a detail, followed by its FIELD_VALUE; any number of pairs */
#define FIELD_VALUE 79         /* create: the value of a detail */
#define FIELD_EXPIRY 80        /* create: seconds */
#define FIELD_CHECK_NUMBER 81  /* create: two digits */
#define FIELD_RESULT 82        /* result: RESULT_* */
#define FIELD_REASON 83        /* result: for the log; invalid: the fields that the server rejects, in its words */
#define FIELD_COUNTRY_CODE 84  /* register, phone_*: digits */
#define FIELD_PHONE 85         /* register, phone_*: the national number, digits; result of status: as the server
                                  masks it */
#define FIELD_EMAIL 86         /* register, report */
#define FIELD_INSTALL_LINK 87  /* register: present: the server sends a link to the app */
#define FIELD_HAS_APP 88       /* result of status: 1 or 0, absent if the server does not say */
#define FIELD_ACTIVITY 89      /* report: the type of the activity; comes with FIELD_EMAIL, FIELD_USER, FIELD_HOST
                                  and, if there is one, FIELD_RHOST */
#define FIELD_RETRY_AFTER 90   /* result limited: seconds, if the server named them */
#define FIELD_PROVEN 91        /* verify: present: the user has proven a factor before, so the confirmation code of
                                  a new phone is not accepted as a code */
#define FIELD_CONFIRMATION 92  /* verify: the confirmation code of a new phone; the server confirms the phone if the
                                  code in FIELD_CODE is right */
#define FIELD_REQUEST 93       /* result created: the UUID of the request */
#define FIELD_SERVER_TIME 94   /* result of application: the server's clock, in seconds since 1970, if it says it */
#define FIELD_CERTIFICATES_END 95 /* result of application: when the first certificate of the server's chain ends */
#define FIELD_PIN 96           /* server: Base64 of the SHA-256 of the public key of the server's certificate, by which
                                  the server is recognized in place of authorities and name */
#define FIELD_SECRET 97        /* join: the secret of a code, Base64url; its result has FIELD_KEY */
#define FIELD_AUTHORITY 98     /* result joined: certificates in PEM that vouch for the server, if it has such */
#define FIELD_APPLICATION 99   /* result joined: the name of the application */

/* Values of FIELD_RESULT. */
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
#define RESULT_USER 11         /* of status */
#define RESULT_NOTED 12        /* of report and application */
#define RESULT_INVALID 13      /* the server rejects the phone number, the country code or the e-mail address */
#define RESULT_UNKNOWN_USER 14
#define RESULT_LIMITED 15      /* too many requests */
#define RESULT_OUTAGE 16       /* no HTTP answer in time, or a server that keeps failing */
#define RESULT_UNREACHED 19    /* an outage in which nothing was sent: no address or no connection */
#define RESULT_NO_DEVICE 17    /* of create: the server has no device of this user to ask */
#define RESULT_REFUSED 18      /* any other failure */
#define RESULT_PHONE_CONFIRMED 20   /* of verify: the code was that of a new phone, which it has confirmed */
#define RESULT_JOINED 22       /* of join: with FIELD_KEY, FIELD_APPLICATION and, if there is one, FIELD_AUTHORITY */
#define RESULT_CONFIRMATION_CODE 21 /* of verify: the code was that of a new phone, which another code must confirm */

/* Values of FIELD_OUTCOME. Only the first two let the user in. */
#define OUTCOME_APPROVED 1
#define OUTCOME_EXCUSED 2
#define OUTCOME_DENIED 3
#define OUTCOME_UNAVAILABLE 4

#endif
