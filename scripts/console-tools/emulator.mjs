// Starts emulators and logs in, for the scripts of this folder.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** The emulator's default project. */
export const PROJECT = '0123456789abcdef0123456789abcdef';

/** Starts an emulator in a child process. */
export async function start(lts, listen, ...flags) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LTS_EMULATOR_')));
  const child = spawn(lts, ['emulator', '--listen', listen, ...flags], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const url = line.match(/http:\S+$/)[0];
  return { process: child, url, token: await login(url) };
}

export async function login(url) {
  const user = { name: 'lts', password: 'lts-emulator', domain: { name: 'lts' } };
  const auth = { identity: { methods: ['password'], password: { user } }, scope: { project: { id: PROJECT } } };
  const response = await fetch(`${url}/v3/auth/tokens`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ auth }) });
  if (response.status !== 201) throw new Error(`login: ${response.status}`);
  return response.headers.get('X-Subject-Token');
}

/** A call of a client. */
export async function call({ url, token }, method, path, body) {
  const response = await fetch(`${url}/v2/${PROJECT}/${path}`, {
    method,
    headers: { 'X-Auth-Token': token, ...(body && { 'Content-Type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  return response.status === 204 ? null : response.json();
}

/** Writes lines, each a nanosecond later than the one before. */
export async function put(emulator, group, stream, contents, labels = {}) {
  const log_time_ns = String(BigInt(Date.now()) * 1_000_000n);
  const path = `lts/groups/${group}/streams/${stream}/tenant/contents`;
  const response = await call(emulator, 'POST', path, { log_time_ns, contents, labels });
  if (response.errorCode !== 'SVCSTG.ALS.200.200') throw new Error(JSON.stringify(response));
}

/** A request to the admin API. */
export async function admin({ url }, method, path, body) {
  const response = await fetch(`${url}/_emulator/${path}`, { method, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? null : response.json();
}
