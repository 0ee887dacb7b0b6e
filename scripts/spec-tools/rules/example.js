// Checks the error code and message of an example against the tables of codes and the schemas.
export default (input, { errorsWith200, withoutCode }, { path, documentInventory }) => {
  const document = documentInventory.resolved;
  // Operations that write logs spell the code in another way.
  const { error_code, errorCode, error_msg: message } = input.value ?? {};
  const success = path[4] === '200' && errorCode !== undefined;
  const code = success ? undefined : (error_code ?? errorCode);
  const findings = [];
  const status = Number(path[4]);
  if (typeof input.value !== 'string' && (code || status >= 400)) {
    if (!message) findings.push({ message: 'an error has an error_msg' });
    if (!code && !withoutCode.includes(path[4])) findings.push({ message: 'an error of this status has an error_code' });
  }
  if (code !== undefined) {
    const operation = document.paths[path[1]][path[2]];
    const rows = [...(document['x-error-codes'] ?? []), ...(document['x-gateway-error-codes'] ?? [])];
    const known = rows.filter((row) => row.code === code);
    const errorWith200 = status === 200 && errorsWith200.includes(operation.operationId);
    if (known.length === 0) findings.push({ message: `${code} is in no table of codes` });
    else if (!errorWith200 && !known.some((row) => row.status === status)) {
      findings.push({ message: `${code} has no row with status ${status}` });
    }
    // The x-lts-error-code of a member refers to the error about its value.
    if (errorWith200 && known.some((row) => row.class === 'invalid')) {
      const named = Object.values(document.components.schemas).some((schema) => schema['x-lts-error-code']?.example === path[8]);
      if (!named) findings.push({ message: `no x-lts-error-code has the example ${path[8]}` });
    }
  }
  // A message that lists the allowed values has those of the schema.
  const [, member, list] = /^(\S+) is not in the list \[(.*)\]$/.exec(message ?? '') ?? [];
  if (member) {
    const request = Object.values(document.paths[path[1]][path[2]].requestBody?.content ?? {})[0]?.schema;
    const allowed =
      member === 'period+period_unit'
        ? document['x-lts-intervals']?.map(({ name }) => name)
        : request?.properties?.[member]?.enum;
    if (allowed?.join(', ') !== list) {
      findings.push({ message: `the message lists [${list}], the schema allows [${allowed?.join(', ') ?? ''}]` });
    }
  }
  return findings;
};
