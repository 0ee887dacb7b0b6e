// An example's error code and message against the tables of codes and the schemas.
export default (input, { refusedWith200, withoutCode }, { path, documentInventory }) => {
  const document = documentInventory.resolved;
  const { error_code: code, error_msg: message } = input.value ?? {};
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
    const refusal = status === 200 && refusedWith200.includes(operation.operationId);
    if (known.length === 0) findings.push({ message: `${code} is in no table of codes` });
    else if (!refusal && !known.some((row) => row.status === status)) {
      findings.push({ message: `${code} has no row with status ${status}` });
    }
    // A refusal of a member's value is what that member's x-lts-error-code leads to.
    if (refusal && known.some((row) => row.class === 'invalid')) {
      const named = Object.values(document.components.schemas).some((schema) => schema['x-lts-error-code']?.example === path[8]);
      if (!named) findings.push({ message: `no x-lts-error-code leads to the example ${path[8]}` });
    }
  }
  // A refusal that lists what is allowed lists what the schema allows.
  const [, member, list] = /^(\S+) is not in the list \[(.*)\]$/.exec(message ?? '') ?? [];
  if (member) {
    const request = Object.values(document.paths[path[1]][path[2]].requestBody?.content ?? {})[0]?.schema;
    const allowed =
      member === 'period+period_unit'
        ? document['x-lts-intervals']?.map(({ name }) => name)
        : request?.properties?.[member]?.enum;
    if (allowed?.join(', ') !== list) {
      findings.push({ message: `the text lists [${list}], the schema allows [${allowed?.join(', ') ?? ''}]` });
    }
  }
  return findings;
};
