// Los textos de la página en español. Keys and places are those of texts-en.js.

export const es = {
  views: { requests: "Solicitudes", codes: "Códigos", history: "Historial", devices: "Teléfonos" },
  viewsLabel: "Vistas",

  connection: {
    offline: "Sin conexión. Los códigos siguen funcionando.",
    refused: "El servidor no se puede usar por ahora. Se vuelve a intentar.",
    clockOff: "El reloj de este teléfono no va bien. Los códigos se corrigen, pero póngalo en automático.",
  },

  enroll: {
    title: "Registrar este teléfono",
    intro: "Se le preguntará en él cuando inicie sesión.",
    company: { one: "Le pregunta", other: "Le preguntan" },
    person: "Número de teléfono de la cuenta",
    privateWindow:
      "Use una ventana normal del navegador. Una ventana privada olvida este teléfono en cuanto se cierra.",
    name: "Nombre de este teléfono",
    browserOn: "{browser} en {system}",
    android: "Teléfono Android",
    computer: "ordenador",
    start: "Registrar",
    again: "Intentar de nuevo",
    copyLink: "Copiar el enlace",
    copied: "Copiado",
    replaces: "Este navegador ya está registrado. El nuevo registro sustituye aquí al anterior.",
    keep: "Dejarlo como está",
    appleFirst: "En un iPhone o iPad, haga esto primero",
    appleSteps: [
      "Copie el enlace con el botón de abajo.",
      "Toque Compartir y luego Añadir a pantalla de inicio.",
      "Abra Countersign allí y pegue el enlace.",
    ],
    appleWhy:
      "Desde la pantalla de inicio puede enviarle avisos y conserva su clave. En el navegador la clave puede " +
      "perderse.",
    appleAnyway: "Registrar aquí de todos modos",
    noLinkTitle: "Este teléfono no está registrado",
    noLink: "Abra el enlace que recibió al iniciar sesión, de su administrador o en un mensaje.",
    paste: "Pegue el enlace aquí",
    use: "Usar este enlace",
    notALink: "Eso no es un enlace de registro.",
    removedTitle: "Este teléfono se ha quitado",
    removed:
      "Ya no puede aprobar inicios de sesión y sus claves se han borrado. Para volver a usarlo, pida un enlace nuevo.",
    noKeysTitle: "Esta dirección no se puede usar",
    noKeys: "El navegador solo crea claves en páginas que empiezan por https://. Abra el enlace tal como lo recibió.",
    noStoreTitle: "Aquí no se puede guardar nada",
    noStore:
      "El navegador no permite que esta página guarde una clave. Salga de la navegación privada y abra el enlace de " +
      "nuevo.",
    confirmTitle: "Introduzca este código",
    confirmIntro:
      "Escríbalo en el teléfono que mostró el enlace, o donde lo haya recibido, o dígaselo a su administrador.",
    confirmWaiting: "Esperando el código",
    confirmCodeLabel: "Código de confirmación {code}",
    done: "Este teléfono está registrado.",
  },

  enrollProblems: {
    link_unknown: "Este enlace no es válido. Pida uno nuevo.",
    link_used: "Este enlace ya se ha usado. Pida uno nuevo.",
    link_expired: "Este enlace ha caducado. Pida uno nuevo.",
    invalid: "Algo ha salido mal. Pida un enlace nuevo.",
    too_many: "Demasiados intentos. Espere un minuto e inténtelo de nuevo.",
    offline: "El servidor no responde. Compruebe la conexión e inténtelo de nuevo.",
  },

  requests: {
    looking: "Buscando solicitudes",
    unknown: "No se pueden mostrar las solicitudes",
    unknownMore: "El servidor no responde. Para iniciar sesión, use un código.",
    empty: "Nada que aprobar",
    emptyMore: "Cuando alguien inicie sesión con su cuenta, aparecerá aquí.",
    approve: "Aprobar",
    deny: "Rechazar",
    sending: "Enviando",
    which: "¿Qué número muestra su inicio de sesión?",
    noneOfThese: "Ninguno de estos",
    askYou: "¿Intentó iniciar sesión usted?",
    itWasMe: "Sí, fui yo",
    report: "No, denunciarlo",
    reported: "Denunciado. Si alguien tiene su contraseña, cámbiela ahora.",
    reportFailed: "La denuncia no se ha enviado. Inténtelo de nuevo.",
    wasMe: "Rechazado. Inicie sesión de nuevo cuando quiera.",
    close: "Cerrar",
    notSent: "Su respuesta no se ha enviado. Compruebe la conexión e inténtelo de nuevo.",
    tooMany: "Demasiadas respuestas en poco tiempo. Espere un momento e inténtelo de nuevo.",
    wentWrong: "Algo ha salido mal. Inténtelo de nuevo o use un código.",
    unreadable: "Ha llegado una solicitud que esta página no puede mostrar. Cierre la página y ábrala de nuevo.",
    announced: "Nueva solicitud. {message}. {application}",
    tabLabel: { one: "Solicitudes, {count} en espera", other: "Solicitudes, {count} en espera" },
  },

  questionProblems: {
    wrong_code: "Ese no es el código. Léalo otra vez en el teléfono nuevo.",
    offline: "No se ha enviado. Compruebe la conexión e inténtelo de nuevo.",
    other: "Algo ha salido mal. Inténtelo de nuevo.",
  },

  questions: {
    addPhone: "¿Añadir un teléfono nuevo a su cuenta?",
    addPhoneMore: "Solo si lo está configurando ahora mismo. Después podría aprobar sus inicios de sesión.",
    phoneName: "Nombre",
    phoneAddress: "Dirección",
    phoneCode: "Código que muestra el teléfono nuevo",
    add: "Añadirlo",
    notMine: "No es mío",
    wantsToAsk: "quiere pedirle que confirme inicios de sesión",
    wantsToAskMore:
      "Permítalo si inicia sesión allí. Entonces sabrá qué teléfonos tiene usted. Si no lo conoce, rechácelo: no " +
      "podrá volver a preguntar.",
    allow: "Permitir",
    refuse: "Rechazar",
    ends: {
      added: "El teléfono nuevo se ha añadido.",
      removed:
        "El teléfono nuevo se ha quitado. Si no era suyo, avise a su administrador: alguien tiene su enlace de " +
        "registro.",
      gone: "Esto ya no se pregunta.",
      allowed: "Permitido. Puede retirarlo en Teléfonos.",
      refused: "Rechazado. Puede permitirlo más tarde en Teléfonos.",
    },
  },

  ends: {
    approved: "Aprobado",
    denied: "Rechazado",
    wrong_number: "Rechazado: su inicio de sesión muestra otro número",
    expired: "Caducado. Si todavía está iniciando sesión, empiece de nuevo o escriba un código.",
    cancelled: "Cancelado: el inicio de sesión ha terminado",
    elsewhere: "Ya no espera: se respondió en otro teléfono o el inicio de sesión ha terminado",
  },

  codes: {
    empty: "Todavía no hay códigos",
    emptyMore: "Aparecerán aquí cuando este teléfono esté confirmado.",
    copy: "Copiar",
    copyLabel: "Copiar el código de {application}",
    copied: "Copiado",
    copyFailed: "El navegador no permitió copiarlo.",
    next: "Siguiente",
    left: "quedan {seconds} s",
    failed: "No se pudo obtener el código de {application}. Se vuelve a intentar automáticamente.",
  },

  history: {
    empty: "Todavía no ha ocurrido nada",
    more: "Cargar más",
    loading: "Cargando",
    failed: "No se pudo cargar el historial.",
    again: "Intentar de nuevo",
    reported: "Denunciado",
    kinds: {
      request: "Solicitud de inicio de sesión",
      softtoken: "Inicio de sesión con un código de esta página",
      onecode: "Inicio de sesión con un código enviado",
      device_added: "Teléfono añadido",
      device_removed: "Teléfono quitado",
      link_made: "Enlace para otro teléfono creado",
      phone_changed: "Número de teléfono cambiado",
      consented: "Permiso para preguntar",
      refused: "Rechazado",
      password_reset: "Contraseña restablecida",
      banned: "Cuenta bloqueada",
      unbanned: "Cuenta desbloqueada",
      cookie_login: "Inicio de sesión recordado por el navegador",
    },
    statuses: { approved: "Aprobado", denied: "Rechazado", expired: "Caducado", cancelled: "Cancelado" },
    by: "en {device}",
  },

  devices: {
    thisOne: "Este teléfono",
    others: "Sus teléfonos",
    unconfirmed: "Sin confirmar",
    lastSeen: "Visto por última vez {when}",
    added: "Añadido el {when}",
    rename: "Renombrar",
    renameLabel: "Renombrar {name}",
    remove: "Quitar",
    removeLabel: "Quitar {name}",
    newName: "Nombre nuevo",
    save: "Guardar",
    cancel: "Cancelar",
    askRemove: "¿Quitar {name}? Ya no podrá aprobar nada ni mostrará códigos.",
    askRemoveThis: "¿Quitar este teléfono? Sus claves se borran en el acto, y para volver necesitará un enlace nuevo.",
    doRemove: "Quitarlo",
    renamed: "Renombrado",
    removed: "Quitado",
    failed: "No ha funcionado. Inténtelo de nuevo.",
    notLoaded: "No se pudo cargar la lista.",
    account: "Cuenta con el número de teléfono {phone}",
  },

  addPhone: {
    start: "Añadir otro teléfono",
    making: "Creando un enlace",
    scan: "Escanee esto con el otro teléfono",
    open: "Abra este enlace en el otro teléfono",
    code: "Código QR del enlace de abajo",
    good: "Válido para un teléfono, {left}",
    steps: [
      "Apunte la cámara del otro teléfono al código y abra el enlace.",
      "Toque Registrar allí. Mostrará un código.",
      "Escriba ese código aquí. Esta página lo pide por sí sola.",
    ],
    onlyYours: "Solo para un teléfono suyo: después podrá aprobar sus inicios de sesión.",
    noCamera: "Sin cámara, abra allí este enlace:",
    copy: "Copiar el enlace",
    copied: "Copiado",
    copyFailed: "El navegador no permitió copiarlo.",
    close: "Cerrar",
    expired: "Este enlace ha caducado.",
    expiredMore: "Si el otro teléfono aún no se ha añadido, cree un enlace nuevo y escanéelo.",
    again: "Crear un enlace nuevo",
    offline: "El servidor no responde. Compruebe la conexión e inténtelo de nuevo.",
    notMade: "No se pudo crear un enlace. Inténtelo de nuevo.",
  },

  applications: {
    title: "Quién puede preguntarle",
    decisions: {
      allowed: "Puede pedirle que confirme inicios de sesión",
      refused: "Rechazado",
      open: "Todavía no permitido",
    },
    allow: "Permitir",
    allowLabel: "Permitir {name}",
    stop: "Retirar",
    stopLabel: "Retirar {name}",
    failed: "No ha funcionado. Inténtelo de nuevo.",
    notLoaded: "No se pudo cargar la lista.",
  },

  notifications: {
    title: "Notificaciones",
    why: "Entérese al momento de un inicio de sesión, también con esta página cerrada.",
    turnOn: "Activar las notificaciones",
    turningOn: "Activando",
    turnOff: "Desactivar",
    on: "Las notificaciones están activadas.",
    off: "Las notificaciones están desactivadas.",
    refused:
      "Las notificaciones están bloqueadas para esta página. Permítalas en los ajustes del navegador para este sitio " +
      "y vuelva aquí.",
    dismissed: "No se permitió al navegador enviarle notificaciones.",
    timeout: "El servicio de notificaciones del navegador no responde. Compruebe la conexión e inténtelo más tarde.",
    failed:
      "No se pudieron activar las notificaciones. Mientras la página esté abierta, las solicitudes aparecen aquí.",
    notAllowed: "Este servidor no usa el servicio de notificaciones de su navegador.",
    missing:
      "Este navegador no puede enviarle notificaciones. Mientras la página esté abierta, las solicitudes aparecen " +
      "aquí.",
    apple:
      "Para recibir notificaciones en un iPhone o iPad, ponga primero esta página en la pantalla de inicio: toque " +
      "Compartir y luego Añadir a pantalla de inicio.",
  },

  keeping: {
    title: "Mantener registrado este teléfono",
    why: "Su navegador puede borrar la clave de esta página cuando necesite espacio.",
    ask: "Pedir al navegador que la conserve",
    asking: "Puede que su navegador le pregunte ahora. Permita que guarde datos.",
    kept: "El navegador conserva la clave de este teléfono.",
    refused:
      "El navegador no se ha comprometido a conservarla. Añadir esta página a la pantalla de inicio ayuda. Si la " +
      "clave se pierde, pida un enlace nuevo.",
  },

  ago: {
    seconds: "hace {count} s",
    minutes: "hace {count} min",
    hours: "hace {count} h",
    days: { one: "hace {count} día", other: "hace {count} días" },
  },
  timeLeft: {
    seconds: "quedan {count} s",
    minutes: "quedan {count} min {seconds} s",
    hours: "quedan {count} h {minutes} min",
  },
};
