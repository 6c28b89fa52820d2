import { z } from 'zod';
import { spellingsOf } from '../../../kernel/glob-spellings.ts';
import { globCharactersMax, isGlob } from '../../../kernel/glob.ts';
import { lineSchema, nameSchema, textSchema } from '../../../kernel/ids.ts';
import { nameLengthMax, namePattern } from '../../../kernel/names.ts';
import { instantOf } from '../../../kernel/instants.ts';
import { capabilitySchema } from '../../agents/model.ts';
import { fenceSchema } from '../../leases/model/index.ts';
import type { NewTask } from '../decide/index.ts';
import {
  bodyCharactersMax,
  checklistItemCharactersMax,
  checklistItemsMax,
  dependsOnMax,
  fileGlobsMax,
  filesMax,
  labelsMax,
  linkCharactersMax,
  linksMax,
  noteCharactersMax,
  reasonCharactersMax,
  requiresMax,
  tasksPerAddMax,
  titleCharactersMax,
} from '../model/limits.ts';
import { statuses } from '../model/task.ts';

const numberedPattern = /^[Tt]-\d+$/;

const taskIdCharactersMax = 2 * nameLengthMax + 1;

/** A name, without the ends of the line. */
const nameSource = namePattern.source.slice(1, -1);

/** TA5: `T-12` in either case, a slug, or a slug with its project. */
export const taskIdSchema = z
  .string()
  .max(taskIdCharactersMax)
  .overwrite((id) => (id.startsWith('t-') && numberedPattern.test(id) ? id.toUpperCase() : id))
  .regex(
    new RegExp(String.raw`^(?!.*\.\.)${nameSource}(?:/${nameSource})?$`),
    'a task is named T-12, by its slug or as project/slug',
  );

/** What the id of a task may begin with, up to all of it. */
export const taskIdBeginningSchema = z
  .string()
  .max(taskIdCharactersMax)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/(?:[A-Za-z0-9][A-Za-z0-9._-]*)?)?$/,
    'no id of a task begins like this; they are like T-12, a slug or project/slug',
  )
  .refine((text) => !text.includes('..'), 'no id of a task holds ".."');

const slugSchema = nameSchema('A slug').refine(
  (slug) => !numberedPattern.test(slug),
  'a slug may not look like T-12, which is how tasks without one are called',
);

export const projectSchema = nameSchema('A project');
export const sprintSchema = nameSchema('A sprint');
export const labelSchema = nameSchema('A label');
export const statusSchema = z.enum(statuses);
const prioritySchema = z.int().min(1).max(5);
export const reasonSchema = lineSchema('A reason', reasonCharactersMax);
export const noteSchema = textSchema('A note', noteCharactersMax).min(1);
export const epochSchema = z.int().min(1);
/** The lock under which a task is worked on. */
export const taskFenceSchema = fenceSchema.optional().describe('refused once this token of the lock is old');
const dateTime = z.iso.datetime({ offset: true });

/** The pattern that zod would show for a date-time is longer than all the rest of a schema. */
const dueSchema = z
  .string()
  .refine((text) => dateTime.safeParse(text).success, 'a time is written like 2031-01-31T12:00:00Z')
  .meta({ format: 'date-time' });

/** TA15: relative, with `/`, not leaving its root; `./` in front is dropped and `/` behind means everything below. */
const fileSchema = lineSchema('A path', globCharactersMax)
  .overwrite((path) => path.replace(/^(?:\.\/)+/, '').replace(/\/$/, '/**'))
  .refine(
    (path) =>
      !path.includes('\\') &&
      (spellingsOf(path) ?? [path]).every((spelling) => spelling.split('/').every(isPlainSegment)),
    'a path is relative and uses "/", without ".." or empty parts',
  );

const isPlainSegment = (segment: string): boolean => segment !== '' && segment !== '.' && segment !== '..';

const filesSchema = z
  .array(fileSchema)
  .max(filesMax)
  .refine(
    (files) => files.filter(isGlob).length <= fileGlobsMax,
    `at most ${fileGlobsMax} of the files may be globs; name a folder, which covers what is below it`,
  );

const planShape = {
  body: textSchema('A body', bodyCharactersMax).optional().meta({ title: 'what is to be done, at length' }),
  priority: prioritySchema.optional().describe('1 (urgent) to 5; default 3'),
  labels: z.array(labelSchema).max(labelsMax).optional().meta({ title: 'words to list it by' }),
  sprint: sprintSchema.optional().meta({ title: 'sprint that it belongs to' }),
  parent: taskIdSchema.optional().meta({ title: 'task that it is a part of' }),
  depends_on: z.array(taskIdSchema).max(dependsOnMax).optional().describe('ids or slugs'),
  requires: z.array(capabilitySchema).max(requiresMax).optional().describe('capabilities'),
  files: filesSchema.optional().describe('paths or globs to be touched'),
  acceptance: z
    .array(lineSchema('An item', checklistItemCharactersMax))
    .max(checklistItemsMax)
    .optional()
    .describe('checklist'),
  due: dueSchema.optional().meta({ title: 'by when it should be done' }),
  links: z
    .array(lineSchema('A link', linkCharactersMax))
    .max(linksMax)
    .optional()
    .meta({ title: 'addresses to read' }),
};

const titleSchema = lineSchema('A title', titleCharactersMax);

const newTaskShape = {
  slug: slugSchema.optional().meta({ title: 'name to call it by instead of T-12' }),
  project: projectSchema.optional().meta({ title: 'project, in which slugs are unique' }),
  ...planShape,
};

/** The fields of one new task. */
export const oneTaskShape = { title: titleSchema.optional(), ...newTaskShape };

const newTaskSchema = z.strictObject({ title: titleSchema, ...newTaskShape });

/** Many new tasks. The fields are shown once, beside this list; what is checked is the same. */
export const manyTasksSchema = z
  .array(z.looseObject({}))
  .min(1)
  .max(tasksPerAddMax)
  .pipe(z.array(newTaskSchema));

/** The plan fields as task_update takes them; those that a task can be without may be null. */
export const changedPlanShape = {
  title: titleSchema.optional().meta({ title: 'new title' }),
  ...planShape,
  priority: prioritySchema.optional().meta({ title: '1 (urgent) to 5' }),
  body: planShape.body.nullable().meta({ title: 'what is to be done, at length' }),
  sprint: planShape.sprint.nullable().meta({ title: 'sprint that it belongs to' }),
  parent: planShape.parent.nullable().meta({ title: 'task that it is a part of' }),
  due: planShape.due.nullable().meta({ title: 'by when it should be done' }),
};

/** A task as the input says it, in the words of the rules. */
export const newTaskOf = ({ depends_on, due, ...rest }: z.infer<typeof newTaskSchema>): NewTask => ({
  ...rest,
  dependsOn: depends_on,
  due: due === undefined ? undefined : instantOf(due),
});
