// Stands in for the package debugnyan, a logger.
'use strict';

const ignore = () => {};

module.exports = () => ({ debug: ignore, error: ignore, info: ignore, trace: ignore, warn: ignore });
