import type { Command } from './command.ts';
import { compact } from './compact.ts';
import { config } from './config.ts';
import { backup } from './backup.ts';
import { call } from './call.ts';
import { checkpoint } from './checkpoint.ts';
import { completion } from './completion.ts';
import { connect } from './connect.ts';
import { doctor } from './doctor.ts';
import { encryptionApply, encryptionGenerateKey, encryptionRotate, encryptionStatus } from './encryption.ts';
import { erase } from './erase.ts';
import { exec } from './exec.ts';
import { exportEntries } from './export.ts';
import { importEntries } from './import.ts';
import { login } from './login.ts';
import { mcp } from './mcp.ts';
import { migrate } from './migrate.ts';
import { reset } from './reset.ts';
import { restore } from './restore.ts';
import { run } from './run.ts';
import { serve } from './serve.ts';
import { verify } from './verify.ts';
import { workspaceShow } from './workspace-show.ts';
import { workspaceUse } from './workspace-use.ts';

/** The commands that are not operations, in the order of help. */
export const commands: readonly Command[] = [
  serve,
  mcp,
  call,
  run,
  exec,
  workspaceShow,
  workspaceUse,
  login,
  connect,
  doctor,
  verify,
  checkpoint,
  backup,
  restore,
  migrate,
  exportEntries,
  importEntries,
  reset,
  compact,
  encryptionStatus,
  encryptionGenerateKey,
  encryptionRotate,
  encryptionApply,
  erase,
  config,
  completion,
];
