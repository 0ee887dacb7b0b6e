// Checks that codes in a text have a row. A member with the name description is not a text.
export default (text, _, { documentInventory }) => {
  if (typeof text !== 'string') return [];
  const document = documentInventory.resolved;
  // Documents without tables, such as that of IAM, have no codes.
  const rows = [...(document['x-error-codes'] ?? []), ...(document['x-gateway-error-codes'] ?? [])];
  return [...text.matchAll(/\b(?:LTS|APIGW)\.\d+/g)]
    .filter(([code]) => !rows.some((row) => row.code === code))
    .map(([code]) => ({ message: `the text has ${code}, which is in no table of codes` }));
};
