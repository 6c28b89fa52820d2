import { z } from 'zod';
import { type Entry, entryGuard } from '../../../kernel/entry.ts';
import { isoTime } from '../../../kernel/instants.ts';
import type { PortalsEvent } from '../model/events.ts';

const is = entryGuard<PortalsEvent>();

/** What was sent, as whoever sent it may refer to it. */
export const sentShape = {
  seq: z.number().optional().describe('the item that was sent'),
  request: z.number().optional().describe('its number, if it asks for an answer'),
  expires_at: z.string().optional(),
};

export const sentOutput = z.strictObject(sentShape);

export const viewSent = (entries: readonly Entry[]): z.infer<typeof sentOutput> => {
  for (const entry of entries) {
    if (is(entry, 'portals.said')) return { seq: entry.seq };
    if (is(entry, 'portals.requested')) {
      const { request, expiresAt } = entry.data;
      return { seq: entry.seq, request, expires_at: isoTime(expiresAt) };
    }
  }
  return {};
};
