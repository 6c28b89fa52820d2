import { z } from 'zod';

export const refCharactersMax = 500;

const dateTime = z.iso.datetime({ offset: true });

/** The pattern that zod would show for a date-time is longer than all the rest of a schema. */
const instantSchema = z
  .string()
  .refine((text) => dateTime.safeParse(text).success, 'a time is written like 2031-05-01T12:00:00Z')
  .meta({ format: 'date-time' });

/** From when and until when, both included. */
export const spanShape = {
  since: instantSchema.optional().describe('not before, like 2031-05-01T12:00:00Z'),
  until: instantSchema.optional().describe('not after'),
};
