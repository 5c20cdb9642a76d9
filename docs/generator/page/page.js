
"use strict";
// Looks words up in what the pages say. The list stands in this page: nothing is fetched.
(() => {
    const entries = JSON.parse(document.getElementById("index").textContent);
    const input = document.querySelector("input[name=q]");
    const list = document.getElementById("results");
    const said = document.getElementById("found");
    const most = 60;

    const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter((word) => word !== "");

    // What tells pages of one name apart: that of a model, and that of its source.
    const roomOf = (address) => ({models: "the model", servers: "its source"})[address.split("/")[0]] ?? "";

    // Every word has to be there; in a title it weighs most, in the text least. A page that is called
    // just so comes before all that is said or declared on others, the model's before its source.
    function weigh(entry, words) {
        const [title, heading, address, text] = entry;
        let weight = 0;
        for (const word of words) {
            const inTitle = title.toLowerCase().includes(word);
            const inHeading = heading.toLowerCase().includes(word);
            const inText = text.toLowerCase().includes(word);
            if (!inTitle && !inHeading && !inText) return 0;
            weight += (inHeading ? 12 : 0) + (inTitle ? 6 : 0) + (inText ? 2 : 0);
        }
        const whole = words.join(" ");
        if (heading.toLowerCase() === whole) weight += 40;
        if (heading === "" && title.toLowerCase() === whole) weight += address.startsWith("models/") ? 130 : 120;
        if (title === "Glossary" && heading.toLowerCase() === whole) weight += 40;
        if (text.toLowerCase().includes(whole)) weight += 3;
        return weight;
    }

    // A piece of the text around the first word, with the words marked.
    function excerpt(text, words) {
        const paragraph = document.createElement("p");
        const lower = text.toLowerCase();
        const places = words.map((word) => lower.indexOf(word)).filter((at) => at >= 0);
        const first = places.length > 0 ? Math.min(...places) : 0;
        const begin = first <= 80 ? 0 : text.lastIndexOf(" ", first - 60) + 1;
        const limit = begin + 240;
        const end = limit >= text.length ? text.length : Math.max(first, text.lastIndexOf(" ", limit));
        paragraph.append(begin > 0 ? "... " : "");
        let at = begin;
        while (at < end) {
            let next = end;
            let size = 0;
            for (const word of words) {
                const found = lower.indexOf(word, at);
                if (found >= 0 && found < next) {
                    next = found;
                    size = word.length;
                }
            }
            paragraph.append(text.slice(at, next));
            if (size === 0) break;
            const mark = document.createElement("mark");
            mark.textContent = text.slice(next, next + size);
            paragraph.append(mark);
            at = next + size;
        }
        paragraph.append(end < text.length ? " ..." : "");
        return paragraph;
    }

    function show(query) {
        const words = wordsOf(query);
        list.replaceChildren();
        if (words.length === 0) {
            said.textContent = "Type what you look for: a word of the course, a function, a call.";
            return;
        }
        const found = entries
            .map((entry) => ({entry, weight: weigh(entry, words)}))
            .filter((one) => one.weight > 0)
            .sort((one, other) => other.weight - one.weight);
        said.textContent = found.length === 0 ? "Nothing is found."
            : found.length + (found.length === 1 ? " place" : " places")
              + (found.length > most ? ", the first " + most + ":" : ":");
        for (const {entry} of found.slice(0, most)) {
            const [title, heading, address, text] = entry;
            const item = document.createElement("li");
            const link = document.createElement("a");
            link.href = address;
            link.textContent = heading === "" ? title : title + ": " + heading;
            const room = document.createElement("span");
            room.className = "room";
            room.textContent = roomOf(address) === "" ? "" : ", " + roomOf(address);
            item.append(link, room, excerpt(text, words));
            list.append(item);
        }
    }

    input.value = new URLSearchParams(location.search).get("q") ?? "";
    input.addEventListener("input", () => show(input.value));
    show(input.value);
    input.focus();
})();
