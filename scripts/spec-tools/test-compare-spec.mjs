// The seeded test of compare-spec and check-spec-version: runs both commands on changed copies.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { code, group, groups, JSON_BODY, openapi, rename, response, schemas, sent, sound, streams, transfer, write } from './seeds.mjs';
import { tally } from './tally.mjs';

const BREAKING = [
  // On the wire
  ['an operation removed', (d) => delete group(d).delete],
  ['a path removed', (d) => delete d.paths['/v2/{project_id}/log-dump/obs']],
  ['a path with another spelling', (d) => { d.paths['/v2/{project_id}/log-dumps/obs'] = { post: transfer(d) }; delete d.paths['/v2/{project_id}/log-dump/obs']; }],
  ['another server', (d) => (d.servers[0].url = 'https://lts.{region}.example')],
  ['a new required member in a request', (d) => { schemas(d).CreateLogStreamRequestBody.properties.shards = { type: 'integer' }; schemas(d).CreateLogStreamRequestBody.required.push('shards'); }],
  ['a member required that was not', (d) => schemas(d).CreateLogDumpObsRequestBody.required.push('storage_format')],
  ['a new required parameter', (d) => groups(d).get.parameters.push({ name: 'limit', in: 'query', required: true, schema: { type: 'integer' } })],
  ['a shorter name', (d) => (schemas(d).LogGroupName.maxLength = 32)],
  ['a longer minimum of a name', (d) => (schemas(d).ObsBucketName.minLength = 4)],
  ['a lower maximum of the retention', (d) => (schemas(d).TtlInDays.maximum = 30)],
  ['a limit where there was none', (d) => (schemas(d).CreateLogDumpObsRequestBody.properties.log_stream_ids.maxItems = 10)],
  ['a character rule where there was none', (d) => (schemas(d).LogStreamName.pattern = '^[a-z]+$')],
  ['another character rule', (d) => (schemas(d).LogGroupName.pattern = '^[a-z]+$')],
  ['a value that may no longer be sent', (d) => schemas(d).StorageFormat.enum.pop()],
  ['another default', (d) => (schemas(d).StorageFormat.default = 'JSON')],
  ['another type', (d) => (schemas(d).TtlInDays.type = 'string')],
  ['a longer id, which responses have too', (d) => (schemas(d).LogGroupId.maxLength = 64)],
  ['another request media type', (d) => (groups(d).post.requestBody.content = { 'application/json': sent(groups(d).post) })],
  ['a response in another media type', (d) => (groups(d).get.responses['200'].content = { 'application/xml': response(groups(d).get, '200') })],
  ['one of two securities removed', (d) => (d.security = [{ TokenAuth: [] }])],
  ['both securities at once', (d) => (d.security = [{ TokenAuth: [], AkSkAuth: [] }])],
  ['a token in another header', (d) => (d.components.securitySchemes.TokenAuth.name = 'X-Subject-Token')],
  ['a response member removed', (d) => delete schemas(d).LogStream.properties.filter_count],
  ['a response member that may be absent now', (d) => schemas(d).LogGroup.required.shift()],
  ['a response member that may be null', (d) => (schemas(d).LogGroup.properties.log_group_name.nullable = true)],
  ['200 instead of 201', (d) => { groups(d).post.responses['200'] = groups(d).post.responses['201']; delete groups(d).post.responses['201']; }],
  ['a documented status removed', (d) => delete streams(d).get.responses['429']],
  ['an interval removed', (d) => d['x-lts-intervals'].pop()],
  ['an error code removed', (d) => d['x-error-codes'].splice(d['x-error-codes'].indexOf(code(d, 'LTS.0105')), 1)],
  ['an error code of another class', (d) => (code(d, 'LTS.0105').class = 'invalid')],
  // In generated clients
  ['an operationId renamed', (d) => (groups(d).get.operationId = 'getLogGroups')],
  ['a schema renamed', (d) => rename(d, 'LogGroup', 'LogGroupInfo')],
  ['a schema dissolved', (d) => { schemas(d).CreateLogGroupResponseBody.properties.log_group_id = { ...schemas(d).LogGroupId }; }],
  ['an id of another type', (d) => (schemas(d).LogGroup.properties.log_group_id.$ref = '#/components/schemas/LogStreamId')],
  ['an integer of another width', (d) => (schemas(d).LogGroup.properties.creation_time.format = 'int32')],
  ['an operation under another tag', (d) => (transfer(d).tags = ['LogStreams'])],
  ['parameters in another order', (d) => group(d).delete.parameters.reverse()],
  ['a parameter renamed', (d) => { const path = '/v2/{project_id}/groups/{log_group_id}'; d.paths[path.replace('log_group_id', 'group_id')] = JSON.parse(JSON.stringify(d.paths[path]).replace('parameters/LogGroupId', 'parameters/GroupId')); d.components.parameters.GroupId = { ...d.components.parameters.LogGroupId, name: 'group_id' }; delete d.paths[path]; }],
];

const HARMLESS = [
  ['no change', () => {}],
  ['other words', (d) => (groups(d).get.description = 'Lists the log groups of a project, all of them at once.')],
  ['another example', (d) => (sent(groups(d).post).examples.one_week.value.log_group_name = 'another-name')],
  ['one more example', (d) => (sent(groups(d).post).examples.two_weeks = { summary: 'Two weeks', value: { log_group_name: 'x', ttl_in_days: 14 } })],
  ['another source', (d) => schemas(d).LogGroup['x-lts-source'].push('Table 5-12')],
  ['another error text', (d) => (code(d, 'LTS.0101').message = 'The name is taken')],
  ['keys in another order', (d) => { const { info, paths, ...rest } = d; for (const key of Object.keys(d)) delete d[key]; Object.assign(d, rest, { paths, info }); }],
  ['a new operation', (d) => (group(d).get = { ...group(d).delete, operationId: 'getLogGroup' })],
  ['a new optional member in a request', (d) => (schemas(d).CreateLogStreamRequestBody.properties.alias = { type: 'string' })],
  ['a new optional parameter', (d) => groups(d).get.parameters.push({ name: 'limit', in: 'query', schema: { type: 'integer' } })],
  ['a member no longer required in a request', (d) => schemas(d).CreateLogDumpObsRequestBody.required.pop()],
  ['longer names', (d) => (schemas(d).LogStreamName.maxLength = 128)],
  ['one more value that may be sent', (d) => schemas(d).StorageFormat.enum.push('CSV')],
  ['a new response member', (d) => (schemas(d).LogGroup.properties.alias = { type: 'string' })],
  ['a response member that is always present now', (d) => schemas(d).LogStream.required.push('is_favorite')],
  ['one more error status', (d) => (groups(d).get.responses['409'] = groups(d).get.responses['500'])],
  ['one more error code', (d) => d['x-error-codes'].push({ ...code(d, 'LTS.0101'), code: 'LTS.0108' })],
  ['one more security', (d) => { d.components.securitySchemes.Other = { type: 'http', scheme: 'basic' }; d.security.push({ Other: [] }); }],
  ['a response moved into the components', (d) => { d.components.responses.GroupNotCreated = groups(d).post.responses['400']; groups(d).post.responses['400'] = { $ref: '#/components/responses/GroupNotCreated' }; }],
  ['an example moved into the components', (d) => { const { examples } = response(groups(d).post, '400'); d.components.examples.NameTaken = examples.name_taken; examples.name_taken = { $ref: '#/components/examples/NameTaken' }; }],
  ['a shared response with another name', (d) => { const text = JSON.stringify(d).replaceAll('#/components/responses/NotFound', '#/components/responses/Unknown'); Object.assign(d, JSON.parse(text)); d.components.responses.Unknown = d.components.responses.NotFound; delete d.components.responses.NotFound; }],
];

const UNREADABLE = {
  'a missing file': null,
  'not YAML': 'openapi: [3.0.3',
  'not OpenAPI': 'hello: world\n',
  'a reference without target': sound.lts.replace("'#/components/schemas/LogGroup'", "'#/components/schemas/Nothing'"),
};

const folder = await mkdtemp(join(tmpdir(), 'compare-spec-'));
const { check, end } = tally();
try {
  const file = async (name, text) => {
    const path = join(folder, name);
    if (text !== null) await writeFile(path, text);
    return path;
  };
  const old = await file('old.yaml', sound.lts);
  const changed = (change) => {
    const doc = parse(sound.lts);
    change(doc);
    return write(doc);
  };

  const seeds = [...BREAKING.map((seed) => ['breaking', 1, ...seed]), ...HARMLESS.map((seed) => ['harmless', 0, ...seed])];
  const results = await mapFew(seeds, async ([, , name, change]) => run('compare-spec', old, await file(`${name}.yaml`, changed(change))));
  for (const [i, [kind, status, name]] of seeds.entries()) {
    const result = results[i];
    const lines = result.stdout.split('\n').filter(Boolean);
    const first = lines.find((line) => line.startsWith('breaking')) ?? lines[0] ?? 'no change';
    check(result.status === status, `${kind}: ${name}: ${result.status === 2 ? result.stderr.trim() : first}`);
  }
  for (const [name, text] of Object.entries(UNREADABLE)) {
    const { status } = await run('compare-spec', old, await file(`${name}.yaml`, text));
    check(status === 2, `unreadable: ${name}: exit status ${status}`);
  }

  // Versions: the change, the version of the document, the newest section of the changelog, and the exit status.
  const reworded = (d) => (groups(d).get.description = 'Lists the log groups of a project, all of them at once.');
  const enlarged = (d) => (schemas(d).LogStreamName.maxLength = 128);
  const broken = (d) => (groups(d).get.operationId = 'getLogGroups');
  const VERSIONS = [
    ['nothing changed', () => {}, '2.3.4', '2.3.4', 0],
    ['nothing changed but the version', () => {}, '2.3.5', '2.3.5', 1],
    ['reworded', reworded, '2.3.5', '2.3.5', 0],
    ['reworded', reworded, '2.3.4', '2.3.4', 1],
    ['reworded', reworded, '2.3.5', '2.3.4', 1],
    ['an addition', enlarged, '2.4.0', '2.4.0', 0],
    ['an addition', enlarged, '2.3.5', '2.3.5', 1],
    ['a break', broken, '3.0.0', '3.0.0', 0],
    ['a break', broken, '2.4.0', '2.4.0', 1],
    ['a break', broken, '2.3.4', '2.3.4', 1],
  ];
  const home = join(folder, 'openapi');
  await mkdir(join(home, 'released'), { recursive: true });
  await cp(`${openapi}iam.yaml`, join(home, 'iam.yaml'));
  await cp(`${openapi}iam.yaml`, join(home, 'released', 'iam.yaml'));
  const versioned = (version, change) => changed((doc) => { doc.info.version = version; change(doc); });
  await writeFile(join(home, 'released', 'lts.yaml'), versioned('2.3.4', () => {}));
  const iamSection = `## iam ${parse(sound.iam).info.version}\n\n- As it was.\n`;
  for (const [name, change, version, section, status] of VERSIONS) {
    await writeFile(join(home, 'lts.yaml'), versioned(version, change));
    await writeFile(join(home, 'CHANGELOG.md'), `# Changelog\n\n## lts ${section}\n\n- ${name}.\n\n${iamSection}`);
    const result = await run('check-spec-version', home);
    check(result.status === status, `version: 2.3.4, then ${name}, called ${version}, changelog of ${section}: ` +
      (result.status === 2 ? result.stderr.trim() : result.status === 0 ? 'accepted' : 'rejected'));
  }
} finally {
  await rm(folder, { recursive: true });
}
end();

/** Like Promise.all, but runs only three at a time. */
async function mapFew(items, work) {
  const results = [];
  const queue = [...items.entries()];
  await Promise.all([1, 2, 3].map(async () => {
    for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await work(next[1]);
  }));
  return results;
}

function run(script, ...args) {
  return new Promise((done) => {
    const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
    execFile(path, args, (error, stdout, stderr) => done({ status: error ? error.code : 0, stdout, stderr }));
  });
}
