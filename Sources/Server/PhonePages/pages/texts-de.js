// Die Texte der Seite auf Deutsch. Keys and places are those of texts-en.js.

export const de = {
  views: { requests: "Anfragen", codes: "Codes", history: "Verlauf", devices: "Handys" },
  viewsLabel: "Ansichten",

  connection: {
    offline: "Keine Verbindung. Codes funktionieren weiter.",
    refused: "Der Server ist zurzeit nicht benutzbar. Es wird weiter versucht.",
    clockOff:
      "Die Uhr dieses Handys geht falsch. Die Codes werden berichtigt, aber stellen Sie sie bitte auf automatisch.",
  },

  enroll: {
    title: "Dieses Handy anmelden",
    intro: "Es wird künftig gefragt, wenn Sie sich anmelden.",
    company: { one: "Gefragt von", other: "Gefragt von diesen" },
    person: "Telefonnummer des Kontos",
    privateWindow:
      "Nehmen Sie ein normales Browserfenster. Ein privates vergisst dieses Handy, sobald es geschlossen wird.",
    name: "Name dieses Handys",
    browserOn: "{browser} unter {system}",
    android: "Android-Handy",
    computer: "Computer",
    start: "Anmelden",
    again: "Noch einmal versuchen",
    copyLink: "Link kopieren",
    copied: "Kopiert",
    replaces: "Dieser Browser ist schon angemeldet. Die neue Anmeldung tritt hier an die Stelle der alten.",
    keep: "So lassen, wie es ist",
    appleFirst: "Auf einem iPhone oder iPad zuerst dies",
    appleSteps: [
      "Kopieren Sie den Link mit dem Knopf unten.",
      "Tippen Sie auf „Teilen“, dann auf „Zum Home-Bildschirm“.",
      "Öffnen Sie dort Countersign und fügen Sie den Link ein.",
    ],
    appleWhy:
      "Vom Home-Bildschirm aus kann es Sie benachrichtigen, und der Schlüssel bleibt erhalten. Im Browser kann er " +
      "verloren gehen.",
    appleAnyway: "Trotzdem hier anmelden",
    noLinkTitle: "Dieses Handy ist nicht angemeldet",
    noLink:
      "Öffnen Sie den Link, den Sie beim Anmelden, von Ihrem Administrator oder in einer Nachricht bekommen haben.",
    paste: "Link hier einfügen",
    use: "Diesen Link verwenden",
    notALink: "Das ist kein Link zum Anmelden eines Handys.",
    removedTitle: "Dieses Handy wurde entfernt",
    removed:
      "Es kann keine Anmeldungen mehr bestätigen, und seine Schlüssel sind gelöscht. Um es wieder zu nutzen, bitten " +
      "Sie um einen neuen Link.",
    noKeysTitle: "Diese Adresse kann nicht benutzt werden",
    noKeys:
      "Der Browser erzeugt Schlüssel nur auf Seiten, die mit https:// beginnen. Öffnen Sie den Link so, wie Sie ihn " +
      "bekommen haben.",
    noStoreTitle: "Hier kann nichts gespeichert werden",
    noStore:
      "Der Browser lässt diese Seite keinen Schlüssel speichern. Verlassen Sie das private Surfen und öffnen Sie den " +
      "Link noch einmal.",
    confirmTitle: "Geben Sie diesen Code ein",
    confirmIntro:
      "Tippen Sie ihn auf dem Handy ein, das den Link gezeigt hat, oder dort, wo Sie ihn sonst bekommen haben, oder " +
      "nennen Sie ihn Ihrem Administrator.",
    confirmWaiting: "Warten auf den Code",
    confirmCodeLabel: "Bestätigungscode {code}",
    done: "Dieses Handy ist angemeldet.",
  },

  enrollProblems: {
    link_unknown: "Dieser Link ist ungültig. Bitten Sie um einen neuen.",
    link_used: "Dieser Link wurde schon benutzt. Bitten Sie um einen neuen.",
    link_expired: "Dieser Link ist abgelaufen. Bitten Sie um einen neuen.",
    invalid: "Etwas ist schiefgegangen. Bitten Sie um einen neuen Link.",
    too_many: "Zu viele Versuche. Warten Sie eine Minute und versuchen Sie es noch einmal.",
    offline: "Der Server antwortet nicht. Prüfen Sie die Verbindung und versuchen Sie es noch einmal.",
  },

  requests: {
    looking: "Anfragen werden gesucht",
    unknown: "Anfragen können nicht gezeigt werden",
    unknownMore: "Der Server antwortet nicht. Nehmen Sie zum Anmelden einen Code.",
    empty: "Nichts zu bestätigen",
    emptyMore: "Wenn sich jemand mit Ihrem Konto anmeldet, erscheint es hier.",
    approve: "Bestätigen",
    deny: "Ablehnen",
    sending: "Wird gesendet",
    which: "Welche Zahl zeigt Ihre Anmeldung?",
    noneOfThese: "Keine davon",
    askYou: "Wollten Sie sich selbst anmelden?",
    itWasMe: "Ja, das war ich",
    report: "Nein, melden",
    reported: "Gemeldet. Wenn jemand Ihr Passwort hat, ändern Sie es jetzt.",
    reportFailed: "Die Meldung wurde nicht gesendet. Versuchen Sie es noch einmal.",
    wasMe: "Abgelehnt. Melden Sie sich wieder an, sobald Sie so weit sind.",
    close: "Schließen",
    notSent: "Ihre Antwort wurde nicht gesendet. Prüfen Sie die Verbindung und versuchen Sie es noch einmal.",
    tooMany: "Zu viele Antworten in kurzer Zeit. Warten Sie einen Moment und versuchen Sie es noch einmal.",
    wentWrong: "Etwas ist schiefgegangen. Versuchen Sie es noch einmal, oder nehmen Sie einen Code.",
    unreadable:
      "Es kam eine Anfrage, die diese Seite nicht zeigen kann. Schließen Sie die Seite und öffnen Sie sie neu.",
    announced: "Neue Anfrage. {message}. {application}",
    tabLabel: { one: "Anfragen, {count} wartet", other: "Anfragen, {count} warten" },
  },

  questionProblems: {
    wrong_code: "Das ist nicht der Code. Lesen Sie ihn noch einmal vom neuen Handy ab.",
    offline: "Nicht gesendet. Prüfen Sie die Verbindung und versuchen Sie es noch einmal.",
    other: "Etwas ist schiefgegangen. Versuchen Sie es noch einmal.",
  },

  questions: {
    addPhone: "Ein neues Handy zu Ihrem Konto hinzufügen?",
    addPhoneMore: "Nur wenn Sie es gerade selbst einrichten. Es könnte dann Ihre Anmeldungen bestätigen.",
    phoneName: "Name",
    phoneAddress: "Adresse",
    phoneCode: "Code, den das neue Handy zeigt",
    add: "Hinzufügen",
    notMine: "Nicht meins",
    wantsToAsk: "möchte Sie bitten dürfen, Anmeldungen zu bestätigen",
    wantsToAskMore:
      "Erlauben Sie es, wenn Sie sich dort anmelden. Dort ist dann bekannt, welche Handys Sie haben. Wenn Sie es " +
      "nicht kennen, verweigern Sie es: dann wird nicht wieder gefragt.",
    allow: "Erlauben",
    refuse: "Verweigern",
    ends: {
      added: "Das neue Handy wurde hinzugefügt.",
      removed:
        "Das neue Handy wurde entfernt. Wenn es nicht Ihres war, sagen Sie es Ihrem Administrator: jemand hat Ihren " +
        "Link.",
      gone: "Danach wird nicht mehr gefragt.",
      allowed: "Erlaubt. Unter „Handys“ können Sie es beenden.",
      refused: "Verweigert. Unter „Handys“ können Sie es später erlauben.",
    },
  },

  ends: {
    approved: "Bestätigt",
    denied: "Abgelehnt",
    wrong_number: "Abgelehnt: Ihre Anmeldung zeigt eine andere Zahl",
    expired: "Abgelaufen. Wenn Sie sich noch anmelden, beginnen Sie von vorn oder tippen Sie einen Code.",
    cancelled: "Abgebrochen: die Anmeldung ist beendet",
    elsewhere: "Wartet nicht mehr: auf einem anderen Handy beantwortet, oder die Anmeldung ist beendet",
  },

  codes: {
    empty: "Noch keine Codes",
    emptyMore: "Sie erscheinen hier, sobald dieses Handy bestätigt ist.",
    copy: "Kopieren",
    copyLabel: "Code für {application} kopieren",
    copied: "Kopiert",
    copyFailed: "Der Browser hat das Kopieren nicht zugelassen.",
    next: "Nächster",
    left: "noch {seconds} s",
    failed: "Der Code für {application} konnte nicht geholt werden. Es wird von selbst noch einmal versucht.",
  },

  history: {
    empty: "Es ist noch nichts geschehen",
    more: "Mehr laden",
    loading: "Wird geladen",
    failed: "Der Verlauf konnte nicht geladen werden.",
    again: "Noch einmal versuchen",
    reported: "Gemeldet",
    kinds: {
      request: "Anfrage zu einer Anmeldung",
      softtoken: "Anmeldung mit einem Code dieser Seite",
      onecode: "Anmeldung mit einem gesendeten Code",
      device_added: "Handy hinzugefügt",
      device_removed: "Handy entfernt",
      link_made: "Link für ein weiteres Handy erzeugt",
      phone_changed: "Telefonnummer geändert",
      consented: "Fragen erlaubt",
      refused: "Verweigert",
      password_reset: "Passwort zurückgesetzt",
      banned: "Konto gesperrt",
      unbanned: "Konto entsperrt",
      cookie_login: "Vom Browser gemerkte Anmeldung",
    },
    statuses: { approved: "Bestätigt", denied: "Abgelehnt", expired: "Abgelaufen", cancelled: "Abgebrochen" },
    by: "auf {device}",
  },

  devices: {
    thisOne: "Dieses Handy",
    others: "Ihre Handys",
    unconfirmed: "Nicht bestätigt",
    lastSeen: "Zuletzt gesehen {when}",
    added: "Hinzugefügt am {when}",
    rename: "Umbenennen",
    renameLabel: "{name} umbenennen",
    remove: "Entfernen",
    removeLabel: "{name} entfernen",
    newName: "Neuer Name",
    save: "Speichern",
    cancel: "Abbrechen",
    askRemove: "{name} entfernen? Es kann dann nichts mehr bestätigen und zeigt keine Codes.",
    askRemoveThis:
      "Dieses Handy entfernen? Seine Schlüssel werden sofort gelöscht, und zur Rückkehr brauchen Sie einen neuen " +
      "Link.",
    doRemove: "Entfernen",
    renamed: "Umbenannt",
    removed: "Entfernt",
    failed: "Das hat nicht funktioniert. Versuchen Sie es noch einmal.",
    notLoaded: "Die Liste konnte nicht geladen werden.",
    account: "Konto mit der Telefonnummer {phone}",
  },

  addPhone: {
    start: "Weiteres Handy hinzufügen",
    making: "Link wird erzeugt",
    scan: "Scannen Sie dies mit dem anderen Handy",
    open: "Öffnen Sie diesen Link auf dem anderen Handy",
    code: "QR-Code des Links darunter",
    good: "Gilt für ein Handy, {left}",
    steps: [
      "Richten Sie die Kamera des anderen Handys auf den Code und öffnen Sie den Link.",
      "Tippen Sie dort auf „Anmelden“. Es zeigt dann einen Code.",
      "Tippen Sie diesen Code hier ein. Diese Seite fragt von selbst danach.",
    ],
    onlyYours: "Nur für ein eigenes Handy: es kann dann Ihre Anmeldungen bestätigen.",
    noCamera: "Ohne Kamera öffnen Sie dort diesen Link:",
    copy: "Link kopieren",
    copied: "Kopiert",
    copyFailed: "Der Browser hat das Kopieren nicht zugelassen.",
    close: "Schließen",
    expired: "Dieser Link ist abgelaufen.",
    expiredMore: "Wenn das andere Handy noch nicht hinzugefügt ist, erzeugen Sie einen neuen Link und scannen Sie ihn.",
    again: "Neuen Link erzeugen",
    offline: "Der Server antwortet nicht. Prüfen Sie die Verbindung und versuchen Sie es noch einmal.",
    notMade: "Es konnte kein Link erzeugt werden. Versuchen Sie es noch einmal.",
  },

  applications: {
    title: "Wer Sie fragen darf",
    decisions: {
      allowed: "Darf Sie bitten, Anmeldungen zu bestätigen",
      refused: "Verweigert",
      open: "Noch nicht erlaubt",
    },
    allow: "Erlauben",
    allowLabel: "{name} erlauben",
    stop: "Beenden",
    stopLabel: "{name} beenden",
    failed: "Das hat nicht funktioniert. Versuchen Sie es noch einmal.",
    notLoaded: "Die Liste konnte nicht geladen werden.",
  },

  notifications: {
    title: "Benachrichtigungen",
    why: "Erfahren Sie sofort von einer Anmeldung, auch wenn diese Seite geschlossen ist.",
    turnOn: "Benachrichtigungen einschalten",
    turningOn: "Wird eingeschaltet",
    turnOff: "Ausschalten",
    on: "Benachrichtigungen sind eingeschaltet.",
    off: "Benachrichtigungen sind ausgeschaltet.",
    refused:
      "Benachrichtigungen sind für diese Seite blockiert. Erlauben Sie sie in den Einstellungen des Browsers für " +
      "diese Seite, und kommen Sie dann zurück.",
    dismissed: "Dem Browser wurde nicht erlaubt, Sie zu benachrichtigen.",
    timeout:
      "Der Benachrichtigungsdienst des Browsers antwortet nicht. Prüfen Sie die Verbindung und versuchen Sie es " +
      "später noch einmal.",
    failed:
      "Benachrichtigungen konnten nicht eingeschaltet werden. Solange die Seite offen ist, erscheinen Anfragen " +
      "trotzdem hier.",
    notAllowed: "Dieser Server benutzt den Benachrichtigungsdienst Ihres Browsers nicht.",
    missing: "Dieser Browser kann Sie nicht benachrichtigen. Solange die Seite offen ist, erscheinen Anfragen hier.",
    apple:
      "Für Benachrichtigungen auf einem iPhone oder iPad legen Sie diese Seite zuerst auf den Home-Bildschirm: " +
      "tippen Sie auf „Teilen“, dann auf „Zum Home-Bildschirm“.",
  },

  keeping: {
    title: "Dieses Handy angemeldet lassen",
    why: "Ihr Browser löscht den Schlüssel dieser Seite vielleicht, wenn er Platz braucht.",
    ask: "Den Browser bitten, ihn zu behalten",
    asking: "Ihr Browser fragt Sie jetzt vielleicht. Erlauben Sie ihm, Daten zu speichern.",
    kept: "Der Browser behält den Schlüssel dieses Handys.",
    refused:
      "Der Browser hat nicht zugesagt, ihn zu behalten. Es hilft, diese Seite auf den Startbildschirm zu legen. Geht " +
      "der Schlüssel verloren, bitten Sie um einen neuen Link.",
  },

  ago: {
    seconds: "vor {count} s",
    minutes: "vor {count} min",
    hours: "vor {count} h",
    days: { one: "vor {count} Tag", other: "vor {count} Tagen" },
  },
  timeLeft: {
    seconds: "noch {count} s",
    minutes: "noch {count} min {seconds} s",
    hours: "noch {count} h {minutes} min",
  },
};
