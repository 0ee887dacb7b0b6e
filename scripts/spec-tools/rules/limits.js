// Finds limits of a schema or parameter that contradict each other or the numbers in the description.
const number = '([\\d,]+)';
const LENGTHS = [
  { form: new RegExp(`\\b${number} to ${number} characters`), limits: ['minLength', 'maxLength'] },
  { form: new RegExp(`\\b${number} characters at most`), limits: ['maxLength'] },
  { form: new RegExp(`(?<!to )\\b${number} characters(?! at most)`), limits: ['both'] },
];
const RANGE = { form: new RegExp(`(?:: |, )${number} to ${number}(?: days)?\\.`), limits: ['minimum', 'maximum'] };
// The type of each limit; on other types it has no effect.
const BELONGS = {
  string: ['minLength', 'maxLength', 'pattern'],
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  array: ['minItems', 'maxItems', 'uniqueItems'],
};

const FORMATS = { int32: 'integer', int64: 'integer', float: 'number', double: 'number', password: 'string', 'date-time': 'string' };

export default (input) => {
  const schema = input.schema ?? input;
  const text = (input.description ?? '').replace(/\s+/g, ' ');
  const findings = [];
  for (const [low, high] of [['minLength', 'maxLength'], ['minimum', 'maximum'], ['minItems', 'maxItems']]) {
    if (schema[low] > schema[high]) findings.push({ message: `${low} is above ${high}` });
  }
  for (const [type, limits] of Object.entries(BELONGS)) {
    if (schema.type === type) continue;
    for (const limit of limits.filter((one) => one in schema)) {
      findings.push({ message: `${limit} has no effect on type ${schema.type}` });
    }
  }
  if (schema.format && FORMATS[schema.format] !== schema.type) {
    findings.push({ message: `format ${schema.format} is not known for type ${schema.type}` });
  }
  if (schema.type === 'array' && /\bat least one\b/.test(text) && schema.minItems !== 1) {
    findings.push({ message: `the description says "at least one", but minItems is ${schema.minItems ?? 'absent'}` });
  }
  if (schema.enum && new Set(schema.enum).size < schema.enum.length) findings.push({ message: 'enum repeats a value' });
  const forms = schema.type === 'string' ? LENGTHS : schema.type === 'integer' ? [RANGE] : [];
  for (const { form, limits } of forms) {
    const stated = form.exec(text);
    if (!stated) continue;
    const names = limits[0] === 'both' ? ['minLength', 'maxLength'] : limits;
    names.forEach((name, i) => {
      const value = Number((stated[i + 1] ?? stated[1]).replaceAll(',', ''));
      if (schema[name] !== value) {
        findings.push({ message: `the description says "${stated[0].replace(/^\W+/, '')}", but ${name} is ${schema[name] ?? 'absent'}` });
      }
    });
  }
  return findings;
};
