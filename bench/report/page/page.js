// Draws the figures that stand in this page. It computes none of them: what is here is looks.
'use strict';

(() => {
    const figures = JSON.parse(document.getElementById('figures').textContent);

    // Chosen so that those who see no red, no green or no blue tell any two apart, and see each on white; a
    // test computes how far they are from each other. On paper there are symbol, dash and hatching.
    const colours = ['#206890', '#d87800', '#084818', '#680068', '#141414', '#a05810', '#c068f8', '#8000d8',
        '#788888'];
    const symbols = ['circle', 'triangle', 'rect', 'rectRot', 'crossRot', 'star', 'rectRounded'];
    const dashes = [[], [9, 4], [3, 3], [12, 4, 3, 4], [6, 3, 2, 3, 2, 3], [16, 5], [2, 5]];
    const colour = (place) => colours[place % colours.length];
    const pale = (place, share) => colour(place) + Math.round(255 * share).toString(16).padStart(2, '0');
    const symbol = (place) => symbols[place % symbols.length];
    // A symbol that comes again has another dash: 49 lines before both are the same.
    const dash = (place) => dashes[(place + Math.floor(place / symbols.length)) % dashes.length];

    // In the second result a model keeps its symbol, hollow, and the rhythm of its dashes, with wider gaps.
    // Symbols that are strokes alone cannot be hollow, and have a twin.
    const airy = [[5, 5], [9, 10], [3, 8], [12, 9, 3, 9], [6, 8, 2, 8, 2, 8], [16, 12], [2, 11]];
    const dashOf = (place, dashed) => (dashed ? airy[dashes.indexOf(dash(place))] : dash(place));
    const strokeTwins = { crossRot: { pointStyle: 'cross' }, star: { pointStyle: 'triangle', pointRotation: 180 } };
    const symbolOf = (place, dashed) => ({ pointStyle: symbol(place), pointRotation: 0,
        ...(dashed ? strokeTwins[symbol(place)] : {}) });

    // ## Hatching, a second channel for areas

    const strokes = [
        [],
        [[0, 8, 8, 0]],
        [[0, 0, 8, 8]],
        [[0, 4, 8, 4]],
        [[4, 0, 4, 8]],
        [[0, 8, 8, 0], [0, 0, 8, 8]],
        [[0, 4, 8, 4], [4, 0, 4, 8]],
        [[3, 4, 5, 4]],
        [[1, 2, 3, 2], [5, 6, 7, 6]],
    ];

    const hatching = (place) => {
        const tile = document.createElement('canvas');
        tile.width = tile.height = 8;
        const pen = tile.getContext('2d');
        pen.fillStyle = colour(place);
        pen.fillRect(0, 0, 8, 8);
        pen.strokeStyle = '#ffffff';
        pen.lineWidth = 1.5;
        // A colour that comes again has another hatching.
        for (const [x1, y1, x2, y2] of strokes[(place + Math.floor(place / colours.length)) % strokes.length]) {
            pen.beginPath();
            pen.moveTo(x1, y1);
            pen.lineTo(x2, y2);
            pen.stroke();
        }
        return pen.createPattern(tile, 'repeat');
    };

    // ## From a series to what Chart.js draws

    const pointsOf = (series, values) => series.points.map(([x, y], at) => ({ x, y: values ? values[at] : y }));
    const bare = { pointRadius: 0, pointHoverRadius: 0, pointHitRadius: 0 };
    const unlisted = { listed: false };

    const band = (series) => {
        const edge = { ...unlisted, ...bare, borderWidth: 0, backgroundColor: pale(series.place, 0.14) };
        return [
            { ...edge, label: `${series.name}, low`, data: pointsOf(series, series.low), fill: false },
            { ...edge, label: `${series.name}, high`, data: pointsOf(series, series.high), fill: '-1' },
        ];
    };

    const line = (series, plot, dashed) => [
        {
            label: series.name,
            data: pointsOf(series),
            borderColor: colour(series.place),
            backgroundColor: dashed ? '#ffffff' : colour(series.place),
            borderDash: dashOf(series.place, dashed),
            borderWidth: 2.5,
            ...symbolOf(series.place, dashed),
            pointRadius: plot.series.some(({ points }) => points.length > 25) ? 3 : 5,
            pointBorderWidth: dashed || symbol(series.place) in strokeTwins ? 2 : 1,
            hasKey: true,
        },
        ...(series.low.length > 0 ? band(series) : []),
    ];

    const cloud = (series) => [{
        label: series.name,
        data: pointsOf(series),
        showLine: false,
        borderColor: '#6b6b6b',
        backgroundColor: '#6b6b6b66',
        pointRadius: 3.5,
    }];

    const gap = { x: NaN, y: NaN };
    const whiskers = (series, hollow) => ({
        ...unlisted,
        ...bare,
        label: `${series.name}, interval`,
        data: series.points.flatMap(([, y], at) => [{ x: series.low[at], y }, { x: series.high[at], y }, gap]),
        borderColor: colour(series.place),
        borderWidth: 4,
        borderDash: hollow ? [5, 4] : [],
        spanGaps: false,
    });

    // The hollow ones lie over their broken bars, and the bars over the others.
    const marks = (series, hollow) => {
        const symbols = {
            label: series.name,
            data: pointsOf(series),
            showLine: false,
            borderColor: hollow ? colour(series.place) : '#ffffff',
            backgroundColor: hollow ? '#ffffff' : colour(series.place),
            pointStyle: series.place === 0 ? 'rectRot' : 'triangle',
            pointRadius: hollow ? 8 : 9,
            pointBorderWidth: hollow ? 2.5 : 1.5,
        };
        return hollow ? [whiskers(series, true), symbols] : [symbols, whiskers(series, false)];
    };
    const areMarks = ({ look }) => look === 'marks' || look === 'hollow_marks';

    const isLine = ({ look }) => look === 'line' || look === 'dashed';
    const rule = (series, plot) => [{
        ...bare,
        pointStyle: 'line',
        label: series.name,
        data: pointsOf(series),
        borderColor: '#1a1a1a',
        borderDash: [2, 3],
        borderWidth: 2,
        hasKey: plot.series.some(isLine),
        lines: series.label,
    }];

    const bars = (series, plot) => {
        const lengths = plot.y.names.map(() => null);
        for (const [length, row] of series.points) lengths[row] = length;
        return [{
            label: series.name,
            data: lengths,
            backgroundColor: hatching(series.place),
            borderColor: '#ffffff',
            borderWidth: 1,
            maxBarThickness: 40,
        }];
    };

    const draw = {
        line: (series, plot) => line(series, plot, false),
        dashed: (series, plot) => line(series, plot, true),
        marks: (series) => marks(series, false),
        hollow_marks: (series) => marks(series, true),
        cloud, rule, bars,
        side_by_side: bars,
    };
    const areBars = (plot) => plot.series.some(({ look }) => look === 'bars' || look === 'side_by_side');

    // What comes later lies on top, which is a lower order; bars lie in a row.
    const datasetsOf = (plot) => plot.series
        .flatMap((series) => draw[series.look](series, plot))
        .map((dataset, at, all) => (areBars(plot) ? dataset : { showLine: true, ...dataset, order: all.length - at }));

    // ## Axes

    const short = (value) => Number(value.toPrecision(6)).toLocaleString('en', { maximumFractionDigits: 6 });
    const shares = new Map([[2, '50 %'], [10, '90 %'], [100, '99 %'], [1e3, '99.9 %'], [1e4, '99.99 %'],
        [1e5, '99.999 %'], [1e6, '99.9999 %'], [1e7, '99.99999 %'], [1e8, '99.999999 %']]);

    // All ticks have a line; of many only those at 1, 2 and 5 have a number.
    const logarithmicTick = (value, ticks) => {
        const first = Number(value.toExponential().split('e')[0]);
        const decades = Math.log10(ticks[ticks.length - 1].value / ticks[0].value);
        const wanted = [[3, [1]], [1.3, [1, 2, 5]], [0.7, [1, 2, 3, 5]], [-1, [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9]]]
            .find(([least]) => decades > least)[1];
        return wanted.includes(first) ? short(value) : '';
    };

    const tickOf = (axis, type) => function (value, at, ticks) {
        if (axis.remarks[value]) return [axis.names[value], axis.remarks[value]];
        if (axis.names.length > 0) return axis.names[value] ?? '';
        if (axis.scale === 'nines') return shares.get(value) ?? '';
        return type === 'logarithmic' ? logarithmicTick(value, ticks) : short(value);
    };

    // A logarithmic axis would go on to the next decade; this one ends a little beyond the points.
    // Where they lie close together it would have no number at all, and a linear one does.
    const boundsOf = (axis, values) => {
        const seen = values.filter((value) => value !== null && value > 0);
        if (axis.scale === 'linear' || seen.length === 0) return { type: 'linear' };
        const least = Math.min(...seen);
        const most = Math.max(...seen);
        if (axis.scale === 'logarithmic' && most < 1.6 * least) return { type: 'linear', grace: '10%' };
        const room = Math.max(1.08, (most / least) ** 0.04);
        return { type: 'logarithmic', min: axis.scale === 'nines' ? least : least / room, max: most * room };
    };

    const ticksOf = (axis, bounds, rows) => {
        if (rows) return { afterBuildTicks: (scale) => { scale.ticks = axis.names.map((name, value) => ({ value })); } };
        if (axis.scale !== 'nines') return {};
        const seen = [...shares.keys()].filter((value) => value >= bounds.min && value <= bounds.max);
        return { afterBuildTicks: (scale) => { scale.ticks = seen.map((value) => ({ value })); } };
    };

    const scaleOf = (axis, rows, values) => {
        const bounds = boundsOf(axis, values);
        return {
            ...bounds,
            title: { display: axis.title !== '', text: axis.title },
            ticks: {
                callback: tickOf(axis, bounds.type),
                autoSkip: axis.names.length === 0 && axis.scale !== 'nines' && bounds.type !== 'logarithmic',
                maxRotation: 0,
                ...(values.every(Number.isInteger) ? { precision: 0 } : {}), // there is no round 1.5
            },
            grid: { color: '#dddddd' },
            ...(rows ? { min: -0.6, max: axis.names.length - 0.4, reverse: true } : {}),
            ...ticksOf(axis, bounds, rows),
        };
    };

    // An amount is read by its distance from zero.
    const amountOf = (axis, values) => ({ ...scaleOf(axis, axis.names.length > 0, values),
        ...(axis.scale === 'linear' && axis.names.length === 0 ? { beginAtZero: true, grace: '4%' } : {}) });

    // ## The legend

    // It shows a line as it is drawn, with its dash and its symbol: Chart.js would show the symbol alone.
    const keyWidth = 48;
    const nothing = document.createElement('canvas');
    nothing.width = nothing.height = 1;

    const labelsOf = (chart) => Chart.defaults.plugins.legend.labels.generateLabels(chart)
        .map((label) => (chart.data.datasets[label.datasetIndex].hasKey ? { ...label, pointStyle: nothing } : label));

    const drawKey = (pen, dataset, x, y) => {
        pen.save();
        pen.strokeStyle = dataset.borderColor;
        pen.fillStyle = dataset.backgroundColor;
        pen.lineWidth = dataset.borderWidth;
        pen.setLineDash(dataset.borderDash);
        pen.beginPath();
        pen.moveTo(x, y);
        pen.lineTo(x + keyWidth, y);
        pen.stroke();
        pen.setLineDash([]);
        pen.lineWidth = dataset.pointBorderWidth;
        const { pointStyle, pointRotation: rotation, pointBorderWidth: borderWidth } = dataset;
        if (pointStyle !== 'line')
            Chart.helpers.drawPoint(pen, { pointStyle, rotation, borderWidth, radius: 5 }, x + keyWidth / 2, y);
        pen.restore();
    };

    const keys = {
        id: 'keys',
        afterDraw: ({ ctx, legend, data }) => legend.legendItems.forEach(({ datasetIndex }, at) => {
            const { left, top, height } = legend.legendHitBoxes[at];
            const dataset = data.datasets[datasetIndex];
            if (dataset.hasKey) drawKey(ctx, dataset, left, top + height / 2);
        }),
    };

    // ## Labels of rules

    // A label stands beside its rule, as near as it can be without lying on a line. All that is looked at
    // are places that are drawn already, in pixels.
    const labelFont = { size: 13, lineHeight: 17, pad: 4 };
    const clearance = 6; // of a symbol

    const segmentsOf = (chart) => chart.getSortedVisibleDatasetMetas()
        .filter(({ index }) => chart.data.datasets[index].showLine !== false)
        .flatMap(({ data }) => data.slice(1).map((end, at) => [data[at], end]));

    // Whether a segment, or a symbol at its end, comes into a box: what of it lies between the box's sides.
    const comesInto = (box) => ([from, to]) => {
        let begin = 0;
        let end = 1;
        for (const [start, stop, side, size] of [[from.x, to.x, box.left, box.width], [from.y, to.y, box.top, box.height]]) {
            const change = stop - start;
            const low = side - clearance;
            const high = side + size + clearance;
            if (change === 0 && (start < low || start > high)) return false;
            if (change === 0) continue;
            const [first, last] = [(low - start) / change, (high - start) / change].sort((a, b) => a - b);
            begin = Math.max(begin, first);
            end = Math.min(end, last);
        }
        return begin <= end;
    };

    const near = (value, low, high) => Math.min(Math.max(value, low), high);

    // The point of a box and that of an upright rule that lie nearest to each other.
    const linkOf = ({ left, top, width, height }, rule) => {
        const x = near(rule.x, left, left + width);
        const y = near((rule.top + rule.bottom) / 2, top, top + height);
        const end = near(y, rule.top, rule.bottom);
        return { x, y, end, length: Math.hypot(x - rule.x, y - end) };
    };

    const placesIn = ({ left, right, top, bottom }, { width, height }, rule) => {
        const step = 6;
        const places = [];
        for (let x = left + step; x + width < right; x += step) {
            for (let y = top + step; y + height < bottom; y += step) {
                const box = { left: x, top: y, width, height };
                places.push({ ...box, link: linkOf(box, rule) });
            }
        }
        return places.sort((one, other) => one.link.length - other.link.length);
    };

    // The nearest place that is free; where none is, the one on the fewest lines.
    const placeOf = (chart, size, rule) => {
        const segments = segmentsOf(chart);
        let best = null;
        let fewest = Infinity;
        for (const place of placesIn(chart.chartArea, size, rule)) {
            const crossed = segments.filter(comesInto(place)).length;
            if (crossed === 0) return place;
            if (crossed < fewest) [best, fewest] = [place, crossed];
        }
        return best;
    };

    const drawLabel = (pen, lines, place, rule) => {
        const { size, lineHeight, pad } = labelFont;
        const { left, top, width, height, link } = place;
        pen.lineWidth = 1;
        pen.strokeStyle = '#1a1a1a';
        pen.beginPath();
        pen.moveTo(link.x, link.y);
        pen.lineTo(rule.x, link.end);
        pen.stroke();
        pen.fillStyle = '#ffffff';
        pen.fillRect(left, top, width, height);
        pen.strokeRect(left, top, width, height);
        pen.fillStyle = '#1a1a1a';
        pen.font = `600 ${size}px ${Chart.defaults.font.family}`;
        pen.textBaseline = 'middle';
        pen.textAlign = 'left';
        lines.forEach((text, at) => pen.fillText(text, left + pad, top + pad + (at + 0.5) * lineHeight));
    };

    const sizeOf = (pen, lines) => {
        const { size, lineHeight, pad } = labelFont;
        pen.font = `600 ${size}px ${Chart.defaults.font.family}`;
        return {
            width: Math.ceil(Math.max(...lines.map((text) => pen.measureText(text).width))) + 2 * pad,
            height: lines.length * lineHeight + 2 * pad,
        };
    };

    const labels = {
        id: 'labels',
        afterDatasetsDraw: (chart) => {
            const pen = chart.ctx;
            chart.labelPlaces = [];
            for (const { data, index } of chart.getSortedVisibleDatasetMetas()) {
                const lines = chart.data.datasets[index].lines ?? [];
                if (lines.length === 0) continue;
                const [one, other] = data.map(({ y }) => y).sort((a, b) => a - b);
                const rule = { x: data[0].x, top: one, bottom: other };
                pen.save();
                const place = placeOf(chart, sizeOf(pen, lines), rule);
                if (place !== null) drawLabel(pen, lines, place, rule);
                if (place !== null) chart.labelPlaces.push(place);
                pen.restore();
            }
        },
    };

    // Many lines have a high legend, which leaves the chart itself as it would be without.
    const usualLegend = 80;
    const makeRoom = (chart) => {
        const drawing = chart.canvas.parentElement;
        if (chart.legend.height <= usualLegend) return;
        drawing.style.height = `${drawing.clientHeight + chart.legend.height - usualLegend}px`;
        chart.resize();
    };

    const optionsOf = (plot) => ({
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        indexAxis: areBars(plot) ? 'y' : 'x',
        scales: areBars(plot)
            ? {
                x: {
                    stacked: plot.series[0].look === 'bars', beginAtZero: true,
                    title: { display: true, text: plot.x.title }, ticks: { maxRotation: 0 }, grid: { color: '#dddddd' },
                },
                y: { stacked: plot.series[0].look === 'bars', grid: { display: false } },
            }
            : {
                x: scaleOf(plot.x, false, plot.series.flatMap((series) => [
                    ...series.points.map(([x]) => x), ...(areMarks(series) ? [...series.low, ...series.high] : [])])),
                y: amountOf(plot.y, plot.series.flatMap((series) => [
                    ...series.points.map(([, y]) => y), ...(areMarks(series) ? [] : [...series.low, ...series.high])])),
            },
        plugins: {
            legend: {
                position: 'bottom',
                maxHeight: 4000, // without it, a share of the chart's own
                labels: {
                    usePointStyle: !areBars(plot),
                    boxHeight: areBars(plot) ? 14 : 9,
                    boxWidth: areBars(plot) ? 36 : 24,
                    pointStyleWidth: plot.series.some(isLine) ? keyWidth : undefined,
                    generateLabels: labelsOf,
                    filter: ({ datasetIndex }, { datasets }) => datasets[datasetIndex].listed !== false,
                    sort: (a, b) => a.datasetIndex - b.datasetIndex,
                },
            },
            tooltip: { filter: ({ dataset }) => dataset.listed !== false, animation: false },
        },
    });

    const paper = {
        id: 'paper',
        beforeDraw: ({ ctx, width, height }) => {
            ctx.save();
            ctx.globalCompositeOperation = 'destination-over';
            ctx.fillStyle = '#ffffff';
            ctx.fillRect(0, 0, width, height);
            ctx.restore();
        },
    };

    const drawPlot = (plot) => {
        const canvas = document.getElementById(plot.id);
        const rows = plot.y.names.length;
        const beside = plot.series.filter(({ look }) => look === 'side_by_side').length;
        const least = plot.y.remarks.some((remark) => remark !== '') ? 3 : 2.4; // a row of two lines needs more
        if (rows > 0) canvas.parentElement.style.height = `${Math.max(13, 8 + rows * Math.max(least, 1.1 * beside))}rem`;
        const chart = new Chart(canvas, {
            type: areBars(plot) ? 'bar' : 'scatter',
            data: {
                labels: areBars(plot) ? plot.y.names : undefined,
                datasets: datasetsOf(plot),
            },
            options: optionsOf(plot),
            plugins: [paper, keys, labels],
        });
        makeRoom(chart);
    };

    // ## Downloads

    const save = (blob, name) => {
        const link = document.createElement('a');
        link.href = URL.createObjectURL(blob);
        link.download = name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    };

    const linesOf = (pen, text, width) => {
        const lines = [''];
        for (const word of text.split(' ')) {
            const longer = `${lines[lines.length - 1]} ${word}`.trim();
            if (pen.measureText(longer).width > width) lines.push(word);
            else lines[lines.length - 1] = longer;
        }
        return lines;
    };

    // The chart below its title, so that it can stand alone on a slide.
    const savePicture = (plot) => {
        const chart = document.getElementById(plot.id);
        const picture = document.createElement('canvas');
        const pen = picture.getContext('2d');
        const size = Math.round(chart.width / 32);
        const font = `600 ${size}px system-ui, sans-serif`;
        pen.font = font;
        const lines = linesOf(pen, plot.title, chart.width - 2 * size);
        const top = Math.round((lines.length + 0.8) * 1.25 * size);
        picture.width = chart.width;
        picture.height = chart.height + top;
        pen.fillStyle = '#ffffff';
        pen.fillRect(0, 0, picture.width, picture.height);
        pen.fillStyle = '#1a1a1a';
        pen.font = font;
        lines.forEach((text, at) => pen.fillText(text, size, (at + 1) * 1.25 * size));
        pen.drawImage(chart, 0, top);
        picture.toBlob((blob) => save(blob, `${plot.id}.png`), 'image/png');
    };

    const offer = (button, action) => {
        button.hidden = false;
        button.addEventListener('click', action);
    };

    // A packed document has its bins as steps: ~698,x2,6~ is [[698,1],[699,2],[705,1]].
    const withBins = (text) => text.replace(/"bins":~([^~]*)~/g, (all, steps) => {
        let place = 0;
        const bins = steps.split(',').map((step) => {
            const [gap, count] = step.split('x');
            place += gap === '' ? 1 : Number(gap);
            return `[${place},${count ?? 1}]`;
        });
        return `"bins":[${bins}]`;
    });

    const unpacked = (kept) => {
        const bytes = Uint8Array.from(atob(kept), (byte) => byte.charCodeAt(0));
        const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
        return new Response(stream).text().then(withBins);
    };

    // A document is kept as it is, so that no number of it goes through JavaScript's.
    const readings = {
        json: async (kept) => new Blob([kept], { type: 'application/json' }),
        packed: async (kept) => new Blob([await unpacked(kept)], { type: 'application/json' }),
        text: async (kept) => new Blob([JSON.parse(kept)], { type: 'text/csv' }),
    };
    for (const button of document.querySelectorAll('button[data-download]')) {
        const { download, kind, name } = button.dataset;
        if (kind === 'packed' && !window.DecompressionStream) continue; // an old browser: the rest works
        const kept = document.getElementById(download).textContent;
        offer(button, () => readings[kind](kept).then((blob) => save(blob, name)));
    }
    for (const button of document.querySelectorAll('button[data-figures]')) {
        const text = JSON.stringify({ plots: figures.plots }, null, 1);
        offer(button, () => save(new Blob([text], { type: 'application/json' }), 'figures.json'));
    }
    for (const button of document.querySelectorAll('button[data-tables]')) {
        offer(button, () => {
            const tables = [...document.querySelectorAll('details')];
            const open = tables.some((details) => !details.open);
            for (const details of tables) details.open = open;
            button.textContent = open ? 'Close all tables' : 'Open all tables';
        });
    }

    // A table that is wider than its place can be scrolled by keys, and then has to have a name.
    const reachWideTables = () => {
        for (const wide of document.querySelectorAll('.wide')) {
            const isWide = wide.scrollWidth > wide.clientWidth;
            const name = wide.querySelector('caption').textContent;
            for (const [key, value] of [['tabindex', '0'], ['role', 'group'], ['aria-label', name]]) {
                if (isWide) wide.setAttribute(key, value);
                else wide.removeAttribute(key);
            }
        }
    };
    document.addEventListener('toggle', reachWideTables, true);
    window.addEventListener('resize', reachWideTables);
    reachWideTables();

    // ## Drawing

    if (typeof Chart === 'undefined') return;
    Chart.defaults.font.size = 14;
    Chart.defaults.font.family = 'system-ui, "DejaVu Sans", "Liberation Sans", sans-serif';
    Chart.defaults.color = '#1a1a1a';
    for (const plot of figures.plots) {
        document.getElementById(plot.id).parentElement.hidden = false;
        try {
            drawPlot(plot);
        } catch (error) {
            // Figures beyond what axes can bear, say: the table has them, and the other charts are drawn.
            console.error(`${plot.id} cannot be drawn: ${error.message}`);
            document.getElementById(plot.id).parentElement.hidden = true;
            continue;
        }
        const button = document.querySelector(`button[data-plot="${plot.id}"]`);
        offer(button, () => savePicture(plot));
    }

    const redraw = () => Object.values(Chart.instances).forEach((chart) => chart.resize());
    window.addEventListener('beforeprint', redraw);
    window.addEventListener('afterprint', redraw);
})();
