// The migrations, newest first. A migration that was released never changes.

extension RecordSchema {
    /// Adds the codes with which hosts fetch an API key.
    static let hostInvitations = """
        CREATE TABLE host_invitations (
            number      INTEGER PRIMARY KEY,
            hash        BLOB    NOT NULL UNIQUE CHECK (length(hash) > 0),
            application INTEGER NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
            url         TEXT    NOT NULL,
            authority   TEXT,
            created     INTEGER NOT NULL,
            ends        INTEGER NOT NULL,
            status      TEXT    NOT NULL CHECK (status IN ('open', 'used', 'revoked', 'expired')),
            changed     INTEGER,
            address     TEXT
        ) STRICT;
        CREATE INDEX host_invitations_open ON host_invitations (number) WHERE status = 'open';
        CREATE INDEX host_invitations_ends ON host_invitations (ends);
        """

    /// Adds the confirmed phone that made a link.
    static let linksOfPhones = "ALTER TABLE enrolments ADD COLUMN made_by TEXT;"

    /// Adds the number of wrong codes of all users of an application together.
    static let wrongCodesOfApplications = """
        ALTER TABLE applications ADD COLUMN wrong_since INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE applications ADD COLUMN wrong INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE applications ADD COLUMN day_wrong_since INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE applications ADD COLUMN day_wrong INTEGER NOT NULL DEFAULT 0;
        """

    /// Adds the person's consent: whether an application may see and ask their phones.
    ///
    /// Existing members have consented if they have proven something to the application, if the phone has approved one
    /// of its requests, or if it is the only application of a person with a confirmed phone.
    static let consent = """
        ALTER TABLE members ADD COLUMN consented INTEGER;
        ALTER TABLE members ADD COLUMN refused INTEGER;
        ALTER TABLE members ADD COLUMN one_code_mailed INTEGER NOT NULL DEFAULT 0 CHECK (one_code_mailed IN (0, 1));
        ALTER TABLE former_members ADD COLUMN consented INTEGER;
        ALTER TABLE former_members ADD COLUMN refused INTEGER;
        ALTER TABLE devices ADD COLUMN application INTEGER;
        ALTER TABLE enrolments ADD COLUMN application INTEGER;
        UPDATE members SET consented = coalesce(confirmed, added)
        WHERE confirmed IS NOT NULL
            OR EXISTS (
                SELECT 1 FROM approvals
                WHERE approvals.user = members.user AND approvals.application = members.application \
        AND status = 'approved')
            OR (
                NOT EXISTS (SELECT 1 FROM members AS others \
        WHERE others.user = members.user AND others.application != members.application)
                AND EXISTS (SELECT 1 FROM devices WHERE devices.user = members.user AND devices.confirmed IS NOT NULL));
        UPDATE former_members SET consented = confirmed WHERE confirmed IS NOT NULL;
        ALTER TABLE links_sent RENAME TO links_before;
        CREATE TABLE links_sent (
            phone_hash  BLOB    NOT NULL CHECK (length(phone_hash) > 0),
            -- 0 for all together that the person has not let ask.
            application INTEGER NOT NULL,
            since       INTEGER NOT NULL,
            times       INTEGER NOT NULL,
            PRIMARY KEY (phone_hash, application)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO links_sent SELECT phone_hash, 0, since, times FROM links_before;
        DROP TABLE links_before;
        CREATE INDEX links_sent_since ON links_sent (since);
        """

    /// Adds the number of links that applications had sent to a phone number, which need not belong to a user.
    static let fourth = """
        CREATE TABLE links_sent (
            phone_hash BLOB    PRIMARY KEY CHECK (length(phone_hash) > 0),
            since      INTEGER NOT NULL,
            times      INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX links_sent_since ON links_sent (since);
        """

    /// Adds a limit for e-mails about an enrollment.
    static let third = """
        ALTER TABLE members ADD COLUMN notices_since INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE members ADD COLUMN notices INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE former_members ADD COLUMN notices_since INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE former_members ADD COLUMN notices INTEGER NOT NULL DEFAULT 0;
        """

    /// Adds what remains of removed members; their user need not exist any more.
    static let second = """
        CREATE TABLE former_members (
            phone_hash      BLOB    NOT NULL CHECK (length(phone_hash) > 0),
            application     INTEGER NOT NULL,
            user            INTEGER NOT NULL,
            removed         INTEGER NOT NULL,
            confirmed       INTEGER,
            wrong_since     INTEGER NOT NULL,
            wrong           INTEGER NOT NULL,
            day_wrong_since INTEGER NOT NULL,
            day_wrong       INTEGER NOT NULL,
            sends_since     INTEGER NOT NULL,
            sends           INTEGER NOT NULL,
            requests_since  INTEGER NOT NULL,
            requests        INTEGER NOT NULL,
            PRIMARY KEY (phone_hash, application)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX former_members_removed ON former_members (removed);
        """

    /// The first tables; `number` keeps the order of rows that are created within the same second.
    static let first = """
        CREATE TABLE applications (
            id       INTEGER PRIMARY KEY CHECK (id > 0),
            name     TEXT    NOT NULL,
            url      TEXT,
            method   TEXT    CHECK (method IN ('GET', 'POST')),
            created  INTEGER NOT NULL,
            revoked  INTEGER,
            -- Kept by the triggers below: counting a million rows takes too long.
            members  INTEGER NOT NULL DEFAULT 0,
            CHECK ((url IS NULL) = (method IS NULL))
        ) STRICT;

        CREATE TABLE api_keys (
            number      INTEGER PRIMARY KEY,
            hash        BLOB    NOT NULL UNIQUE CHECK (length(hash) > 0),
            application INTEGER NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
            sealed      BLOB    NOT NULL,
            hint        TEXT    NOT NULL,
            created     INTEGER NOT NULL,
            ends        INTEGER
        ) STRICT;
        CREATE INDEX api_keys_application ON api_keys (application, created);

        CREATE TABLE users (
            id         INTEGER PRIMARY KEY CHECK (id > 0),
            phone_hash BLOB    NOT NULL UNIQUE CHECK (length(phone_hash) > 0),
            contact    BLOB    NOT NULL,
            created    INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE members (
            application      INTEGER NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
            user             INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            added            INTEGER NOT NULL,
            confirmed        INTEGER,
            secret           BLOB    NOT NULL,
            spent            INTEGER,
            generic_secret   BLOB,
            generic_spent    INTEGER,
            one_code         BLOB,
            one_code_action  TEXT,
            one_code_ends    INTEGER,
            one_code_spent   INTEGER NOT NULL CHECK (one_code_spent IN (0, 1)),
            wrong_since      INTEGER NOT NULL,
            wrong            INTEGER NOT NULL,
            day_wrong_since  INTEGER NOT NULL,
            day_wrong        INTEGER NOT NULL,
            sends_since      INTEGER NOT NULL,
            sends            INTEGER NOT NULL,
            requests_since   INTEGER NOT NULL,
            requests         INTEGER NOT NULL,
            PRIMARY KEY (application, user),
            CHECK ((one_code IS NULL) = (one_code_action IS NULL) AND (one_code IS NULL) = (one_code_ends IS NULL))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX members_user ON members (user);
        CREATE TRIGGER members_more AFTER INSERT ON members
        BEGIN UPDATE applications SET members = members + 1 WHERE id = new.application; END;
        CREATE TRIGGER members_less AFTER DELETE ON members
        BEGIN UPDATE applications SET members = members - 1 WHERE id = old.application; END;

        CREATE TABLE devices (
            number         INTEGER PRIMARY KEY,
            id             TEXT    NOT NULL UNIQUE CHECK (length(id) > 0),
            user           INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            public_key     BLOB    NOT NULL,
            name           TEXT    NOT NULL,
            os_type        TEXT    NOT NULL,
            created        INTEGER NOT NULL,
            address        TEXT    NOT NULL,
            last_seen      INTEGER NOT NULL,
            confirmed      INTEGER,
            confirmation   BLOB,
            removed        INTEGER,
            endpoint       TEXT,
            push_key       BLOB,
            authentication BLOB,
            CHECK ((endpoint IS NULL) = (push_key IS NULL) AND (endpoint IS NULL) = (authentication IS NULL))
        ) STRICT;
        CREATE INDEX devices_user ON devices (user, created);

        CREATE TABLE enrolments (
            hash    BLOB    PRIMARY KEY CHECK (length(hash) > 0),
            user    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            created INTEGER NOT NULL,
            ends    INTEGER NOT NULL,
            device  TEXT
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX enrolments_user ON enrolments (user);
        CREATE INDEX enrolments_ends ON enrolments (ends);

        CREATE TABLE approvals (
            number            INTEGER PRIMARY KEY,
            id                TEXT    NOT NULL UNIQUE CHECK (length(id) > 0),
            application       INTEGER NOT NULL,
            user              INTEGER NOT NULL,
            text              TEXT    NOT NULL,
            message           TEXT    NOT NULL,
            hidden_details    TEXT    NOT NULL,
            logos             TEXT    NOT NULL,
            check_number      TEXT,
            created           INTEGER NOT NULL,
            seconds_to_expire INTEGER NOT NULL,
            ends              INTEGER,
            updated           INTEGER NOT NULL,
            status            TEXT    NOT NULL \
        CHECK (status IN ('pending', 'approved', 'denied', 'expired', 'cancelled')),
            processed         INTEGER,
            notified          INTEGER NOT NULL CHECK (notified IN (0, 1)),
            telling           INTEGER NOT NULL CHECK (telling BETWEEN 0 AND 3),
            device            TEXT,
            signed            TEXT,
            signature         BLOB,
            reason            TEXT,
            reported          INTEGER NOT NULL CHECK (reported IN (0, 1)),
            FOREIGN KEY (application, user) REFERENCES members (application, user) ON DELETE CASCADE,
            CHECK ((device IS NULL) = (signed IS NULL) AND (device IS NULL) = (signature IS NULL))
        ) STRICT;
        CREATE INDEX approvals_user ON approvals (user, created);
        CREATE INDEX approvals_pending ON approvals (user, created) WHERE status = 'pending';
        CREATE INDEX approvals_to_tell ON approvals (created) WHERE telling = 1;
        CREATE INDEX approvals_over ON approvals (CASE status WHEN 'pending' THEN ends ELSE updated END);

        CREATE TABLE phone_checks (
            application INTEGER NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
            phone_hash  BLOB    NOT NULL CHECK (length(phone_hash) > 0),
            id          TEXT    NOT NULL,
            sealed      BLOB    NOT NULL,
            ends        INTEGER NOT NULL,
            wrong       INTEGER NOT NULL,
            sends_since INTEGER NOT NULL,
            sends       INTEGER NOT NULL,
            PRIMARY KEY (application, phone_hash)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX phone_checks_ends ON phone_checks (ends);

        -- The application is not checked: a row comes with every code.
        CREATE TABLE activities (
            id          INTEGER PRIMARY KEY,
            user        INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            application INTEGER,
            at          INTEGER NOT NULL,
            kind        TEXT    NOT NULL,
            detail      TEXT    NOT NULL
        ) STRICT;
        CREATE INDEX activities_user ON activities (user, at);
        CREATE INDEX activities_at ON activities (at);

        -- They outlive their user.
        CREATE TABLE deliveries (
            number       INTEGER PRIMARY KEY,
            at           INTEGER NOT NULL,
            application  INTEGER,
            user         INTEGER,
            kind         TEXT    NOT NULL,
            gateway      TEXT    NOT NULL,
            succeeded    INTEGER NOT NULL CHECK (succeeded IN (0, 1)),
            detail       TEXT    NOT NULL,
            milliseconds INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX deliveries_at ON deliveries (at);
        CREATE INDEX deliveries_user ON deliveries (user, at) WHERE user IS NOT NULL;

        CREATE TABLE months (
            application    INTEGER NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
            year           INTEGER NOT NULL,
            month          INTEGER NOT NULL CHECK (month BETWEEN 1 AND 12),
            api_calls      INTEGER NOT NULL,
            codes_accepted INTEGER NOT NULL,
            calls          INTEGER NOT NULL,
            messages       INTEGER NOT NULL,
            users_added    INTEGER NOT NULL,
            PRIMARY KEY (application, year, month)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE server_values (
            name  TEXT PRIMARY KEY,
            value BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
}
