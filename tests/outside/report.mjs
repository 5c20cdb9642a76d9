// Reports in a real browser: Debian's chromium, driven by playwright-core, judged by axe-core.
//
//   node report.mjs IOLAB REPORT_DOCUMENTS WORK_DIRECTORY
//
// Exit code 77, which skips the test: there is no chromium, or no Chart.js.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as browsing from './browser.mjs';

const [iolab, reportDocuments, work] = process.argv.slice(2);

if (!browsing.isThere('/usr/share/javascript/chart.js/chart.min.js'))
    browsing.skip('no Chart.js is here; scripts/setup plots installs it');

mkdirSync(work, { recursive: true });
execFileSync(reportDocuments, [work]);
callFirstModel('poll');
const browser = await browsing.launch();

// One of the models is the project's, whose source is here.
function callFirstModel(name) {
    const file = join(work, 'one.json');
    const document = JSON.parse(readFileSync(file, 'utf8'));
    document.models[0].traits.model = name;
    writeFileSync(file, JSON.stringify(document));
}

// A report of these documents, opened from disk; what it said to the console and asked for.
async function open(name, documents, options = {}) {
    const file = join(work, `${name}.html`);
    const paths = documents.map((document) => join(work, `${document}.json`));
    execFileSync(iolab, ['report', ...paths, '-o', file], { stdio: ['ignore', 'inherit', 'inherit'] });
    return browsing.open(browser, pathToFileURL(file).href,
        { reducedMotion: 'reduce', acceptDownloads: true, ...options });
}

function expectSilence({ said, requests, url }, what) {
    assert.deepEqual(said, [], `${what} says nothing to the console`);
    assert.deepEqual(requests, [url], `${what} asks for nothing but itself`);
}

const figuresOf = (page) =>
    page.evaluate(() => JSON.parse(document.getElementById('figures').textContent).plots);

// What Chart.js holds of each chart, as plain data.
const drawnIn = (page) => page.evaluate(() => {
    const plain = (value) => (value !== null && typeof value === 'object'
        ? [value.x, value.y].map((each) => (Number.isNaN(each) ? null : each)) : value);
    return Object.fromEntries([...document.querySelectorAll('canvas')].map((canvas) => {
        const chart = Chart.getChart(canvas);
        const datasets = chart.data.datasets.map(({ label, data }) => [label, data.map(plain)]);
        return [canvas.id, {
            datasets: Object.fromEntries(datasets),
            labels: chart.data.labels,
            width: canvas.clientWidth,
            points: chart.getSortedVisibleDatasetMetas().map(({ data }) => data.length),
        }];
    }));
});

function expectSeries(drawn, plot, series, where) {
    const data = drawn.datasets[series.name];
    assert.ok(data, `${where} is drawn`);
    if (series.look === 'bars' || series.look === 'side_by_side') {
        const lengths = plot.y.names.map(() => null);
        for (const [length, row] of series.points) lengths[row] = length;
        assert.deepEqual(data, lengths, where);
        assert.deepEqual(drawn.labels, plot.y.names, where);
        return;
    }
    assert.deepEqual(data, series.points, where);
    if (series.look.endsWith('marks') || series.low.length === 0) return;
    for (const edge of ['low', 'high']) {
        const heights = drawn.datasets[`${series.name}, ${edge}`].map(([, y]) => y);
        assert.deepEqual(heights, series[edge], `${where}, ${edge}`);
    }
}

async function expectDrawn(page, what, least = 31) {
    const plots = await figuresOf(page);
    const drawn = await drawnIn(page);
    assert.ok(plots.length >= least, `${what} has ${plots.length} charts`);
    assert.deepEqual(Object.keys(drawn).sort(), plots.map(({ id }) => id).sort());
    for (const plot of plots) {
        assert.ok(drawn[plot.id].width > 200, `${plot.id} can be seen`);
        for (const series of plot.series)
            expectSeries(drawn[plot.id], plot, series, `${what}: ${plot.id}, ${series.name}`);
    }
    return plots;
}

// Colours alone tell nothing apart: within a chart no two lines have symbol and dash in common.
async function expectSecondChannel(page) {
    const twins = await page.evaluate(() => [...document.querySelectorAll('canvas')].flatMap((canvas) => {
        const seen = new Set();
        return Chart.getChart(canvas).data.datasets
            .filter(({ listed, pointStyle }) => listed !== false && pointStyle && pointStyle !== 'line')
            .map(({ pointStyle, pointRotation, borderDash, showLine, backgroundColor }) =>
                `${canvas.id} ${pointStyle} ${pointRotation} ${borderDash} ${showLine || backgroundColor === '#ffffff'}`)
            .filter((look) => seen.size === seen.add(look).size);
    }));
    assert.deepEqual(twins, []);
}

// Rows of the overview that have no verdict are told by symbol, by bar and by a word.
async function expectUndecidedRows(page) {
    const rows = await page.evaluate(() => {
        const { data: { datasets }, scales: { y } } = Chart.getChart('overview-1');
        const lookOf = (name) => {
            const symbols = datasets.find(({ label }) => label === name);
            const bars = datasets.find(({ label }) => label === `${name}, interval`);
            return [symbols.backgroundColor === '#ffffff', bars.borderDash.length > 0];
        };
        return {
            decided: lookOf('median and interval'),
            undecided: lookOf('median and interval, no verdict'),
            labels: y.ticks.map(({ label }) => label),
        };
    });
    assert.deepEqual(rows, {
        decided: [false, false],
        undecided: [true, true],
        labels: ['slow', ['lone', 'no verdict: few rounds']],
    });
}

// The gap of the two clocks bears its label in the chart: near it, dark on white, and on no line. Lines are
// looked at here point by point, closer to each other than a label is high.
async function expectGapLabel(page, what) {
    const seen = await page.evaluate(() => {
        const chart = Chart.getChart('response-7');
        const { left, top, right, bottom } = chart.chartArea;
        const [place] = chart.labelPlaces;
        const isIn = ({ x, y }) =>
            x >= place.left && x <= place.left + place.width && y >= place.top && y <= place.top + place.height;
        const between = (from, to) => Array.from({ length: 101 }, (_, at) =>
            ({ x: from.x + (to.x - from.x) * at / 100, y: from.y + (to.y - from.y) * at / 100 }));
        const struck = chart.getSortedVisibleDatasetMetas().filter(({ data }) =>
            data.slice(1).some((end, at) => between(data[at], end).some(isIn))).map(({ label }) => label);
        const ratio = chart.currentDevicePixelRatio;
        const { data } = chart.ctx.getImageData(place.left * ratio, place.top * ratio, place.width * ratio, place.height * ratio);
        const reds = Array.from({ length: data.length / 4 }, (_, at) => data[4 * at]);
        return {
            labels: chart.labelPlaces.length,
            struck,
            isInside: place.left >= left && place.top >= top && place.left + place.width <= right && place.top + place.height <= bottom,
            away: place.link.length,
            dark: reds.filter((red) => red < 80).length / reds.length,
            white: reds.filter((red) => red > 240).length / reds.length,
        };
    });
    assert.equal(seen.labels, 1, what);
    assert.deepEqual(seen.struck, [], `${what}: lines that go through the label`);
    assert.ok(seen.isInside, `${what}: the label is in the chart`);
    assert.ok(seen.away < 120, `${what}: the label is ${seen.away} pixels away from its gap`);
    assert.ok(seen.dark > 0.04 && seen.white > 0.5, `${what}: ${seen.dark} of the label is dark, ${seen.white} white`);
}

// By keys alone one gets to every link, button and table, in the order of the page.
async function expectKeyboardReach(page) {
    const wanted = await page.evaluate(() => {
        const all = [...document.querySelectorAll('a[href], button, summary, [tabindex="0"]')]
            .filter((element) => element.checkVisibility()); // in closed tables nothing is
        all.forEach((element, at) => { element.dataset.stop = at; });
        return all.length;
    });
    const reached = new Set();
    for (let step = 0; step < wanted + 5; ++step) {
        await page.keyboard.press('Tab');
        const stop = await page.evaluate(() => document.activeElement?.dataset?.stop ?? null);
        if (stop !== null) reached.add(Number(stop));
    }
    assert.equal(reached.size, wanted, 'places that keys reach');
    await page.locator('summary').first().focus();
    await page.keyboard.press('Enter');
    assert.ok(await page.locator('details').first().evaluate((details) => details.open));
}

// Under the page's own policy no script can be put in, and axe would be none: so it is read by one
// without, which has the same elements.
async function expectAccessible(page, what) {
    const found = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
    const told = found.violations.map(({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 200)).join(' | ')}`);
    assert.deepEqual(told, [], `${what}: what axe-core finds`);
}

async function withAxe(name, documents, look) {
    const opened = await open(name, documents, { bypassCSP: true });
    await opened.page.evaluate(browsing.axeSource);
    await look(opened.page);
    await opened.page.context().close();
}

// Cards lead to sources, and to such as are there.
async function expectSources(page) {
    const addresses = await page.evaluate(() =>
        [...document.querySelectorAll('a:not([href^="#"])')].map(({ href }) => href));
    assert.ok(addresses.some((address) => address.endsWith('/servers/poll.cpp')), `${addresses}`);
    for (const address of addresses) assert.ok(browsing.isThere(fileURLToPath(address)), `${address} is there`);
}

async function expectDownload(page, selector, name, begin) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator(selector).first().click()]);
    assert.equal(download.suggestedFilename(), name);
    const bytes = readFileSync(await download.path());
    assert.ok(bytes.subarray(0, begin.length).equals(Buffer.from(begin)), `${name} begins as it should`);
}

async function checkOne() {
    const opened = await open('one', ['one']);
    const { page } = opened;
    const plots = await expectDrawn(page, 'one result');
    await expectSecondChannel(page);
    await expectUndecidedRows(page);
    await expectGapLabel(page, 'a wide page');
    await expectSources(page);
    await expectKeyboardReach(page);
    await expectDownload(page, `button[data-plot="${plots[0].id}"]`, `${plots[0].id}.png`, [0x89, 0x50, 0x4e, 0x47]);
    await expectDownload(page, 'button[data-kind="text"]', 'summary.csv', 'workload,model,metric');
    await expectDownload(page, 'button[data-figures]', 'figures.json', '{\n "plots"');
    await page.emulateMedia({ media: 'print' });
    const hidden = await page.locator('nav').isVisible();
    assert.equal(hidden, false, 'paper has no navigation');
    const wide = await page.evaluate(() => [...document.querySelectorAll('canvas')]
        .filter((canvas) => canvas.clientWidth > 18 / 2.54 * 96).map(({ id }) => id));
    assert.deepEqual(wide, [], 'charts that are wider than paper');
    expectSilence(opened, 'one result');
    await page.context().close();
}

async function checkNarrowInTheDark() {
    const { page } = await open('narrow', ['one'], { viewport: { width: 800, height: 900 }, colorScheme: 'dark' });
    await expectGapLabel(page, 'a page of 800 pixels in the dark');
    await page.context().close();
}

async function checkTwo() {
    const opened = await open('two', ['one', 'other']);
    await expectDrawn(opened.page, 'two results');
    await expectSecondChannel(opened.page);
    expectSilence(opened, 'two results');
    await opened.page.context().close();
}

// The document itself, as it was read: not one of its numbers has gone through JavaScript. A large one is
// packed, and unpacked where it is saved.
async function checkDocument(name, kind) {
    const { page, said } = await open(`whole-${name}`, [name]);
    const button = page.locator(`button[data-kind="${kind}"]`);
    const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
    assert.equal(download.suggestedFilename(), 'results.json');
    const saved = readFileSync(await download.path(), 'utf8');
    assert.ok(saved === readFileSync(join(work, `${name}.json`), 'utf8'), `what is saved of ${name} is the document`);
    assert.deepEqual(said, []);
    await page.context().close();
}

// 38 lines in a chart are told apart, and their legend is whole and leaves room for them.
async function checkMany() {
    const opened = await open('many', ['many', 'more']);
    const plots = await expectDrawn(opened.page, 'many models', 10);
    const most = Math.max(...plots.map(({ series }) => series.length));
    assert.ok(most >= 38, `${most} lines in a chart`);
    await expectSecondChannel(opened.page);
    const cut = await opened.page.evaluate(() => [...document.querySelectorAll('canvas')]
        .map((canvas) => Chart.getChart(canvas))
        .filter(({ legend, height }) => legend.legendHitBoxes.some(({ top, height: own }) => top + own > height))
        .map(({ canvas }) => canvas.id));
    assert.deepEqual(cut, [], 'charts whose legend goes on below them');
    const low = await opened.page.evaluate(() => [...document.querySelectorAll('canvas')]
        .map((canvas) => Chart.getChart(canvas))
        .filter(({ chartArea: { top, bottom } }) => bottom - top < 180)
        .map(({ canvas }) => canvas.id));
    assert.deepEqual(low, [], 'charts that their legend has pressed flat');
    expectSilence(opened, 'many models');
    await opened.page.context().close();
}

async function checkHostile() {
    const opened = await open('hostile', ['hostile']);
    await expectDrawn(opened.page, 'a hostile document');
    assert.equal(await opened.page.evaluate(() => window.ran), undefined, 'nothing of it has run');
    const strange = await opened.page.evaluate(() =>
        document.querySelectorAll('img, svg, iframe, object, a:not([href^="#"])').length);
    assert.equal(strange, 0, 'elements that are not ours');
    expectSilence(opened, 'a hostile document');
    await opened.page.context().close();
}

// What a browser cannot draw is hidden and says so, its table stays, and all others are drawn.
async function checkUndrawable() {
    await (await open('undrawable', ['one'])).page.context().close();
    const file = join(work, 'undrawable.html');
    const whole = readFileSync(file, 'utf8');
    const broken = whole.replace('"series":[', '"series":null,"was":[');
    assert.notEqual(broken, whole);
    writeFileSync(file, broken);
    const opened = await browsing.open(browser, pathToFileURL(file).href, { reducedMotion: 'reduce' });
    const [first, ...others] = await opened.page.evaluate(() =>
        [...document.querySelectorAll('canvas')].map((canvas) => canvas.parentElement.hidden));
    assert.equal(first, true);
    assert.ok(others.length > 0 && others.every((hidden) => !hidden), `others are drawn: ${others}`);
    assert.equal(opened.said.length, 1, `it says so: ${opened.said}`);
    await opened.page.context().close();
}

// A page whose policy does nothing would pass all of the above.
async function checkPolicy() {
    const opened = await open('policy', ['one']);
    const stopped = [];
    opened.page.on('requestfailed', (request) => stopped.push(`${request.url()} ${request.failure().errorText}`));
    await opened.page.evaluate(() => {
        const script = document.createElement('script');
        script.textContent = 'window.ran = 1';
        document.body.append(script);
        document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x.png' }));
    });
    assert.equal(await opened.page.evaluate(() => window.ran), undefined, 'the policy forbids scripts');
    assert.equal(opened.said.length, 2, `and says so: ${opened.said}`);
    assert.deepEqual(stopped, ['http://127.0.0.1:9/x.png csp'], 'and the network');
    await opened.page.context().close();
}

try {
    await checkOne();
    await checkNarrowInTheDark();
    await checkTwo();
    await checkDocument('few', 'json');
    await checkDocument('many', 'packed');
    await checkMany();
    await checkHostile();
    await checkUndrawable();
    await checkPolicy();
    await withAxe('axe', ['one', 'other'], async (page) => {
        await expectAccessible(page, 'closed');
        await page.locator('button[data-tables]').click();
        await expectAccessible(page, 'with all tables open');
    });
} finally {
    await browser.close();
}
console.log('chromium: reports of one result, of two and of a hostile one are drawn as they should be');
