// The rows of a code table against each other, and against the examples.
export default (rows, _, { documentInventory }) => {
  if (!Array.isArray(rows)) return [];
  const findings = [];
  const seen = new Set();
  const shown = new Set();
  for (const item of Object.values(documentInventory.resolved.paths)) {
    for (const operation of Object.values(item)) {
      for (const response of Object.values(operation?.responses ?? {})) {
        for (const media of Object.values(response?.content ?? {})) {
          for (const example of Object.values(media.examples ?? {})) shown.add(example.value?.error_code);
        }
      }
    }
  }
  rows.forEach((row, i) => {
    const key = `${row.code} with status ${row.status}`;
    if (seen.has(key)) findings.push({ message: `${key} has two rows`, path: ['x', i] });
    seen.add(key);
    if (!shown.has(row.code) && !row['x-lts-note']) {
      findings.push({ message: `${row.code} is in no example, and has no x-lts-note that says why` });
    }
  });
  return findings.map(({ message }) => ({ message }));
};
