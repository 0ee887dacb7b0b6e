// Starts Chromium, for the scripts of this folder.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

/** Starts a headless browser with a new profile. Returns its context, and what closes it and deletes the profile. */
export async function launch(executablePath, options) {
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  // The browser resolves only this machine; the host of an attacker resolves to it, too.
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-features=HttpsUpgrades,LocalNetworkAccessChecks',
      '--host-resolver-rules=MAP attacker.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
    ],
    ...options,
  });
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { context, close };
}
