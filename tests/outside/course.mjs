// The course's pages in a real browser: Debian's chromium, driven by playwright-core, judged by axe-core.
//
//   node course.mjs GENERATOR PROJECT WORK_DIRECTORY [GENERATOR'S ARGUMENT]...
//
// Exit code 77, which skips the test: there is no chromium.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as browsing from './browser.mjs';

const [generator, project, work, ...rest] = process.argv.slice(2);


const site = join(work, 'pages');
mkdirSync(work, { recursive: true });
rmSync(site, { recursive: true, force: true });
execFileSync(generator, ['--project', project, '-o', site, ...rest], { stdio: ['ignore', 'ignore', 'inherit'] });
const browser = await browsing.launch();

// One page of each kind; in the dark those with most colours.
const kinds = ['index.html', 'experiments.html', 'servers/epoll_lt.html', 'siblings/poll-epoll_lt.html',
    'models/blocking.html', 'experiments/two-sends.html', 'source/bench/experiments/quick.jsonc.html', 'zoo/epoll_lt_blocks.html',
    'search.html'];
const colourful = ['servers/epoll_lt.html', 'siblings/poll-epoll_lt.html', 'models/blocking.html'];

// Every pair and every bug differs in other places.
const differences = ['siblings', 'zoo'].flatMap((room) =>
    readdirSync(join(site, room)).map((name) => `${room}/${name}`)).filter((name) => !kinds.includes(name));

const addressOf = (page) => pathToFileURL(join(site, page)).href;

const open = (address, options = {}) =>
    browsing.open(browser, address, { reducedMotion: 'reduce', ...options });

// It says nothing and asks for nothing; and nothing is wider than a telephone but what scrolls by itself.
async function checkPage(name) {
    const { page, said, requests } = await open(addressOf(name));
    assert.deepEqual(said, [], `${name} says nothing to the console`);
    assert.deepEqual(requests, [addressOf(name)], `${name} asks for nothing but itself`);
    await page.setViewportSize({ width: 400, height: 800 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 400, `${name} is ${wide} pixels wide where there are 400`);
    await page.context().close();
}

// The policy of a page lets no script in, axe neither: so it is read by a browser without.
async function checkAccessible(name, colorScheme) {
    const { page } = await open(addressOf(name), { bypassCSP: true, colorScheme });
    await page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));
    await page.evaluate(browsing.axeSource);
    const found = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
    const told = found.violations.map(({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 200)).join(' | ')}`);
    assert.deepEqual(told, [], `${name}, ${colorScheme}: what axe-core finds`);
    await page.context().close();
}

async function checkSkipLink() {
    const { page } = await open(addressOf('servers/epoll_lt.html'));
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('href')), '#content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'content');
    const names = await page.evaluate(() => [...document.querySelectorAll('[id]')].map(({ id }) => id));
    assert.deepEqual(names.filter((id, at) => names.indexOf(id) !== at), [], 'names that stand twice on a page');
    await page.context().close();
}

// What stands below a name is said of it, and not of what is declared after it.
async function checkExcerpts(page) {
    const below = async (name) => {
        await page.fill('input[name=q]', name);
        const item = page.locator('#results li', { has: page.locator(`a[href="common/sys.html#calls.hpp.${name}"]`) });
        return item.locator('p').textContent();
    };
    const ofEventfd = await below('eventfd');
    assert.ok(ofEventfd.startsWith('eventfd(2): a counter'), ofEventfd);
    const ofWait = await below('epoll_wait');
    assert.ok(!ofWait.includes('eventfd(2)'), ofWait);
}

async function checkSearch() {
    const { page, said } = await open(addressOf('servers/epoll_lt.html'));
    await page.fill('input[name=q]', 'backlog');
    await page.keyboard.press('Enter');
    await page.waitForURL(/search\.html\?q=backlog$/);
    assert.equal(await page.locator('#results a').first().textContent(), 'Glossary: Backlog');
    await page.fill('input[name=q]', '<img src=x onerror=alert(1)>');
    assert.equal(await page.locator('#found').textContent(), 'Nothing is found.');
    await page.fill('input[name=q]', 'poll'); // a page, and functions on others
    const found = await page.locator('#results li').evaluateAll((items) => items.slice(0, 2).map((item) =>
        [item.querySelector('a').getAttribute('href'), item.querySelector('.room').textContent]));
    assert.deepEqual(found, [['models/poll.html', ', the model'], ['servers/poll.html', ', its source']]);
    await checkExcerpts(page);
    await page.fill('input[name=q]', 'epoll_ctl');
    await page.locator('#results a', { hasText: 'common/sys: epoll_ctl' }).first().click();
    await page.waitForURL(/common\/sys\.html#calls\.hpp\.epoll_ctl$/);
    assert.deepEqual(said, []);
    await page.context().close();
}

try {
    for (const name of kinds) {
        await checkPage(name);
        await checkAccessible(name, 'light');
    }
    for (const name of differences) await checkAccessible(name, 'light');
    for (const name of colourful) await checkAccessible(name, 'dark');
    await checkSkipLink();
    await checkSearch();
} finally {
    await browser.close();
}
