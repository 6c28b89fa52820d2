import { hash } from 'node:crypto';

const style = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem; }
button { font: inherit; padding: 0.4rem 1rem; cursor: pointer; }
`;

/** The code stands behind the # of the address, which browsers send to nobody; it is taken out of sight at once. */
const script = `
'use strict';
const byId = (id) => document.getElementById(id);
const show = (text) => { byId('state').textContent = text; };
const code = location.hash.slice(1);
history.replaceState(null, '', location.pathname);
const shown = (id, is) => { byId(id).hidden = !is; };
const ask = async (method, path, body) => {
  const response = await fetch(path, {
    method,
    credentials: 'same-origin',
    ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const value = await response.json();
  return { ok: response.ok, status: response.status, value };
};
const welcome = ({ principal, role, workspaces }) => {
  const where = workspaces.includes('*') ? '' : ', for ' + workspaces.join(', ');
  show('You are logged in as ' + principal + ' (' + role + where + ').');
  shown('in', false);
  shown('out', true);
  shown('links', true);
};
const nobody = () => {
  show('Nobody is logged in here. Run signalbox login in a terminal, and open the link that it prints.');
  for (const id of ['in', 'out', 'links']) shown(id, false);
};
const guarded = (work) => async () => {
  try {
    await work();
  } catch (fault) {
    show('The hub does not answer (' + fault.message + '). See that it runs, then load this page again.');
  }
};
byId('in').addEventListener('click', guarded(async () => {
  shown('in', false);
  const { ok, value } = await ask('POST', '/login', { code });
  if (ok) welcome(value);
  else show(value.error.message);
}));
byId('out').addEventListener('click', guarded(async () => {
  const { ok, value } = await ask('POST', '/logout', {});
  if (ok) nobody();
  else show(value.error.message);
}));
guarded(async () => {
  if (code !== '') {
    show('The button lets this browser act at this hub in the name of whoever made the link, until you log out, for 12 hours at most.');
    shown('in', true);
    return;
  }
  const { ok, status, value } = await ask('GET', '/v1/login');
  if (ok) welcome(value);
  else if (status === 401) nobody();
  else show(value.error.message);
})();
`;

const sourceOf = (text: string): string => `'sha256-${hash('sha256', text, 'base64')}'`;

/** The page on which a person comes in with a browser. The same for everybody; it holds nothing of the hub. */
export const loginPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Signalbox: log in</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Signalbox</h1>
<p id="state" role="status"></p>
<noscript><p>This page needs JavaScript to hand the code of the link to the hub.</p></noscript>
<p><button id="in" type="button" hidden>Log in</button> <button id="out" type="button" hidden>Log out</button></p>
<ul id="links" hidden>
<li><a href="/v1/events">what happens now, as a stream of events</a></li>
<li><a href="/health">how the hub is</a></li>
<li><a href="/openapi.json">what it can be asked</a></li>
</ul>
</main>
<script>${script}</script>
</body>
</html>
`;

/** It runs its own script and nothing else, asks its own hub and nobody else, and stands in no frame. */
export const loginPagePolicy = `default-src 'none'; script-src ${sourceOf(script)}; style-src ${sourceOf(style)}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
