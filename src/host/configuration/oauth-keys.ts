import { textForm } from './forms.ts';
import type { Key } from './key.ts';
import { issuerForm, resourceForm, rolesForm, scopeForm, scopesForm } from './oauth-forms.ts';

/** In the order in which they are listed. */
export const oauthKeyNames = [
  'oauth-issuer',
  'oauth-roles',
  'oauth-groups-claim',
  'oauth-scopes',
  'oauth-person-scope',
  'oauth-resource',
  'oauth-audience',
  'oauth-introspection',
  'oauth-client-secret',
] as const;

export type OAuthKeyName = (typeof oauthKeyNames)[number];

/** What lets people and programs in with tokens of an identity provider. */
export const oauthKeys: Readonly<Record<OAuthKeyName, Key>> = {
  'oauth-issuer': {
    variable: 'SIGNALBOX_OAUTH_ISSUER',
    placeholder: 'URL',
    meaning: 'an identity provider whose tokens let in',
    description:
      "The identity provider whose tokens let in besides the hub's own, exactly as its tokens name it (`iss`): https, or http on this machine. docs/oauth.md says how to set it up.",
    form: issuerForm,
    example: 'https://login.example.com/realms/main',
    files: 'own',
  },
  'oauth-roles': {
    variable: 'SIGNALBOX_OAUTH_ROLES',
    placeholder: 'RULES',
    meaning: 'what its groups and scopes stand for: group:NAME=ROLE@WORKSPACES; ...',
    description:
      'What groups and scopes of the identity provider stand for: rules with semicolons between them, each group:NAME=ROLE@WORKSPACES or scope:NAME=ROLE@WORKSPACES, with commas between workspaces, or * for all. Who fits none is not let in.',
    form: rolesForm,
    example: '"group:engineering=worker@shop,main; scope:signalbox.read=reader@*"',
    files: 'own',
  },
  'oauth-groups-claim': {
    variable: 'SIGNALBOX_OAUTH_GROUPS_CLAIM',
    placeholder: 'NAME',
    meaning: 'groups: the claim of a token that holds the groups',
    description:
      'The claim of a token that holds the groups. With dots, the way to a claim within others, such as realm_access.roles.',
    form: textForm,
    default: 'groups',
    files: 'own',
  },
  'oauth-scopes': {
    variable: 'SIGNALBOX_OAUTH_SCOPES',
    placeholder: 'NAMES',
    meaning: 'scopes that clients ask for besides those of oauth-roles',
    description:
      'Scopes that clients are told to ask for, with commas between them, besides those that oauth-roles names: such as the one with which the identity provider puts the groups into a token.',
    form: scopesForm,
    example: 'openid,groups',
    files: 'own',
  },
  'oauth-person-scope': {
    variable: 'SIGNALBOX_OAUTH_PERSON_SCOPE',
    placeholder: 'NAME',
    meaning: "the scope without which a token is no person's",
    description:
      "The scope without which a token of the identity provider is no person's, but that of an agent of the person: one that clients of MCP do not get. Without it, a token is a person's when the provider says of its subject what it says only of people.",
    form: scopeForm,
    example: 'signalbox.person',
    files: 'own',
  },
  'oauth-resource': {
    variable: 'SIGNALBOX_OAUTH_RESOURCE',
    placeholder: 'URL',
    meaning: 'where clients reach the hub, when that is not where it listens',
    description:
      'The address under which clients reach the hub, without a path, when a proxy stands before it. Clients ask for tokens that are made out to it. Without it, the address that they call.',
    form: resourceForm,
    example: 'https://signalbox.example.com',
    files: 'own',
  },
  'oauth-audience': {
    variable: 'SIGNALBOX_OAUTH_AUDIENCE',
    placeholder: 'NAMES',
    meaning: "the hub's own address: what tokens have to be made out to",
    description:
      "What a token has to be made out to (`aud`), with commas between several, of which one is enough. Without it, the hub's own address, or that of its MCP; it is needed where the identity provider writes something else.",
    form: textForm,
    example: 'api://signalbox',
    files: 'own',
  },
  'oauth-introspection': {
    variable: 'SIGNALBOX_OAUTH_INTROSPECTION',
    placeholder: 'CLIENT_ID',
    meaning: 'the name under which the hub asks about tokens that say nothing themselves',
    description:
      'The client id under which the hub asks the identity provider whether a token that is no JWT holds (RFC 7662). It needs a secret as well. Without it, only JWTs let in.',
    form: textForm,
    example: 'signalbox-hub',
    files: 'own',
  },
  'oauth-client-secret': {
    variable: 'SIGNALBOX_OAUTH_CLIENT_SECRET',
    placeholder: 'SECRET',
    meaning: 'the secret that goes with oauth-introspection',
    description: 'The secret that belongs to the client id of oauth-introspection.',
    form: textForm,
    example: 'op://Team/Signalbox/client-secret',
    files: 'own',
    secret: true,
  },
};
