// All successful answers of an operation that have a body have the same schema.
export default (responses) => {
  const schemas = new Set(
    Object.entries(responses)
      .filter(([status]) => status.startsWith('2'))
      .flatMap(([, response]) => Object.values(response.content ?? {}))
      .map((media) => JSON.stringify(media.schema)),
  );
  return schemas.size > 1 ? [{ message: 'the successful answers have different schemas' }] : [];
};
