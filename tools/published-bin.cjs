#!/usr/bin/env node
'use strict';

// The command of the published package. Written in the oldest JavaScript that still knows import(), because its first
// task is to be read by a Node that is too old for everything else.
var oldest = 24;
var version = process.versions.node;

/** Keeps what is compiled where the launcher of a checkout keeps it, not in a directory for temporary files of everybody. */
function keepCompiledCode(path) {
  var given = process.env.XDG_CACHE_HOME;
  var caches = given && path.isAbsolute(given) ? given : path.join(require('node:os').homedir(), '.cache');
  require('node:module').enableCompileCache(
    process.env.NODE_COMPILE_CACHE || path.join(caches, 'signalbox', 'compiled'),
  );
}

if (parseInt(version, 10) < oldest) {
  process.stderr.write(
    'signalbox: Node ' +
      oldest +
      ' or newer is needed, but this is Node ' +
      version +
      ' (' +
      process.execPath +
      '): install Node ' +
      oldest +
      ' or newer and try again.\n',
  );
  process.exitCode = 1;
} else {
  keepCompiledCode(require('node:path'));
  void import('../lib/host-main.mjs');
}
