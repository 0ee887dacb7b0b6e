// Checks that an operation that creates a resource links to all operations that need its id and no other.
export default (operation, _, { documentInventory }) => {
  const created = operation.responses?.['201'];
  const body = Object.values(created?.content ?? {})[0]?.schema?.properties ?? {};
  const pathNames = (one) => (one.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name);
  const own = pathNames(operation);
  const fresh = Object.keys(body).filter((name) => !own.includes(name));
  const linked = Object.values(created?.links ?? {}).map(({ operationId }) => operationId);
  return Object.values(documentInventory.resolved.paths)
    .flatMap((item) => Object.values(item))
    .filter((target) => target.operationId && !linked.includes(target.operationId))
    .filter((target) => pathNames(target).some((name) => fresh.includes(name)))
    .filter((target) => pathNames(target).every((name) => fresh.includes(name) || own.includes(name)))
    .map((target) => ({ message: `${operation.operationId} has no link to ${target.operationId}` }));
};
