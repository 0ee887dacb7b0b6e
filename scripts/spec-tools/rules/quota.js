// Checks x-lts-quota: its code has the class quota, and the descriptions have its number.
export default (operation, _, { documentInventory }) => {
  const quota = operation['x-lts-quota'];
  const findings = [];
  if (Object.keys(quota).sort().join() !== 'code,default,per') findings.push({ message: 'has code, default and per' });
  if (!Number.isInteger(quota.default) || quota.default < 1) findings.push({ message: 'default is a positive integer' });
  const row = (documentInventory.resolved['x-error-codes'] ?? []).find(({ code }) => code === quota.code);
  if (row?.class !== 'quota') findings.push({ message: `${quota.code} is not a code of class quota` });
  const words = { 'the description of the operation': operation.description, [`the cause of ${quota.code}`]: row?.cause };
  for (const [where, text] of Object.entries(words)) {
    if (text && !text.match(/\d+/g)?.includes(String(quota.default))) {
      findings.push({ message: `${where} does not have the default of ${quota.default}` });
    }
  }
  return findings;
};
