// The errata as a Markdown table: that of openapi/README.md, or one made from the x-lts-resolutions.

/** Returns all tables whose first column is "#" as one table. */
export function errata(readme, documents) {
  const tables = [...readme.matchAll(/^\| *# *\|.*\n\|[ :|-]+\|\n(?:\|.*(?:\n|$))+/gm)].map(([table]) => table.trim().split('\n'));
  if (tables.length === 0) return fromResolutions(documents);
  const [first, ...more] = tables;
  return [...first, ...more.flatMap((table) => table.slice(2))].join('\n');
}

function fromResolutions(documents) {
  const rows = new Map();
  for (const [name, document] of Object.entries(documents)) {
    const walk = (node, path) => {
      if (node === null || typeof node !== 'object') return;
      for (const { erratum, settled } of node['x-lts-resolution'] ?? []) {
        const row = rows.get(erratum) ?? rows.set(erratum, new Map()).get(erratum);
        row.set(settled, [...(row.get(settled) ?? []), node.operationId ?? node.code ?? path.at(-1) ?? name]);
      }
      for (const [key, child] of Object.entries(node)) walk(child, Array.isArray(node) ? path : [...path, key]);
    };
    walk(document, []);
  }
  const cells = (row) => [
    [...new Set([...row.values()].flat())].map((place) => `\`${place}\``).join(', '),
    [...row.keys()].join('; ').replaceAll('|', '\\|'),
  ];
  const sorted = [...rows].sort(([a], [b]) => a - b).map(([number, row]) => `| ${[number, ...cells(row)].join(' | ')} |`);
  return ['| # | where | we say |', '| --- | --- | --- |', ...sorted].join('\n');
}
