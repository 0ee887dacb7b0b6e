// Checks that all success responses of an operation with a body have the same schema.
export default (responses) => {
  const schemas = new Set(
    Object.entries(responses)
      .filter(([status]) => status.startsWith('2'))
      .flatMap(([, response]) => Object.values(response.content ?? {}))
      .map((media) => JSON.stringify(media.schema)),
  );
  return schemas.size > 1 ? [{ message: 'the success responses have different schemas' }] : [];
};
