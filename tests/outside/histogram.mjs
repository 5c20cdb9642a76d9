// A million durations, in our histogram and in HdrHistogram's: the same percentiles, as far
// as the bins of both can tell.
//
//   node histogram.mjs HISTOGRAM_TABLE

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { build } from 'hdr-histogram-js';

const [table] = process.argv.slice(2);
const count = 1_000_000;
const percentiles = [0.1, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 99.999, 100];

// Durations as servers make them: a body about 50 us, a hump at 40 ms, a tail to minutes; from a
// generator whose numbers are the same everywhere (Park and Miller, 1988).
let state = 20_000;
const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647;
const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
function duration() {
    const kind = uniform();
    if (kind < 0.95) return Math.exp(Math.log(50e3) + 0.5 * normal());
    if (kind < 0.99) return 40e6 + 4e6 * uniform();
    return Math.exp(Math.log(1e6) + 12 * uniform());
}
const samples = Array.from({ length: count }, () => Math.max(1, Math.round(duration())));

const theirs = build({ bitBucketSize: 'packed', lowestDiscernibleValue: 1,
    highestTrackableValue: 2 ** 42, numberOfSignificantValueDigits: 3, autoResize: false });
for (const sample of samples) theirs.recordValue(sample);
const ours = JSON.parse(execFileSync(table, percentiles.map(String),
    { input: samples.join('\n') + '\n', maxBuffer: 1 << 20 }).toString());

assert.equal(ours.count, count);
assert.equal(ours.max_ns, samples.reduce((most, sample) => Math.max(most, sample)));
assert.equal(ours.min_ns, samples.reduce((least, sample) => Math.min(least, sample)));
let widest = 0;
percentiles.forEach((percentile, at) => {
    const their = theirs.getValueAtPercentile(percentile);
    const our = ours.values_ns[at];
    const apart = Math.abs(our - their) / their;
    widest = Math.max(widest, apart);
    // Our bins are at most 1/128 wide, theirs 1/1000.
    assert.ok(apart <= 1 / 128 + 1 / 1000, `p${percentile}: ${our} and ${their}`);
});
console.log(`${percentiles.length} percentiles of ${count} durations, at most ` +
    `${(100 * widest).toFixed(2)} % apart`);
