// What all tests in a real browser begin with: Debian's chromium, driven by playwright-core, and axe-core
// to judge its pages. Exit code 77, which skips the test: there is no chromium.

import { accessSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

export function isThere(path) {
    try {
        accessSync(path);
        return true;
    } catch {
        return false;
    }
}

export function skip(what) {
    console.log(`skipped: ${what}`);
    process.exit(77);
}

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(isThere);
if (!executablePath) skip('no chromium is here; scripts/setup browser installs it');

export const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const launch = () => chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
});

// A page, opened in a context of its own; what it said to the console and asked for.
export async function open(browser, url, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    const said = [];
    const requests = [];
    page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => said.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => said.push(`dialog: ${dialog.message()}`));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(url);
    return { page, said, requests, url };
}
