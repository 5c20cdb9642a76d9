// Ajv's opinion of our schemas, and of documents by them.
//
//   node schema.mjs SOURCE_DIRECTORY IOLAB WORK_DIRECTORY

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const [source, iolab, work] = process.argv.slice(2);
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

// Our comments fill whole lines, or follow two spaces and a comma.
const readJsonWithComments = (path) =>
    JSON.parse(readFileSync(path, 'utf8').replace(/^\s*\/\/.*$/gm, ''));

function validator(name) {
    const ajv = new Ajv2020(
        { allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true });
    addFormats(ajv);
    return ajv.compile(readJson(join(source, 'docs/schema', name)));
}

function expectValid(validate, document, what) {
    const valid = validate(document);
    assert.ok(valid, `${what}: ${JSON.stringify(validate.errors?.slice(0, 5), null, 2)}`);
}

// A schema that takes everything proves nothing: each of these must be refused.
function expectRefused(validate, document, spoil, what) {
    const spoilt = structuredClone(document);
    spoil(spoilt);
    assert.ok(!validate(spoilt), `taken although ${what}`);
}

const isResult = validator('result.schema.json');
const directory = join(work, 'schema-run');
rmSync(directory, { recursive: true, force: true });
execFileSync(iolab, ['compare', '--models', 'blocking,poll', '--rounds', '1', '--measured-s', '0.05',
    '--no-progress', '-o', directory], { stdio: ['ignore', 'ignore', 'inherit'] });
const result = readJson(join(directory, 'results.json'));
assert.ok(result.cells.some((cell) => cell.status === 'measured'));
expectValid(isResult, result, 'a result of `iolab compare`');
expectRefused(isResult, result, (it) => delete it.schema, 'it has no schema');
expectRefused(isResult, result, (it) => delete it.cells, 'it has no cells');
expectRefused(isResult, result, (it) => { it.cells[0].status = 'fine'; }, 'a status is unknown');
expectRefused(isResult, result, (it) => { it.cells[0].round = 'one'; }, 'a round is a string');
expectRefused(isResult, result, (it) => { it.run.seed = -1; }, 'the seed is negative');
expectRefused(isResult, result, (it) => { it.summary[0].verdict = 'best'; }, 'a verdict is unknown');

const isExperiment = validator('experiment.schema.json');
const files = ['bench/experiments', 'bench/belief', 'tests/bench/artefacts'].flatMap((room) =>
    readdirSync(join(source, room))
        .filter((name) => name.endsWith('.jsonc'))
        .map((name) => join(source, room, name)));
assert.ok(files.length >= 10);
for (const file of files) expectValid(isExperiment, readJsonWithComments(file), file);
const quick = readJsonWithComments(join(source, 'bench/experiments/quick.jsonc'));
expectRefused(isExperiment, quick, (it) => { it.rounds = 0; }, 'there are no rounds');
expectRefused(isExperiment, quick, (it) => { it.wurkloads = []; }, 'a key is unknown');
expectRefused(isExperiment, quick, (it) => { it.workloads[0].actors[0].kind = 'nice'; },
    'an actor is unknown');

const isDifference = validator('diff.schema.json');
const difference = JSON.parse(execFileSync(iolab, ['diff', '--json', directory, directory],
    { stdio: ['ignore', 'pipe', 'ignore'] }).toString());
expectValid(isDifference, difference, 'what `iolab diff` writes');
expectRefused(isDifference, difference, (it) => delete it.schema, 'it has no schema');
console.log(`ajv: 1 result and ${files.length} experiments are valid, what was spoilt is not`);
