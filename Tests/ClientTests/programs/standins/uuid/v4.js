// Stands in for version 3 of the package uuid. Debian's is newer and does not export this file.
'use strict';

module.exports = require('crypto').randomUUID;
