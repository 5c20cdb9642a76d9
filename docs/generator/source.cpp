#include "docs/generator/source.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "docs/generator/text.hpp"

namespace docs {
namespace {

std::size_t indentation(std::string_view line) {
    return std::min(line.find_first_not_of(' '), line.size());
}

bool is_comment(std::string_view line) {
    return trimmed(line).starts_with("//");
}

bool is_contract(std::string_view line) {
    const std::string_view text = trimmed(line);
    return text.starts_with("///") && !text.starts_with("///<");
}

bool begins_prose(std::string_view line) {
    return line.starts_with("//") || is_contract(line);
}

std::string_view without_marker(std::string_view line) {
    std::string_view text = trimmed(line);
    text.remove_prefix(std::min(text.find_first_not_of('/'), text.size()));
    if (text.starts_with(' ')) text.remove_prefix(1);
    return text;
}

// Fields of a contract, each of which begins a line of its own.
constexpr std::array<std::string_view, 7> fields{"range",     "result", "errors", "units",
                                                 "ownership", "source", "shape"};

// `range   text` and `range: text`; the size of the name, 0 for a line that begins otherwise.
std::size_t field_size(std::string_view text) {
    for (const std::string_view field : fields) {
        if (!text.starts_with(field)) continue;
        const std::string_view rest = text.substr(field.size());
        if (rest.starts_with(": ") || rest.starts_with("  ")) return field.size();
    }
    return 0;
}

// A contract is no Markdown of its own: its fields are set apart, its indentation means nothing.
std::string contract_line(std::string_view text, std::string& before) {
    text = trimmed(text);
    const std::size_t size = field_size(text);
    if (size == 0) return std::string{text};
    if (!before.empty() && before.back() == '\n') {
        const bool after_text = before.size() > 1 && before[before.size() - 2] != '\n';
        if (after_text) before.insert(before.size() - 1, "\\");
    }
    std::string_view rest = text.substr(size);
    if (rest.starts_with(':')) rest.remove_prefix(1);
    return "*" + std::string{text.substr(0, size)}.append(":* ").append(trimmed(rest));
}

// The first line of a comment may be a heading, which is no part of the prose.
bool take_heading(Chunk& chunk, std::string_view text) {
    if (!chunk.prose.empty() || !chunk.heading.empty() || chunk.is_contract) return false;
    const bool section = text.starts_with("## ");
    if (!section && !text.starts_with("# ")) return false;
    chunk.is_section = section;
    chunk.heading = trimmed(text.substr(section ? 3 : 2));
    return true;
}

void add_prose(Chunk& chunk, std::string_view line, int number) {
    const std::string_view text = without_marker(line);
    if (chunk.prose_line == 0) chunk.prose_line = number;
    if (take_heading(chunk, text)) {
        chunk.prose = "\n";  // the heading's line, so that lines stay where they are
        return;
    }
    chunk.prose +=
        (chunk.is_contract ? contract_line(text, chunk.prose) : std::string{text}) + '\n';
}

void add_code(Chunk& chunk, const std::string& line, int number) {
    if (chunk.code.empty() && trimmed(line).empty()) return;
    if (chunk.code.empty()) chunk.code_line = number;
    chunk.code.push_back(line);
}

void finish(Chunk& chunk, bool header) {
    while (!chunk.code.empty() && trimmed(chunk.code.back()).empty()) chunk.code.pop_back();
    int number = chunk.code_line;
    for (const std::string& line : chunk.code) {
        const std::string name = declared_name(line, header);
        if (!name.empty()) chunk.declared.push_back({name, number});
        ++number;
    }
}

bool begins_with_any(std::string_view text, const auto& words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
        return text.starts_with(word) &&
               (text.size() == word.size() || !is_word(text[word.size()]));
    });
}

constexpr std::array<std::string_view, 18> no_declarations{
    "namespace", "using",         "return", "if",      "for",    "while",
    "switch",    "case",          "else",   "do",      "friend", "throw",
    "typedef",   "static_assert", "public", "private", "delete", "new"};

// Without attributes and a template's parameters, which stand before the type.
std::string_view without_prefix(std::string_view text) {
    for (;;) {
        const std::size_t end = text.starts_with("[[")         ? text.find("]]")
                                : text.starts_with("template") ? text.find('>')
                                                               : text.npos;
        if (end == text.npos) return text;
        text = trimmed(text.substr(end + (text.starts_with("[[") ? 2 : 1)));
    }
}

std::string name_at(std::string_view text, std::size_t first) {
    std::size_t end = first;
    while (end < text.size() && is_word(text[end])) ++end;
    return std::string{text.substr(first, end - first)};
}

std::string type_name(std::string_view text) {
    if (text.ends_with(';')) return {};
    for (const std::string_view word : {"enum class ", "struct ", "class ", "enum ", "union "}) {
        if (!text.starts_with(word)) continue;
        return name_at(without_prefix(trimmed(text.substr(word.size()))), 0);
    }
    return {};
}

// The word before the first parenthesis, where a type stands before it.
std::string function_name(std::string_view text) {
    const std::size_t open = text.find('(');
    if (open == text.npos || text.substr(0, open).find('=') != text.npos) return {};
    std::size_t first = open;
    while (first > 0 && is_word(text[first - 1])) --first;
    std::size_t qualified = first;
    while (qualified > 0 && (is_word(text[qualified - 1]) || text[qualified - 1] == ':'))
        --qualified;
    if (first == open || qualified == 0) return {};
    const char before = text[qualified - 1];
    return before == ' ' || before == '*' || before == '&' ? name_at(text, first) : std::string{};
}

}  // namespace

std::string declared_name(std::string_view line, bool is_header) {
    const std::size_t margin = indentation(line);
    if (margin != 0 && !(is_header && margin == 4)) return {};
    const std::string_view text = without_prefix(trimmed(line));
    if (text.empty() || !is_word(text.front()) || begins_with_any(text, no_declarations)) return {};
    std::string type = type_name(text);
    if (!type.empty()) return type;
    if (!is_header && text.ends_with(';')) return {};  // what is declared here is defined below
    return function_name(text);
}

std::string Chunk::key() const {
    if (is_section) return heading;
    if (!heading.empty()) return "#";  // the title, which names its file
    return declared.empty() ? std::string{} : declared.front().name;
}

Source parse_source(std::string path, std::string_view text) {
    Source source{.path = std::move(path), .lines = lines_of(text), .chunks = {}};
    const bool header = source.path.ends_with(".hpp");
    bool in_prose = false;
    int number = 0;
    source.chunks.emplace_back();
    for (const std::string& line : source.lines) {
        ++number;
        if (in_prose ? is_comment(line) : begins_prose(line)) {
            if (!in_prose) source.chunks.emplace_back().is_contract = is_contract(line);
            in_prose = true;
            add_prose(source.chunks.back(), line, number);
            continue;
        }
        in_prose = false;
        add_code(source.chunks.back(), line, number);
    }
    for (Chunk& chunk : source.chunks) finish(chunk, header);
    const Chunk& first = source.chunks.front();
    if (first.code.empty() && first.prose.empty()) source.chunks.erase(source.chunks.begin());
    return source;
}

}  // namespace docs
