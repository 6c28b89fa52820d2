import { type Role, roleAtLeast } from '../../kernel/entry.ts';
import type { Operation } from '../../kernel/operation.ts';
import type { Catalogue } from '../catalogue.ts';
import { code, markdownTable, page } from './markdown.ts';

const roles: readonly Role[] = ['reader', 'worker', 'approver', 'admin'];

const mark = (yes: boolean): string => (yes ? 'yes' : '-');

/** Which role may call what, and for what a person is needed. */
export const permissionsPage = ({ operations }: Pick<Catalogue, 'operations'>): string =>
  page('Permissions', [
    'A call is refused with `forbidden` unless its caller has the role that the operation names, or one further to the right. Where a person is needed, agents and services are refused whatever their role, and so is a person who speaks for an agent. What is in no row is refused to everybody.',
    'A token can be for less than its role: for some workspaces, for some categories of operations, for one agent. Which of those that may call an operation may do it to whom is said by the operation itself: tokens of others, for example, only an admin sees. What is of oneself is called whatever categories a token is for, as long as it names nobody and nothing else.',
    markdownTable(
      ['Operation', 'Category', ...roles, 'Needs a person', 'Of oneself'],
      operations.map((operation) => [
        code(operation.name),
        operation.category,
        ...roles.map((role) => mark(roleAtLeast(role, operation.role))),
        mark(needsPerson(operation)),
        mark(operation.ofSelf ?? false),
      ]),
    ),
  ]);

const needsPerson = ({ person }: Operation): boolean => person ?? false;
