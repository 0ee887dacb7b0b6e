// Checks the rows of a code table against each other, the examples and the quotas.
export default (rows, _, { documentInventory }) => {
  if (!Array.isArray(rows)) return [];
  const operations = Object.values(documentInventory.resolved.paths ?? {}).flatMap((item) => Object.values(item));
  const shown = operations
    .flatMap((operation) => Object.entries(operation?.responses ?? {}))
    .flatMap(([status, response]) => Object.values(response?.content ?? {}).map((media) => [Number(status), media]))
    .flatMap(([status, media]) => Object.values(media.examples ?? {}).map(({ value }) => ({ status, ...value })));
  const quotas = operations.map((operation) => operation?.['x-lts-quota']?.code);

  const findings = [];
  const seen = new Set();
  for (const { code, status, class: kind, message, 'x-lts-note': note, 'x-lts-variants': variants = [] } of rows) {
    const key = `${code} with status ${status}`;
    if (seen.has(key)) findings.push({ message: `${key} has two rows` });
    seen.add(key);
    if (kind === 'quota' && !quotas.includes(code)) findings.push({ message: `no operation has an x-lts-quota with ${code}` });
    const names = variants.map(({ name }) => name);
    if (new Set(names).size < names.length) findings.push({ message: `two variants of ${code} have the same name` });
    for (const variant of variants.filter((one) => !String(one.message).startsWith(`${message}: `))) {
      findings.push({ message: `the message of ${variant.name} does not begin with that of ${code}` });
    }
    if (note) continue; // the code of an operation that is not described
    // An error may have status 200.
    const texts = shown.filter((one) => (one.error_code ?? one.errorCode) === code && [200, status].includes(one.status)).map((one) => one.error_msg);
    if (texts.length === 0) findings.push({ message: `${key} is in no example, and has no x-lts-note that says why` });
    else if (!texts.some((text) => form(message).test(text))) findings.push({ message: `no example of ${key} has the message of its row: ${message}` });
  }
  return findings;
};

/** A message with any text for the words in {braces}. Examples may add text and differ in case. */
const form = (message) =>
  new RegExp(String(message).split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+'), 'i');
