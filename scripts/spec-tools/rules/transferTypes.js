// Checks the types of transfer tasks: each type and mode of the schemas has its row, and the required members exist.
export default (rows, { type, mode, required }, { documentInventory }) => {
  if (!Array.isArray(rows)) return [{ message: 'a list of {type, mode, required}' }];
  const schemas = documentInventory.resolved.components.schemas;
  const findings = [];
  const compare = (what, found, allowed) => {
    for (const value of found.filter((one) => !allowed.includes(one))) findings.push({ message: `${value} is no ${what}` });
    for (const value of allowed.filter((one) => !found.includes(one))) findings.push({ message: `no row has the ${what} ${value}` });
  };
  for (const row of rows) {
    if (Object.keys(row).sort().join() !== 'mode,required,type') {
      findings.push({ message: `${JSON.stringify(row)} has other members than type, mode and required` });
    }
    for (const member of row.required ?? []) {
      if (!schemas[required]?.properties?.[member]) findings.push({ message: `${required} has no member ${member}` });
    }
  }
  const types = rows.map((row) => row.type);
  if (new Set(types).size < types.length) findings.push({ message: 'a type is listed twice' });
  compare('type', types, schemas[type]?.enum ?? []);
  compare('mode', rows.map((row) => row.mode), schemas[mode]?.enum ?? []);
  return findings;
};
