// Checks x-lts-source: a list of distinct and existing sources.
export default (input, { words, tables, sections }) => {
  if (input === undefined) return []; // another rule's business
  if (!Array.isArray(input) || input.length === 0) return [{ message: 'x-lts-source is a list of at least one source' }];
  const repeated = input.filter((source, i) => input.indexOf(source) !== i);
  const unknown = input.filter((source) => {
    const [, table, number] = /^Table (\d+)-([1-9]\d*)$/.exec(source) ?? [];
    const [, section] = /^Section ([\d.]+)$/.exec(source) ?? [];
    if (table) return !(Number(number) <= tables[table]);
    if (section) return !sections.includes(section);
    return !words.includes(source);
  });
  return [
    ...repeated.map((source) => ({ message: `x-lts-source names "${source}" twice` })),
    ...unknown.map((source) => ({ message: `x-lts-source names "${source}", which is not a table, section or known word` })),
  ];
};
