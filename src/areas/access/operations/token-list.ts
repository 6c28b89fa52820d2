import { z } from 'zod';
import { type Actor, actsAsPerson } from '../../../kernel/entry.ts';
import { ok, refuse } from '../../../kernel/errors.ts';
import { markOf } from '../../../kernel/json.ts';
import { startOf } from '../../../kernel/list-cursor.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import {
  type AccessSlice,
  type Token,
  isWithin,
  onlyPartition,
  principalNameSchema,
  standingIn,
} from '../model.ts';
import { tokenShape, viewToken } from '../view.ts';

const limitDefault = 50;
const limitMax = 200;
const cursorCharactersMax = 200;

/** AC7: all that somebody sees, of one principal where that is asked. */
const seenBy = ({ tokens }: AccessSlice, actor: Actor, asked: string | undefined): readonly Token[] => {
  if (!actsAsPerson(actor)) {
    const own = actor.token === undefined ? undefined : tokens.get(actor.token);
    return own === undefined || (asked ?? own.principal) !== own.principal ? [] : [own];
  }
  const principal = asked ?? (actor.role === 'admin' ? undefined : actor.principal);
  return principal === undefined
    ? [...tokens.scan('all', onlyPartition)]
    : [...tokens.scan('principal', principal)];
};

export const tokenList = defineOperation({
  name: 'token_list',
  journal: 'hub',
  category: 'access',
  summary: 'Which tokens there are, for what, and when each was last used.',
  description:
    'Lists your tokens, oldest first; admins see everybody’s, and who is held to some workspaces those for no others. Who does not act as a person sees the one that it calls with. The tokens themselves nobody can read again. With all also those that have expired or were revoked.',
  role: 'reader',
  rate: 'read',
  errors: ['forbidden', 'history_changed'],
  destructive: false,
  idempotent: true,
  leavesOut: { unless: ['all'], remark: 'Only tokens that are good; --all shows those that ended, too.' },
  examples: [
    { title: 'Those that are good', input: {} },
    { title: 'All of one', input: { principal: 'owner', all: true } },
  ],
  input: z.strictObject({
    principal: principalNameSchema.optional().describe('only that one’s; admins may name others'),
    all: z.boolean().optional().meta({ title: 'also those that have ended' }),
    limit: z.int().min(1).max(limitMax).default(limitDefault).meta({ title: 'how many to show' }),
    cursor: z.string().max(cursorCharactersMax).optional().describe('next_cursor; same filters'),
  }),
  output: z.strictObject({
    items: z.array(z.strictObject(tokenShape)),
    total: z.number(),
    next_cursor: z.string().nullable(),
  }),
  query: ({ access, workspaces }, { limit, cursor, ...filter }, { actor, now, history }) => {
    const { principal: asked, all = false } = filter;
    if (asked !== undefined && asked !== actor.principal && actor.role !== 'admin') {
      return refuse(
        'forbidden',
        `Only an admin sees the tokens of others, and you have the role ${actor.role}. Leave principal out to see yours.`,
      );
    }
    const filters = markOf(filter);
    const after = startOf(cursor, { history, filters });
    if (!after.ok) return after;
    const found = seenBy(access, actor, asked).filter(
      (token) =>
        isWithin(workspaces, token, actor.scope) && (all || standingIn(access, token, now) === 'good'),
    );
    const shown = found.filter(({ number }) => number > after.value).slice(0, limit);
    const end = shown.at(-1)?.number;
    const more = end !== undefined && end !== found.at(-1)?.number;
    return ok({
      items: shown.map((token) => viewToken(access, token, now)),
      total: found.length,
      next_cursor: more ? [history, filters, end].join(':') : null,
    });
  },
});
