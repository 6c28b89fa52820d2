import { z } from 'zod';
import { globCharactersMax } from '../../../kernel/glob.ts';
import { lineSchema, nameLengthMax, namePattern, nameSchema, textSchema } from '../../../kernel/ids.ts';
import { instantOf } from '../../../kernel/instants.ts';
import { capabilitySchema } from '../../agents/model.ts';
import type { NewTask } from '../decide/index.ts';
import {
  bodyCharactersMax,
  checklistItemCharactersMax,
  checklistItemsMax,
  dependsOnMax,
  filesMax,
  labelsMax,
  linkCharactersMax,
  linksMax,
  noteCharactersMax,
  reasonCharactersMax,
  requiresMax,
  titleCharactersMax,
} from '../model/limits.ts';
import { statuses } from '../model/task.ts';

const numberedPattern = /^[Tt]-\d+$/;

/** TA5: `T-12` in either case, a slug, or a slug with its project. */
export const taskIdSchema = z
  .string()
  .max(2 * nameLengthMax + 1)
  .overwrite((id) => (numberedPattern.test(id) ? id.toUpperCase() : id))
  .refine(
    (id) =>
      id.split('/').length <= 2 &&
      id.split('/').every((part) => namePattern.test(part) && !part.includes('..')),
    'a task is named T-12, by its slug or as project/slug',
  );

export const slugSchema = nameSchema('A slug').refine(
  (slug) => !numberedPattern.test(slug),
  'a slug may not look like T-12, which is how tasks without one are called',
);

export const projectSchema = nameSchema('A project');
export const sprintSchema = nameSchema('A sprint');
export const labelSchema = nameSchema('A label');
export const statusSchema = z.enum(statuses);
export const prioritySchema = z.int().min(1).max(5);
export const reasonSchema = lineSchema('A reason', reasonCharactersMax);
export const noteSchema = textSchema('A note', noteCharactersMax).min(1);
export const epochSchema = z.int().min(1);
export const dueSchema = z.iso.datetime({ offset: true });

/** TA15: relative, with `/`, not leaving its root; `./` in front is dropped and `/` behind means everything below. */
export const fileSchema = lineSchema('A path', globCharactersMax)
  .overwrite((path) => path.replace(/^(?:\.\/)+/, '').replace(/\/$/, '/**'))
  .refine(
    (path) =>
      !path.includes('\\') &&
      path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..'),
    'a path is relative and uses "/", without ".." or empty parts',
  );

/** A text for people's eyes beside a member; in lists of tasks it would only be said twice. */
type Say = <T extends z.ZodType>(schema: T, text: string) => T;

const planShape = (say: Say) => ({
  body: textSchema('A body', bodyCharactersMax).optional(),
  priority: say(prioritySchema.optional(), '1 = most urgent, 5 = least; default 3'),
  labels: z.array(labelSchema).max(labelsMax).optional(),
  sprint: sprintSchema.optional(),
  parent: taskIdSchema.optional(),
  depends_on: say(z.array(taskIdSchema).max(dependsOnMax).optional(), 'tasks that must be done first'),
  requires: say(z.array(capabilitySchema).max(requiresMax).optional(), 'capabilities'),
  files: say(z.array(fileSchema).max(filesMax).optional(), 'paths or globs it will touch'),
  acceptance: say(
    z.array(lineSchema('An item', checklistItemCharactersMax)).max(checklistItemsMax).optional(),
    'checklist',
  ),
  due: dueSchema.optional(),
  links: z.array(lineSchema('A link', linkCharactersMax)).max(linksMax).optional(),
});

const titleSchema = lineSchema('A title', titleCharactersMax);

const newTaskShape = (say: Say) => ({
  slug: say(slugSchema.optional(), 'own id instead of T-<n>'),
  project: projectSchema.optional(),
  ...planShape(say),
});

const spoken: Say = (schema, text) => schema.describe(text);
const silent: Say = (schema) => schema;

/** The fields of one new task, beside `tasks`. */
export const oneTaskShape = { title: titleSchema.optional(), ...newTaskShape(spoken) };

export const newTaskSchema = z.strictObject({ title: titleSchema, ...newTaskShape(silent) });

/** The plan fields as task_update takes them; those that a task can be without may be null. */
export const changedPlanShape = ((shape) => ({
  title: titleSchema.optional(),
  ...shape,
  body: shape.body.nullable(),
  sprint: shape.sprint.nullable(),
  parent: shape.parent.nullable(),
  due: shape.due.nullable(),
}))(planShape(silent));

/** A task as the input says it, in the words of the rules. */
export const newTaskOf = ({ depends_on, due, ...rest }: z.infer<typeof newTaskSchema>): NewTask => ({
  ...rest,
  dependsOn: depends_on,
  due: due === undefined ? undefined : instantOf(due),
});
