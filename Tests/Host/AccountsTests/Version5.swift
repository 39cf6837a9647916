/// A file of version 5 of the tables, as the last program that wrote that version left it, in SQL.
///
/// The seals and the numbers of members are that program's own. Made by calls of `Accounts`: people with and without a
/// key, with phones, SoftTokens and recovery codes (one of them used), a lock, a pause, an opt-out, a label, remembered
/// logins, approval requests, OneCodes, grace logins, attempts and history.
let version5 = #"""
    CREATE TABLE accounts (
        name         TEXT    NOT NULL,
        uid          INTEGER NOT NULL CHECK (uid BETWEEN 0 AND 4294967295),
        authy_id     INTEGER CHECK (authy_id > 0),
        secret       BLOB    CHECK (length(secret) > 0),
        algorithm    TEXT    CHECK (algorithm IN ('sha1', 'sha256', 'sha512')),
        digits       INTEGER CHECK (digits BETWEEN 6 AND 8),
        period       INTEGER CHECK (period BETWEEN 15 AND 60),
        last_spent   INTEGER,
        confirmed    INTEGER NOT NULL DEFAULT 0 CHECK (confirmed IN (0, 1)),
        grace_used   INTEGER NOT NULL DEFAULT 0 CHECK (grace_used >= 0),
        failures     INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
        locked_until INTEGER, had_authy_id INTEGER NOT NULL DEFAULT 0 CHECK (had_authy_id IN (0, 1)),
        opted_out INTEGER, paused_until INTEGER, paused_at INTEGER, pause_reason TEXT,
        prefers TEXT CHECK (prefers IN ('onetouch', 'softtoken', 'sms', 'call')), seen_phone TEXT,
        seen_app INTEGER CHECK (seen_app IN (0, 1)), seen INTEGER, seal BLOB,
        locks INTEGER NOT NULL DEFAULT 0 CHECK (locks >= 0), locked_clock TEXT,
        day_failures INTEGER NOT NULL DEFAULT 0 CHECK (day_failures >= 0), day_clock TEXT,
        wrong_codes INTEGER NOT NULL DEFAULT 0 CHECK (wrong_codes >= 0), label TEXT,
        PRIMARY KEY (name, uid),
        CHECK ((secret IS NULL) = (algorithm IS NULL) AND (secret IS NULL) = (digits IS NULL) AND (secret IS NULL)
        = (period IS NULL)),
        CHECK (secret IS NOT NULL OR last_spent IS NULL),
        CHECK (confirmed = 0 OR authy_id IS NOT NULL OR secret IS NOT NULL)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO "accounts" VALUES('DOMAIN\dave smith',1003,9,NULL,NULL,NULL,NULL,NULL,0,0,0,NULL,1,NULL,NULL,NULL,
        NULL,NULL,NULL,NULL,NULL,X'BAD713E37F5C98A0E5AE7AA2DDA41E28',0,NULL,0,NULL,0,NULL);
    INSERT INTO "accounts" VALUES('alice',1000,7,X'3132333435363738393031323334353637383930','sha1',6,30,60000000,1,
        0,0,NULL,1,NULL,NULL,NULL,NULL,NULL,'XXX-XXX-1118',1,1800000000,X'311834737C139AACA44D726D885CC27A',0,NULL,
        0,NULL,0,NULL);
    INSERT INTO "accounts" VALUES('bob',1001,NULL,NULL,NULL,NULL,NULL,NULL,0,2,0,NULL,0,NULL,NULL,NULL,NULL,NULL,
        NULL,NULL,NULL,X'1CF5A37BA2D27B397D44EA43869A7108',0,NULL,0,NULL,0,NULL);
    INSERT INTO "accounts" VALUES('carol',1002,NULL,NULL,NULL,NULL,NULL,NULL,0,0,0,NULL,0,1800000001,1800003600,
        1800000000,'new phone','sms',NULL,NULL,NULL,X'E9C412CA5361F0F26DB57EEC24657607',0,NULL,0,NULL,0,NULL);
    INSERT INTO "accounts" VALUES('root',0,NULL,X'3132333435363738393031323334353637383930','sha1',6,30,NULL,0,0,0,
        NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,X'B4D8E4E86FAAC5BF320F9621618A4F96',0,NULL,0,NULL,0,NULL);
    INSERT INTO "accounts" VALUES('root SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU',0,NULL,X'010203',
        'sha256',8,60,NULL,0,0,5,1800000300,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,
        X'8D3E411D960EBE0216211EF7DA1AC04C',1,'1800000000',5,'1800000000',5,NULL);
    INSERT INTO "accounts" VALUES('root SHA256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',0,8,NULL,NULL,NULL,NULL,
        NULL,1,0,0,NULL,1,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,X'1CA20B8EC586477E6A9469A18EBEA768',0,NULL,0,NULL,
        0,'Alice of the night shift');
    CREATE TABLE attempts (
        key     TEXT    PRIMARY KEY,
        time    INTEGER NOT NULL,
        outcome TEXT    NOT NULL CHECK (outcome IN ('approved', 'excused', 'denied', 'unavailable'))
    ) STRICT, WITHOUT ROWID;
    INSERT INTO "attempts" VALUES('a1',1800000000,'approved');
    INSERT INTO "attempts" VALUES('a2',1800000001,'approved');
    INSERT INTO "attempts" VALUES('a3',1800000003,'approved');
    INSERT INTO "attempts" VALUES('k1',1800000005,'approved');
    INSERT INTO "attempts" VALUES('k2',1800000006,'approved');
    INSERT INTO "attempts" VALUES('k4',1800000009,'denied');
    INSERT INTO "attempts" VALUES('nobody',1800000009,'denied');
    CREATE TABLE grace (
        name  TEXT    NOT NULL,
        uid   INTEGER NOT NULL,
        place TEXT    NOT NULL,
        time  INTEGER NOT NULL,
        PRIMARY KEY (name, uid, place)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO "grace" VALUES('bob',1001,'192.0.2.7',1800000000);
    INSERT INTO "grace" VALUES('bob',1001,'192.0.2.8',1800000004);
    CREATE TABLE history (
        id      INTEGER PRIMARY KEY,
        time    INTEGER NOT NULL,
        user    TEXT    NOT NULL,
        service TEXT    NOT NULL,
        rhost   TEXT    NOT NULL,
        outcome TEXT    NOT NULL CHECK (outcome IN ('approved', 'excused', 'denied', 'unavailable')),
        reason  TEXT    NOT NULL,
        factor  TEXT,
        address TEXT    NOT NULL
    , uid INTEGER CHECK (uid BETWEEN 0 AND 4294967295)) STRICT;
    INSERT INTO "history" VALUES(1,1800000000,'alice','sshd','client.example.com','approved','code','softtoken',
        '192.0.2.1',1000);
    INSERT INTO "history" VALUES(2,1800000001,'alice','sshd','client.example.com','approved','code','softtoken',
        '192.0.2.1',1000);
    INSERT INTO "history" VALUES(3,1800000003,'alice','sshd','client.example.com','approved','code','softtoken',
        '192.0.2.1',1000);
    INSERT INTO "history" VALUES(4,1800000005,'root SHA256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','sshd',
        'client.example.com','approved','code','softtoken','192.0.2.1',0);
    INSERT INTO "history" VALUES(5,1800000006,'root SHA256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','sshd',
        'client.example.com','approved','code','softtoken','192.0.2.1',0);
    INSERT INTO "history" VALUES(6,1800000009,'root SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU','sshd','',
        'denied','wrong-code',NULL,'',0);
    CREATE TABLE identity (id TEXT NOT NULL CHECK (length(id) = 32)) STRICT;
    INSERT INTO "identity" VALUES('407631bdc85d20097e637758f2f4a56e');
    CREATE TABLE members (id INTEGER PRIMARY KEY) STRICT;
    INSERT INTO "members" VALUES(-8840171763849465545);
    INSERT INTO "members" VALUES(-4938321268620529554);
    INSERT INTO "members" VALUES(-3946838043719406705);
    INSERT INTO "members" VALUES(-2909714903012796439);
    INSERT INTO "members" VALUES(-429185217608592737);
    INSERT INTO "members" VALUES(2418150151918444915);
    INSERT INTO "members" VALUES(7988694745695976697);
    CREATE TABLE onecodes (
        id   INTEGER PRIMARY KEY,
        name TEXT    NOT NULL,
        uid  INTEGER NOT NULL,
        time INTEGER NOT NULL
    ) STRICT;
    INSERT INTO "onecodes" VALUES(1,'bob',1001,1800000004);
    INSERT INTO "onecodes" VALUES(2,'root SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU',0,1800000007);
    INSERT INTO "onecodes" VALUES(3,'root SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU',0,1800000008);
    CREATE TABLE pushes (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        name    TEXT    NOT NULL,
        uid     INTEGER NOT NULL,
        attempt TEXT    NOT NULL,
        place   TEXT    NOT NULL,
        time    INTEGER NOT NULL,
        state   TEXT    NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'approved', 'denied', 'expired',
        'cancelled')),
        ended   INTEGER
    ) STRICT;
    INSERT INTO "pushes" VALUES(1,'alice',1000,'a3','192.0.2.1',1800000002,'approved',1800000003);
    INSERT INTO "pushes" VALUES(2,'root SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU',0,'k3','192.0.2.3',
        1800000007,'denied',1800000008);
    CREATE TABLE recovery (
        id   INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT    NOT NULL,
        uid  INTEGER NOT NULL,
        hash TEXT    NOT NULL,
        used INTEGER
    ) STRICT;
    INSERT INTO "recovery" VALUES(1,'alice',1000,'$y$j9T$salt$alice0',NULL);
    INSERT INTO "recovery" VALUES(2,'alice',1000,'$y$j9T$salt$alice1',1800000001);
    INSERT INTO "recovery" VALUES(3,'alice',1000,'$y$j9T$salt$alice2',NULL);
    INSERT INTO "recovery" VALUES(4,'alice',1000,'$y$j9T$salt$alice3',NULL);
    INSERT INTO "recovery" VALUES(5,'root SHA256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',0,'$y$j9T$salt$one0',
        NULL);
    INSERT INTO "recovery" VALUES(6,'root SHA256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',0,'$y$j9T$salt$one1',
        NULL);
    CREATE TABLE remembered (
        name    TEXT    NOT NULL,
        uid     INTEGER NOT NULL,
        service TEXT    NOT NULL,
        address TEXT    NOT NULL,
        key     TEXT    NOT NULL,
        time    INTEGER NOT NULL,
        PRIMARY KEY (name, uid, service, address, key)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO "remembered" VALUES('alice',1000,'sshd','192.0.2.1','',1800000000);
    INSERT INTO "remembered" VALUES('alice',1000,'sshd','192.0.2.9',
        'SHA256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1800000003);
    INSERT INTO "remembered" VALUES('root SHA256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',0,'sshd','192.0.2.3',
        'SHA256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1800000006);
    CREATE INDEX grace_time ON grace (time);
    CREATE INDEX pushes_person ON pushes (name, uid, time);
    CREATE INDEX pushes_attempt ON pushes (attempt);
    CREATE INDEX pushes_time ON pushes (time);
    CREATE INDEX onecodes_person ON onecodes (name, uid, time);
    CREATE INDEX onecodes_time ON onecodes (time);
    CREATE INDEX attempts_time ON attempts (time);
    CREATE INDEX history_user ON history (user);
    CREATE INDEX accounts_authy_id ON accounts (authy_id) WHERE authy_id IS NOT NULL;
    CREATE INDEX recovery_person ON recovery (name, uid);
    CREATE INDEX remembered_time ON remembered (time);
    DELETE FROM "sqlite_sequence";
    INSERT INTO "sqlite_sequence" VALUES('recovery',6);
    INSERT INTO "sqlite_sequence" VALUES('pushes',2);
    PRAGMA user_version = 5;
    """#

/// The id in that file.
let version5ID = "407631bdc85d20097e637758f2f4a56e"
