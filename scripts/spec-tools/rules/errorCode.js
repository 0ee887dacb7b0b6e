// Checks x-lts-error-code and x-lts-service-rule: the code has a row. For x-lts-error-code, the operations that send
// the schema, or have the parameter, have an example with that status and name.
const FORMS = {
  'x-lts-error-code': { required: ['code', 'status', 'example'], optional: ['members'] },
  'x-lts-service-rule': { required: ['code', 'status', 'rule'], optional: [] },
};

export default (schema, options, { path, documentInventory }) => {
  const extension = options?.extension ?? 'x-lts-error-code';
  const { required, optional } = FORMS[extension];
  const value = schema[extension];
  const findings = [];
  for (const name of required) if (value[name] === undefined) findings.push({ message: `${name} is missing` });
  for (const name of Object.keys(value)) {
    if (![...required, ...optional].includes(name)) findings.push({ message: `${name} is not known` });
  }

  const document = documentInventory.unresolved;
  const rows = (document['x-error-codes'] ?? []).filter((row) => row.code === value.code);
  if (rows.length === 0) findings.push({ message: `${value.code} is not in x-error-codes` });
  if (extension === 'x-lts-service-rule') {
    if (rows.length > 0 && !rows.some((row) => row.status === value.status)) {
      findings.push({ message: `${value.code} has no row with status ${value.status}` });
    }
    return findings;
  }

  if (!value.members && !['enum', 'minLength', 'maxLength', 'pattern'].some((limit) => limit in schema)) {
    findings.push({ message: 'there is no enumeration or length to violate' });
  }
  for (const member of value.members ?? []) {
    if (!schema.properties?.[member]) findings.push({ message: `there is no member ${member}` });
  }
  const own = `#/components/schemas/${path[2]}`;
  // The service has specific errors for a whole body and for its direct members only.
  const sends = (body) => {
    const schema = body?.$ref?.startsWith('#/components/schemas/') ? document.components.schemas[body.$ref.split('/').at(-1)] : body;
    return [body, ...Object.values(schema?.properties ?? {})].some((node) => node?.$ref === own);
  };
  const { paths } = documentInventory.resolved;
  const bodies = ([, operation]) => Object.values(operation?.requestBody?.content ?? {});
  const senders = path[0] === 'paths'
    ? [paths[path[1]][path[2]]]
    : Object.entries(document.paths).flatMap(([route, item]) =>
        Object.entries(item)
          .filter((entry) => bodies(entry).some(({ schema }) => sends(schema)))
          .map(([method]) => paths[route][method]),
      );
  if (senders.length === 0) findings.push({ message: 'no operation sends this schema' });
  for (const { operationId, responses } of senders) {
    const examples = Object.values(responses?.[value.status]?.content ?? {}).map((media) => media.examples?.[value.example]);
    const codes = examples.map((example) => example?.value?.error_code);
    if (!codes.some((code) => code !== undefined)) {
      findings.push({ message: `${operationId} has no example ${value.example} with status ${value.status}` });
    } else if (!codes.includes(value.code)) {
      findings.push({ message: `the example ${value.example} of ${operationId} has the code ${codes[0]}, not ${value.code}` });
    }
  }
  return findings;
};
