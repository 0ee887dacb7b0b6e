// Checks the valid pairs: each has the name of its parts and occurs once, and they use exactly the enumerated values.
export default (rows, options, { documentInventory }) => {
  if (!Array.isArray(rows)) return [{ message: 'a list of {name, period, period_unit}' }];
  const findings = [];
  const seen = new Set();
  for (const row of rows) {
    if (Object.keys(row).sort().join() !== 'name,period,period_unit') {
      findings.push({ message: `${JSON.stringify(row)} has other members than name, period and period_unit` });
    }
    if (row.name !== `${row.period}${row.period_unit}`) findings.push({ message: `${row.name} does not have the name of its parts` });
    if (seen.has(row.name)) findings.push({ message: `${row.name} is listed twice` });
    seen.add(row.name);
  }
  for (const [member, schema] of Object.entries(options)) {
    const allowed = documentInventory.resolved.components.schemas[schema]?.enum ?? [];
    const used = rows.map((row) => row[member]);
    for (const value of used.filter((one) => !allowed.includes(one))) {
      findings.push({ message: `${schema} does not allow ${member} ${value}` });
    }
    for (const value of allowed.filter((one) => !used.includes(one))) {
      findings.push({ message: `no interval has the ${member} ${value} that ${schema} allows` });
    }
  }
  return findings;
};
