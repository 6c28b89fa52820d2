#!/usr/bin/env node
'use strict';

// The command of the published package. Written in the oldest JavaScript that still knows import(), because its first
// task is to be read by a Node that is too old for everything else.
var oldest = 24;
var version = process.versions.node;

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
  void import('../lib/host/main.js');
}
