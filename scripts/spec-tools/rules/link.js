// Checks that the target of a link exists and gets all its parameters from existing places.
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

export default (link, _, { path, documentInventory }) => {
  const document = documentInventory.resolved;
  const operations = Object.values(document.paths).flatMap((item) =>
    METHODS.filter((method) => item[method]).map((method) => ({
      ...item[method],
      parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])],
    })),
  );
  const target = operations.find(({ operationId }) => operationId !== undefined && operationId === link.operationId);
  if (!target) return [{ message: `the link has "${link.operationId}", which is not an operationId` }];

  const findings = [];
  const given = link.parameters ?? {};
  const names = target.parameters.map(({ name }) => name);
  for (const { name, required } of target.parameters) {
    if (required && !(name in given)) findings.push({ message: `the link does not give ${link.operationId} its ${name}` });
  }
  const [, route, method, , status] = path;
  const here = document.paths[route][method];
  const from = [...(document.paths[route].parameters ?? []), ...(here.parameters ?? [])];
  const body = Object.values(here.responses[status].content ?? {})[0]?.schema;
  for (const [name, expression] of Object.entries(given)) {
    if (!names.includes(name)) findings.push({ message: `${link.operationId} has no parameter ${name}` });
    const [, place, parameter] = /^\$request\.(path|query|header)\.(.+)$/.exec(expression) ?? [];
    const [, pointer] = /^\$response\.body#\/(.+)$/.exec(expression) ?? [];
    const found = place
      ? from.some((one) => one.in === place && one.name === parameter)
      : pointer?.split('/').reduce((schema, step) => schema?.properties?.[step], body) !== undefined;
    if (!found) findings.push({ message: `nothing exists at "${expression}"` });
  }
  return findings;
};
