// Checks that every key x-… is a known extension, except in data.
const DATA = new Set(['value', 'example', 'default', 'enum', 'const']);

export default (input, { known }) => {
  const findings = [];
  const walk = (node, path) => {
    if (node === null || typeof node !== 'object') return;
    for (const [key, value] of Object.entries(node)) {
      // Under `properties` and `headers` a key is a name on the wire.
      const named = ['properties', 'headers'].includes(path.at(-1));
      if (!named && key.startsWith('x-') && !known.includes(key)) {
        findings.push({ message: `${key} is not a known extension`, path: [...path, key] });
      }
      if (named || !DATA.has(key)) walk(value, [...path, key]);
    }
  };
  walk(input, []);
  return findings;
};
