// The page of a scene in a real browser: Debian's chromium, driven by playwright-core, judged by axe-core.
//
//   node scene.mjs IOLAB WORK_DIRECTORY
//
// Exit code 77, which skips the test: there is no chromium.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as browsing from './browser.mjs';

const [iolab, work] = process.argv.slice(2);


mkdirSync(work, { recursive: true });
const file = join(work, 'scene.html');
execFileSync(iolab, ['trace', 'blocking', '-o', file], { stdio: ['ignore', 'ignore', 'inherit'] });
const browser = await browsing.launch();

const open = (options = {}) => browsing.open(browser, pathToFileURL(file).href, options);

const openAll = (page) => page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
});

async function expectPictures() {
    const { page, said, requests } = await open();
    await openAll(page);
    const pictures = await page.evaluate(() => [...document.querySelectorAll('svg')].map((svg) => ({
        width: svg.getBoundingClientRect().width,
        hatched: [...svg.querySelectorAll('rect[fill^="url"]')].every((rect) =>
            document.getElementById(rect.getAttribute('fill').slice(5, -1)) !== null),
        outside: [...svg.querySelectorAll('text, rect, path')].filter((element) => {
            const box = element.getBBox();
            const { width, height } = svg.viewBox.baseVal;
            return box.x + box.width > width + 1 || box.y + box.height > height + 1 || box.x < -1;
        }).map((element) => element.outerHTML),
    })));
    assert.equal(pictures.length, 3, 'the legend, the timeline and the sequence');
    for (const { width, hatched, outside } of pictures) {
        assert.ok(width > 800, 'a picture can be seen');
        assert.ok(hatched, 'every hatching is there');
        assert.deepEqual(outside, [], 'and nothing stands outside');
    }
    const ids = await page.evaluate(() => [...document.querySelectorAll('[id]')].map(({ id }) => id));
    assert.equal(new Set(ids).size, ids.length, 'no id is there twice');
    assert.deepEqual(said, [], 'nothing is said to the console');
    assert.deepEqual(requests, [pathToFileURL(file).href], 'nothing is asked for but the page');
    await page.context().close();
}

// By keys alone one gets to every link, picture and part that opens, in the order of the page.
async function expectKeyboardReach() {
    const { page } = await open();
    await openAll(page);
    const wanted = await page.evaluate(() =>
        document.querySelectorAll('a[href], summary, .wide[tabindex="0"]').length);
    const reached = new Set();
    for (let press = 0; press < wanted; ++press) {
        await page.keyboard.press('Tab');
        reached.add(await page.evaluate(() => {
            const element = document.activeElement;
            return `${element.tagName} ${element.getAttribute('aria-label') ?? element.textContent}`;
        }));
    }
    assert.equal(reached.size, wanted, `reached ${[...reached]}`);
    assert.ok(reached.has('DIV blocking: timeline'));
    await page.context().close();
}

// Who wants it dark sees no white: neither the page nor what the pictures stand on.
async function expectDark() {
    const { page } = await open({ colorScheme: 'dark' });
    const papers = () => page.evaluate(() => [getComputedStyle(document.body).backgroundColor,
        ...[...document.querySelectorAll('svg > rect[width="100%"]')].map((rect) => getComputedStyle(rect).fill)]);
    assert.deepEqual(new Set(await papers()), new Set(['rgb(22, 24, 26)']), 'one dark paper');
    await page.emulateMedia({ media: 'print' });
    assert.deepEqual(new Set(await papers()), new Set(['rgb(255, 255, 255)']), 'and a white one on paper');
    await page.context().close();
}

// axe-core is let in past the page's policy, for this alone. A narrow window has more to scroll.
async function expectAccessible(width, colorScheme) {
    const { page } = await open({ bypassCSP: true, viewport: { width, height: 800 }, colorScheme });
    await openAll(page);
    await page.evaluate(browsing.axeSource);
    const { violations } = await page.evaluate(() => axe.run());
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`), []);
    await page.context().close();
}

try {
    await expectPictures();
    await expectKeyboardReach();
    await expectDark();
    await expectAccessible(1280, 'light');
    await expectAccessible(1280, 'dark');
    await expectAccessible(500, 'light');
} finally {
    await browser.close();
}
console.log('chromium: the page of a scene is drawn as it should be, and can be reached');
