// Shared by the seeded tests: the documents without defects, and helpers for the places of changes.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';

export const openapi = fileURLToPath(new URL('../../openapi/', import.meta.url));
export const sound = {
  lts: await readFile(`${openapi}lts.yaml`, 'utf8'),
  iam: await readFile(`${openapi}iam.yaml`, 'utf8'),
};

/** Writes without aliases: a part that a change uses twice is written twice. */
export const write = (doc) => stringify(doc, { aliasDuplicateObjects: false, lineWidth: 0 });

export const JSON_BODY = 'application/json;charset=UTF-8';
export const groups = (doc) => doc.paths['/v2/{project_id}/groups'];
export const group = (doc) => doc.paths['/v2/{project_id}/groups/{log_group_id}'];
export const streams = (doc) => doc.paths['/v2/{project_id}/groups/{log_group_id}/streams'];
export const transfer = (doc) => doc.paths['/v2/{project_id}/log-dump/obs'].post;
export const transfers = (doc) => doc.paths['/v2/{project_id}/transfers'];
export const tags = (doc) => doc.paths['/v1/{project_id}/{resource_type}/{resource_id}/tags/action'];
export const schemas = (doc) => doc.components.schemas;
export const sent = (operation) => operation.requestBody.content[JSON_BODY];
export const response = (operation, status) => operation.responses[status].content['application/json'];
export const code = (doc, name) => doc['x-error-codes'].find((row) => row.code === name);

export function rename(doc, from, to) {
  const text = JSON.stringify(doc).replaceAll(`#/components/schemas/${from}"`, `#/components/schemas/${to}"`);
  Object.assign(doc, JSON.parse(text));
  doc.components.schemas[to] = doc.components.schemas[from];
  delete doc.components.schemas[from];
}
