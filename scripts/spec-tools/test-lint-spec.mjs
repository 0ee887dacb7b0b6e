// The seeded test of lint-spec.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { lint } from './lint.mjs';
import { code, group, groups, JSON_BODY, openapi, rename, response, schemas, sent, sound, streams, tags, transfer, transfers, write } from './seeds.mjs';
import { tally } from './tally.mjs';

const created = (doc) => groups(doc).post.responses['201'];
const writing = (doc) => Object.entries(doc.paths).find(([path]) => path.endsWith('/tenant/contents'))[1].post;

/** The defect of a copy, and the change that makes it. */
const DEFECTS = {
  lts: [
    // Effects
    ['an operation without an effect', (d) => delete groups(d).get['x-lts-effect']],
    ['an unknown effect', (d) => (groups(d).get['x-lts-effect'] = 'list')],
    // Examples
    ['a request body without examples', (d) => delete sent(groups(d).post).examples],
    ['a response without examples', (d) => delete response(groups(d).get, '200').examples],
    ['a shared response without examples', (d) => delete d.components.responses.TooManyRequests.content['application/json'].examples],
    ['an example without a summary', (d) => delete sent(groups(d).post).examples.one_week.summary],
    ['an example that lacks a required member', (d) => delete sent(transfer(d)).examples.required_only.value.period],
    ['an example with a string for an integer', (d) => (sent(groups(d).post).examples.one_week.value.ttl_in_days = '7')],
    ['an example outside of an enumeration', (d) => (sent(transfer(d)).examples.required_only.value.period = 7)],
    ['an example id of 34 characters', (d) => (response(groups(d).post, '201').examples.created.value.log_group_id = 'b6b9332b-091f-4b22-b810-264318d2d6')],
    ['a schema example that breaks the pattern', (d) => (schemas(d).LogGroupName.example = '.hidden')],
    ['an example with an unknown error code', (d) => (response(groups(d).post, '400').examples.name_taken.value.error_code = 'LTS.0403')],
    ['an example with the code of another status', (d) => (response(groups(d).post, '500').examples.create_failed.value.error_code = 'LTS.0009')],
    ['an error without a code', (d) => delete response(groups(d).post, '500').examples.create_failed.value.error_code],
    ['an error without a message', (d) => delete response(groups(d).post, '500').examples.create_failed.value.error_msg],
    ['a shared error without a code', (d) => delete d.components.examples.InternalError.value.error_code],
    ['a shared error with the code of another status', (d) => (d.components.examples.GroupNotFound.value.error_code = 'LTS.0102')],
    ['a message with other intervals than are allowed', (d) => (response(transfer(d), '200').examples.interval_invalid.value.error_msg = 'period+period_unit is not in the list [2min, 5min, 30min, 1hour, 3hour, 6hour]')],
    ['a message with other formats than are allowed', (d) => (response(transfer(d), '200').examples.storage_format_invalid.value.error_msg = 'storage_format is not in the list [RAW]')],
    // Lengths, ranges, types
    ['a length that its example does not have', (d) => (schemas(d).ProjectId.maxLength = 31)],
    ['a length that the description does not have', (d) => (schemas(d).LogStreamName.maxLength = 128)],
    ['a length that the parameter does not have', (d) => (d.components.parameters.LogGroupId.description = 'The id of the log group, 32 characters.')],
    ['a length left out', (d) => delete schemas(d).PrefixName.maxLength],
    ['a range that the description does not have', (d) => (schemas(d).TtlInDays.maximum = 30)],
    ['a range upside down', (d) => Object.assign(schemas(d).LogStream.properties.filter_count, { minimum: 6, description: 'The number of filters.' })],
    ['a string limit on an integer', (d) => (schemas(d).TtlInDays.maxLength = 3)],
    ['a format of another type', (d) => (schemas(d).TtlInDays.format = 'date-time')],
    ['a list that may be empty', (d) => delete schemas(d).CreateLogDumpObsRequestBody.properties.log_stream_ids.minItems],
    ['a pattern without its words', (d) => delete schemas(d).LogGroupName['x-lts-rule']],
    ['words without their pattern', (d) => delete schemas(d).LogGroupName.pattern],
    ['a schema without a type', (d) => delete schemas(d).LogStreamName.type],
    ['a response with an empty schema', (d) => delete response(groups(d).post, '400').schema.$ref],
    ['an integer without a width', (d) => delete schemas(d).Period.format],
    ['an unknown type', (d) => (schemas(d).TtlInDays.type = 'int')],
    ['an array without items', (d) => delete schemas(d).ListLogGroupsResponseBody.properties.log_groups.items],
    ['an enumeration that repeats a value', (d) => schemas(d).PeriodUnit.enum.push('min')],
    ['an enumeration with a value of another type', (d) => (schemas(d).Period.enum[0] = '1')],
    ['a default outside of its enumeration', (d) => (schemas(d).StorageFormat.default = 'CSV')],
    ['a request body without required members', (d) => delete schemas(d).CreateLogGroupRequestBody.required],
    ['a required member that is not defined', (d) => schemas(d).LogGroup.required.push('log_group_alias')],
    ['an exclusive limit as in OpenAPI 3.1', (d) => (schemas(d).TtlInDays.exclusiveMinimum = 0)],
    ['an id with format uuid', (d) => (schemas(d).LogGroupId.format = 'uuid')],
    ['a closed object', (d) => (schemas(d).LogGroup.additionalProperties = false)],
    // Media types and bodies
    ['the media type with a space', (d) => (groups(d).post.requestBody.content = { 'application/json; charset=UTF-8': sent(groups(d).post) })],
    ['a second request media type', (d) => (groups(d).post.requestBody.content['application/json'] = sent(groups(d).post))],
    ['a response that is text only', (d) => delete d.components.responses.ServiceUnavailable.content['application/json']],
    ['503 in JSON only', (d) => delete d.components.responses.ServiceUnavailable.content['text/plain']],
    ['a body without a schema', (d) => delete response(groups(d).get, '200').schema],
    ['an update without a body', (d) => delete group(d).post.responses['200'].content],
    ['a change of tags with an error without a body', (d) => delete tags(d).post.responses['400'].content],
    ['a status without a body', (d) => delete groups(d).post.responses['500'].content],
    ['204 with a body', (d) => (group(d).delete.responses['204'].content = created(d).content)],
    ['201 with another schema than 200', (d) => (response(transfer(d), '201').schema = { $ref: '#/components/schemas/CreateLogStreamResponseBody' })],
    // Operations, parameters, statuses, security
    ['a removed 429', (d) => delete groups(d).post.responses['429']],
    ['a removed 403', (d) => delete transfer(d).responses['403']],
    ['a creation without 201', (d) => delete transfer(d).responses['201']],
    ['a creation of a newer edition with neither 200 nor 201', (d) => (transfers(d).post.responses['202'] = transfers(d).post.responses['200']) && delete transfers(d).post.responses['200']],
    ['a deletion of the reference with 200', (d) => { group(d).delete.responses['200'] = group(d).delete.responses['204']; delete group(d).delete.responses['204']; }],
    ['a change of tags without success', (d) => delete tags(d).post.responses['200']],
    ['an operation without success', (d) => delete groups(d).get.responses['200']],
    ['a status that does not exist', (d) => (groups(d).get.responses['299x'] = groups(d).get.responses['200'])],
    ['a default response', (d) => (groups(d).get.responses.default = groups(d).get.responses['500'])],
    ['an operationId used twice', (d) => (streams(d).get.operationId = 'listLogGroups')],
    ['an operationId that does not start with a verb', (d) => (groups(d).get.operationId = 'logGroupsList')],
    ['an operationId that starts with an unknown verb', (d) => (tags(d).post.operationId = 'batchTags')],
    ['an operationId in snake_case', (d) => (groups(d).get.operationId = 'list_log_groups')],
    ['an operation without operationId', (d) => delete transfer(d).operationId],
    ['an operation without a tag', (d) => delete groups(d).get.tags],
    ['a tag that is not defined', (d) => (groups(d).get.tags = ['Groups'])],
    ['tags out of order', (d) => d.tags.reverse()],
    ['a header parameter named Content-Type', (d) => groups(d).get.parameters.push({ name: 'Content-Type', in: 'header', description: 'The media type of the body.', 'x-lts-source': ['Table 5-11'], schema: { type: 'string' }, example: JSON_BODY })],
    ['a header parameter named Authorization', (d) => (d.components.parameters.Signature = { name: 'authorization', in: 'header', description: 'The signature.', 'x-lts-source': ['Table 5-11'], schema: { type: 'string' }, example: 'x' }) && groups(d).get.parameters.push({ $ref: '#/components/parameters/Signature' })],
    ['a response header named Content-Type', (d) => (groups(d).get.responses['200'].headers['Content-Type'] = d.components.headers.RequestId)],
    ['a response without the request id', (d) => delete groups(d).get.responses['200'].headers],
    ['a path parameter that is not declared', (d) => streams(d).get.parameters.pop()],
    ['a path parameter that is not in the path', (d) => groups(d).get.parameters.push({ $ref: '#/components/parameters/LogGroupId' })],
    ['a path parameter that may be left out', (d) => (d.components.parameters.LogGroupId.required = false)],
    ['an ambiguous path', (d) => (d.paths['/v2/groups/{project_id}'] = { get: { ...groups(d).get, operationId: 'listGroups' } })],
    ['the same path with another name in it', (d) => (d.paths['/v2/{id}/groups'] = { get: { ...groups(d).get, operationId: 'listGroups', parameters: [{ ...d.components.parameters.ProjectId, name: 'id' }] } })],
    ['a security scheme that is not defined', (d) => delete d.components.securitySchemes.AkSkAuth],
    ['a token in another header', (d) => (d.components.securitySchemes.TokenAuth.name = 'X-Subject-Token')],
    ['both security schemes at once', (d) => (d.security = [{ TokenAuth: [], AkSkAuth: [] }])],
    ['an operation that needs no credential', (d) => (groups(d).get.security = [])],
    ['an operation with a server of its own that writes no logs', (d) => (groups(d).get.servers = writing(d).servers)],
    ['an operation that writes logs without its server', (d) => delete writing(d).servers],
    ['an operation that writes logs with one signature only', (d) => writing(d).security.pop()],
    ['an operation that writes logs by plain http', (d) => (writing(d).servers[0].url = 'http://lts-access.example.com:8102')],
    ['an error of writing without its message', (d) => delete d.components.responses.WriteRejected.content['application/json'].examples.rejected.value.error_msg],
    ['an unknown code of writing', (d) => (d.components.responses.WriteRejected.content['application/json'].examples.rejected.value.errorCode = 'SVCSTG.ALS.1')],
    ['a member in camel case that no operation has', (d) => (schemas(d).PutLogsResponseBody.properties.requestId = schemas(d).PutLogsResponseBody.properties.error_msg)],
    ['a server without x-lts-source', (d) => delete d.servers[0]['x-lts-source']],
    ['a server without TLS', (d) => (d.servers[0].url = 'http://lts.{region}.{cloud}')],
    ['a server variable that is not defined', (d) => delete d.servers[0].variables.cloud],
    // Links, references, components
    ['a link left out', (d) => delete created(d).links.createLogStream],
    ['a link to no operation', (d) => (created(d).links.deleteLogGroup.operationId = 'removeLogGroup')],
    ['a link that leaves a parameter out', (d) => delete created(d).links.deleteLogGroup.parameters.log_group_id],
    ['a link with a parameter that its target lacks', (d) => (created(d).links.deleteLogGroup.parameters.group = '$request.path.project_id')],
    ['a link that reads a member which is not there', (d) => (created(d).links.deleteLogGroup.parameters.log_group_id = '$response.body#/id')],
    ['a link that reads a path parameter which is not there', (d) => (created(d).links.listLogGroups.parameters.project_id = '$request.path.project')],
    ['a dangling $ref', (d) => (schemas(d).LogGroup.properties.log_group_id.$ref = '#/components/schemas/GroupId')],
    ['a dangling $ref to a response', (d) => (groups(d).get.responses['404'].$ref = '#/components/responses/Missing')],
    ['a $ref into another file', (d) => (groups(d).get.responses['404'].$ref = 'iam.yaml#/components/headers/TraceId')],
    ['a dangling $ref to an example', (d) => (response(groups(d).post, '500').examples.internal.$ref = '#/components/examples/Missing')],
    ['a component that nothing uses', (d) => (schemas(d).Unused = { ...schemas(d).LogStreamName })],
    ['a shared example that nothing uses', (d) => (d.components.examples.Unused = { ...d.components.examples.BodyInvalid })],
    ['a shared example in snake_case', (d) => { d.components.examples.body_invalid = d.components.examples.BodyInvalid; for (const operation of [groups(d).post, streams(d).post, transfer(d)]) response(operation, '400').examples.body_invalid.$ref = '#/components/examples/body_invalid'; delete d.components.examples.BodyInvalid; }],
    ['a member in camelCase', (d) => (schemas(d).LogGroup.properties.logGroupAlias = { ...schemas(d).LogGroup.properties.log_group_name })],
    ['a schema named …Request', (d) => rename(d, 'CreateLogGroupRequestBody', 'CreateLogGroupRequest')],
    ['a schema in snake_case', (d) => rename(d, 'LogGroup', 'log_group')],
    // Words
    ['an operation without a summary', (d) => delete groups(d).get.summary],
    ['an operation without a description', (d) => delete groups(d).get.description],
    ['a member without a description', (d) => delete schemas(d).LogGroup.properties.ttl_in_days.description],
    ['a parameter without a description', (d) => delete d.components.parameters.ProjectId.description],
    ['a link without a description', (d) => delete created(d).links.deleteLogGroup.description],
    ['a tag without a description', (d) => delete d.tags[0].description],
    ['a misspelt keyword', (d) => (schemas(d).LogGroup.descripton = 'x')],
    ['info without a version', (d) => delete d.info.version],
    ['info without a license', (d) => delete d.info.license],
    // Sources and our other extensions
    ['an operation without x-lts-source', (d) => delete groups(d).get['x-lts-source']],
    ['a member without x-lts-source', (d) => delete schemas(d).LogGroup.properties.ttl_in_days['x-lts-source']],
    ['a response without x-lts-source', (d) => delete d.components.responses.Forbidden['x-lts-source']],
    ['a shared example without x-lts-source', (d) => delete d.components.examples.BodyInvalid['x-lts-source']],
    ['an error code without x-lts-source', (d) => delete code(d, 'LTS.0101')['x-lts-source']],
    ['a malformed source', (d) => (schemas(d).LogGroupName['x-lts-source'] = ['table 5.3'])],
    ['a source that is a word alone', (d) => (schemas(d).LogGroupName['x-lts-source'] = 'Table 5-3')],
    ['a table that the reference lacks', (d) => (schemas(d).LogGroupName['x-lts-source'] = ['Table 5-54'])],
    ['a section that the reference lacks', (d) => (transfer(d)['x-lts-source'] = ['Section 5.3.2'])],
    ['a source named twice', (d) => schemas(d).LogGroupName['x-lts-source'].push('Table 5-3')],
    ['a resolution that settles nothing', (d) => delete schemas(d).LogGroupName['x-lts-resolution'][0].settled],
    ['an unknown extension', (d) => (schemas(d).LogGroupName['x-lts-sources'] = ['Table 5-3'])],
    ['an error code without a status', (d) => delete code(d, 'LTS.0101').status],
    ['an error code without a solution', (d) => delete code(d, 'LTS.0101').solution],
    ['an error code of an unknown class', (d) => (code(d, 'LTS.0101').class = 'conflict')],
    ['an error code listed twice', (d) => d['x-error-codes'].push({ ...code(d, 'LTS.0101') })],
    ['an error code without an example', (d) => delete code(d, 'LTS.1903')['x-lts-note']],
    ['a removed error code', (d) => d['x-error-codes'].splice(d['x-error-codes'].indexOf(code(d, 'LTS.0105')), 1)],
    ['an error code without an example with its status', (d) => Object.assign(d.components.examples.InternalErrorAs400.value, { error_code: 'LTS.0009', error_msg: 'Failed to validate the request body' })],
    ['a variant with the message of another code', (d) => (d['x-gateway-error-codes'].find((row) => row['x-lts-variants'])['x-lts-variants'][0].message = 'The token is wrong')],
    ['a gateway code of an unknown class', (d) => (d['x-gateway-error-codes'][0].class = 'gone')],
    ['no table of gateway codes', (d) => delete d['x-gateway-error-codes']],
    ['an error code for a member that is in no table', (d) => (schemas(d).TransferType['x-lts-error-code'].code = 'LTS.1904')],
    ['an error code for a member without its example', (d) => (schemas(d).TransferType['x-lts-error-code'].example = 'kind_invalid')],
    ['an error code for a member with the example of another', (d) => (schemas(d).PrefixName['x-lts-error-code'].example = 'type_invalid')],
    ['an error code for a member that has no limit', (d) => delete schemas(d).PrefixName.maxLength],
    ['an error code for a parameter that is in no table', (d) => (transfers(d).get.parameters[1].schema['x-lts-error-code'].code = 'LTS.0199')],
    ['an error code for a parameter without its example', (d) => (transfers(d).get.parameters[1].schema['x-lts-error-code'].example = 'type_invalid')],
    ['an error code for a parameter that has no limit', (d) => delete transfers(d).get.parameters[1].schema.enum],
    ['an error code for an action without its example', (d) => (schemas(d).ChangeTagsRequestBody.properties.action['x-lts-error-code'].example = 'kind_invalid')],
    ['an error code for a member that only an object in the body has', (d) => (schemas(d).LogTransferType['x-lts-error-code'] = { code: 'LTS.0009', status: 400, example: 'body_invalid' })],
    ['an error that no member refers to', (d) => delete schemas(d).TransferType['x-lts-error-code']],
    ['an error code with a message that no example has', (d) => (code(d, 'LTS.0101').message = 'Failed to create log group, the name exists')],
    ['a text with an unknown code', (d) => (schemas(d).TtlInDays.description += 'Or with LTS.0116.')],
    ['a quota removed', (d) => delete groups(d).post['x-lts-quota']],
    ['an interval that the enumerations forbid', (d) => (d['x-lts-intervals'][1] = { name: '10min', period: 10, period_unit: 'min' })],
    ['an interval with a wrong name', (d) => (d['x-lts-intervals'][0].name = '2hour')],
    ['an interval too few', (d) => d['x-lts-intervals'].pop()],
    ['an operation of a newer edition without an alternative', (d) => delete group(d).post['x-lts-alternative']],
    ['an alternative of an operation that all clouds have', (d) => (groups(d).get['x-lts-alternative'] = 'Use the console.')],
    ['a type of transfer that the enumeration lacks', (d) => (d['x-lts-transfer-types'][1].type = 'DWS')],
    ['a type of transfer too few', (d) => d['x-lts-transfer-types'].pop()],
    ['a type of transfer listed twice', (d) => d['x-lts-transfer-types'].push({ ...d['x-lts-transfer-types'][0] })],
    ['a type of transfer with an unknown mode', (d) => (d['x-lts-transfer-types'][0].mode = 'daily')],
    ['a mode that no type of transfer has', (d) => schemas(d).LogTransferMode.enum.push('daily')],
    ['a type of transfer that requires an unknown member', (d) => d['x-lts-transfer-types'][2].required.push('kafka_group')],
    ['a type of transfer without required members', (d) => delete d['x-lts-transfer-types'][0].required],
    ['types of transfer that are no list', (d) => (d['x-lts-transfer-types'] = {})],
    ['a quota that the description does not have', (d) => (groups(d).post['x-lts-quota'].default = 50)],
    ['a quota with a code of another class', (d) => (groups(d).post['x-lts-quota'].code = 'LTS.0101')],
    ['a rule of the service with an unknown code', (d) => (schemas(d).TtlInDays['x-lts-service-rule'].code = 'LTS.0199')],
  ],
  iam: [
    ['a response without examples', (d) => delete response(d.paths['/v3/projects'].get, '401').examples],
    ['a parameter without x-lts-source', (d) => delete d.paths['/v3/projects'].get.parameters[0]['x-lts-source']],
    ['a member without a description', (d) => delete schemas(d).Token.properties.expires_at.description],
    ['a member in camelCase', (d) => (schemas(d).Token.properties.expiresAt = { ...schemas(d).Token.properties.expires_at })],
    ['a default response', (d) => (d.paths['/v3/projects'].get.responses.default = d.paths['/v3/projects'].get.responses['401'])],
    ['an operationId used twice', (d) => (d.paths['/v3/projects'].get.operationId = 'createToken')],
    ['a dangling $ref', (d) => (schemas(d).Token.properties.user.$ref = '#/components/schemas/User')],
    ['a response without the trace id', (d) => delete d.paths['/v3/projects'].get.responses['200'].headers],
    ['an operation that overrides security', (d) => (d.paths['/v3/projects'].get.security = [{ TokenAuth: [] }])],
  ],
};

/** Defects of the text, which a parsed document cannot have. */
const SLIPS = [
  ['a key written twice', (text) => text.replace(/^  version: .*$/m, '$&\n$&')],
  ['a wrong indentation', (text) => text.replace(/^tags:$/m, ' tags:')],
  ['a document of another kind', () => 'swagger: "2.0"\n'],
];

function seed(kind, defect) {
  const doc = parse(sound[kind]);
  defect(doc);
  return write(doc);
}

const folder = await mkdtemp(join(tmpdir(), 'lint-spec-'));
const { check, end } = tally();
try {
  const copies = [];
  for (const kind of ['lts', 'iam']) {
    const rewritten = write(parse(sound[kind]));
    const add = async (name, text) => {
      if (name && [sound[kind], rewritten].includes(text)) throw new Error(`"${name}" changes nothing`);
      const file = join(folder, `${copies.length}.yaml`);
      await writeFile(file, text);
      copies.push({ file, kind, name });
    };
    await add(null, sound[kind]);
    await add(null, rewritten);
    for (const [name, defect] of DEFECTS[kind]) await add(name, seed(kind, defect));
    if (kind === 'lts') for (const [name, slip] of SLIPS) await add(name, slip(sound.lts));
  }

  const findings = await lint(copies);
  const caughtBy = (file) => [...new Set(findings.filter((finding) => finding.file === file).map(({ rule }) => rule))];
  for (const { file, kind, name } of copies) {
    const rules = caughtBy(file);
    if (name) check(rules.length > 0, `${kind}: ${name}: ${rules.join(', ') || 'NOT CAUGHT'}`);
    else check(rules.length === 0, `${kind}: no defect: ${rules.join(', ') || 'no finding'}`);
  }

  const { rules } = parse(await readFile(`${openapi}.spectral.yaml`, 'utf8'));
  const ours = Object.keys(rules).filter((name) => rules[name] !== 'off');
  const idle = ours.filter((rule) => !findings.some((finding) => finding.rule === rule));
  check(idle.length === 0, `each of our ${ours.length} rules catches something: ${idle.join(', ') || 'yes'}`);
} finally {
  await rm(folder, { recursive: true });
}
end();
