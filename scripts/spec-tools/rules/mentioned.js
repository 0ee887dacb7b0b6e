// Codes that a text names have a row. A member named description is no text.
export default (text, _, { documentInventory }) => {
  if (typeof text !== 'string') return [];
  const document = documentInventory.resolved;
  // The documents without tables, such as IAM's, name no codes.
  const rows = [...(document['x-error-codes'] ?? []), ...(document['x-gateway-error-codes'] ?? [])];
  return [...text.matchAll(/\b(?:LTS|APIGW)\.\d+/g)]
    .filter(([code]) => !rows.some((row) => row.code === code))
    .map(([code]) => ({ message: `the text speaks of ${code}, which is in no table of codes` }));
};
