type MetricType = 'counter' | 'gauge' | 'histogram';

/** One metric: what it is, in what unit, and by what its values are told apart. */
interface Definition {
  readonly type: MetricType;
  readonly help: string;
  readonly labels: readonly string[];
}

const define = (type: MetricType, help: string, labels: readonly string[] = []): Definition => ({
  type,
  help,
  labels,
});

/**
 * All metrics of a hub. A label is one of a bounded number of words of ours or of Node, or the name of a workspace that is
 * open; never an agent, a principal or what a caller has written.
 */
export const definitions = {
  signalbox_call_duration_seconds: define(
    'histogram',
    'How long calls of operations took, by operation and by how they ended (ok, or the code of the refusal). What a call was asked to wait for is in it.',
    ['operation', 'code'],
  ),
  signalbox_calls_repeated_total: define(
    'counter',
    'Calls that had been done before, under the same request id, and were answered again.',
  ),
  signalbox_rate_limited_total: define(
    'counter',
    'Calls and streams that were refused because somebody had made too many, by class.',
    ['class'],
  ),
  signalbox_access_denied_total: define(
    'counter',
    'Denied access: of somebody who is known and may not do that, or of somebody unknown.',
    ['who'],
  ),
  signalbox_resumes_total: define(
    'counter',
    'What went on where it had been: sessions of agents that started again, and streams of events that were opened with the id of an event.',
    ['what'],
  ),
  signalbox_append_duration_seconds: define(
    'histogram',
    'How long appending a batch to a journal took, by how it ended: appended, moved (others were faster), refused or unknown.',
    ['outcome'],
  ),
  signalbox_append_conflicts_total: define(
    'counter',
    'Batches that were not stored because another process had written first.',
  ),
  signalbox_append_unknown_total: define(
    'counter',
    'Batches of which could not be established whether they were stored.',
  ),
  signalbox_decided_again_total: define(
    'counter',
    'Calls that were decided once more, because the batch that they were in was not stored.',
  ),
  signalbox_batch_entries: define('histogram', 'Entries of the batches that were stored.'),
  signalbox_batch_calls: define('histogram', 'Calls that shared a batch that was stored.'),
  signalbox_queued_calls: define('gauge', 'Calls that no batch has taken yet, in all workspaces.'),
  signalbox_unanswered_calls: define(
    'gauge',
    'Calls that write and whose outcome is not durable yet, in all workspaces.',
  ),
  signalbox_waits_open: define('gauge', 'Calls that wait for what others do.', ['workspace']),
  signalbox_lock_queue_requests: define('gauge', 'Requests that wait in the queue of a lock.', ['workspace']),
  signalbox_lock_queue_oldest_seconds: define(
    'gauge',
    'For how long the oldest of these requests has been waiting; 0 when there are none.',
    ['workspace'],
  ),
  signalbox_ready_tasks: define(
    'gauge',
    'Tasks that could be claimed now, as far as they themselves are concerned.',
    ['workspace'],
  ),
  signalbox_journal_entries: define('gauge', 'Number of the last entry of the journal.', ['workspace']),
  signalbox_store_writable: define('gauge', 'Whether a change could be stored now: 1 or 0.', ['workspace']),
  signalbox_archives_readable: define('gauge', 'Whether each archive of the journal is found: 1 or 0.', [
    'workspace',
  ]),
  signalbox_follower_behind_entries: define(
    'gauge',
    'How many entries a follower that works in this process has not followed yet.',
    ['workspace', 'follower'],
  ),
  signalbox_follower_lag_seconds: define(
    'gauge',
    'Since when a follower that works in this process has not followed the journal to its end. Snapshots are behind by design, and not in it.',
    ['workspace', 'follower'],
  ),
  signalbox_info: define('gauge', 'Always 1; its labels say what runs.', ['version', 'store']),
} as const satisfies Readonly<Record<string, Definition>>;

export type MetricName = keyof typeof definitions;
