#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "docs/generator/prose.hpp"
#include "docs/generator/text.hpp"

namespace docs {
namespace {

// So many characters of a text, as HTML.
struct Taken {
    std::size_t size = 0;
    std::string html;
};

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_path(char c) noexcept {
    return is_word(c) || c == '/' || c == '.' || c == '-';
}

// As in `signal-safety`.
bool is_manual(char c) noexcept {
    return is_word(c) || c == '-';
}

std::size_t run(std::string_view text, auto predicate) {
    const auto end = std::find_if_not(text.begin(), text.end(), predicate);
    return static_cast<std::size_t>(end - text.begin());
}

std::string anchor_element(const std::string& kind, const std::string& address,
                           std::string_view text) {
    return "<a class=\"" + kind + "\" href=\"" + escaped(address) + "\">" + escaped(text) + "</a>";
}

// Sections of manual pages that man7.org gives an anchor in its pages.
constexpr std::array<std::string_view, 18> manual_sections{
    "SYNOPSIS", "DESCRIPTION", "RETURN VALUE", "ERRORS",    "NOTES",       "BUGS",
    "EXAMPLES", "VERSIONS",    "HISTORY",      "CAVEATS",   "FILES",       "OPTIONS",
    "SEE ALSO", "ATTRIBUTES",  "ENVIRONMENT",  "STANDARDS", "EXIT STATUS", "NAME"};

std::string manual_address(const std::string& name, const std::string& section) {
    return "https://man7.org/linux/man-pages/man" + section.substr(0, 1) + "/" + name + "." +
           section + ".html";
}

void tell_unknown_citation(const std::string& citation, const Place& place, Desk& desk) {
    desk.faults.add({.place = place,
                     .what = "`" + citation + "` is cited, and is not known",
                     .likely_cause = "a typing error, or something that nobody has cited before",
                     .what_helps = "mend it; or look it up, and add it to docs/citations.txt"});
}

// Whether a text begins with that name; a blank may be a line's end.
bool begins_with_name(std::string_view text, std::string_view name) {
    if (text.size() < name.size()) return false;
    const bool same = std::equal(name.begin(), name.end(), text.begin(), [](char c, char here) {
        return c == (here == '\n' ? ' ' : here);
    });
    const std::string_view rest = text.substr(name.size());
    return same && (rest.empty() || !(is_word(rest[0]) || rest[0] == '-'));
}

// Whether this is written like a section, a constant, a field or a path, and not like a sentence
// that goes on.
bool looks_like_name(std::string_view text) {
    if (text.empty() || text.starts_with("RFC ")) return false;
    const std::string_view word = text.substr(0, run(text, is_word));
    const bool is_citation = text.substr(word.size()).starts_with('(');
    const bool is_capital = text[0] >= 'A' && text[0] <= 'Z';
    return !is_citation && (is_capital || text[0] == '/' || word.find('_') != word.npos);
}

// `RETURN VALUE` behind `poll(2), `, as the list of citations has it.
std::string manual_name(std::string_view text, const std::string& citation, const Place& place,
                        Desk& desk) {
    std::string found;
    for (const std::string& name : desk.atlas.names_in(citation)) {
        if (name.size() > found.size() && begins_with_name(text, name)) found = name;
    }
    if (found.empty() && looks_like_name(text)) {
        const std::size_t end = std::min(text.find_first_of(".,;:)\n\""), text.size());
        tell_unknown_citation(citation + ", " + std::string{text.substr(0, end)}, place, desk);
    }
    return found;
}

// `poll(2), RETURN VALUE`
std::optional<Taken> take_manual(std::string_view text, const Place& place, Desk& desk) {
    const std::size_t size = run(text, is_manual);
    std::string_view rest = text.substr(size);
    if (size == 0 || rest.size() < 3 || rest[0] != '(' || rest[1] < '1' || rest[1] > '9')
        return std::nullopt;
    const std::size_t letter = rest[2] == 'p' ? 1 : 0;
    if (rest.size() < 3 + letter || rest[2 + letter] != ')') return std::nullopt;
    const std::string name{text.substr(0, size)};
    const std::string section{rest.substr(1, 1 + letter)};
    const std::string citation = name + '(' + section + ')';
    if (!desk.atlas.may_cite(citation)) tell_unknown_citation(citation, place, desk);
    std::size_t end = citation.size();
    std::string address = manual_address(name, section);
    desk.cited[citation] = address;
    const std::string_view behind = text.substr(end);
    if (behind.starts_with(", ") || behind.starts_with(",\n")) {
        std::string named = manual_name(behind.substr(2), citation, place, desk);
        if (!named.empty()) end += 2 + named.size();
        if (std::find(manual_sections.begin(), manual_sections.end(), named) !=
            manual_sections.end()) {
            std::replace(named.begin(), named.end(), ' ', '_');
            address += "#" + named;
        }
    }
    return Taken{end, anchor_element("out", address, text.substr(0, end))};
}

// `man 2 poll`
std::optional<Taken> take_man_command(std::string_view text, const Place& place, Desk& desk) {
    constexpr std::string_view man = "man ";
    if (!text.starts_with(man) || text.size() < man.size() + 3) return std::nullopt;
    if (text[4] < '1' || text[4] > '9' || text[5] != ' ') return std::nullopt;
    const std::string name{text.substr(6, run(text.substr(6), is_manual))};
    if (name.empty()) return std::nullopt;
    const std::string section{text.substr(4, 1)};
    const std::string citation = name + '(' + section + ')';
    if (!desk.atlas.may_cite(citation)) tell_unknown_citation(citation, place, desk);
    const std::size_t end = 6 + name.size();
    return Taken{end, anchor_element("out", manual_address(name, section), text.substr(0, end))};
}

// How much of `, section 5.1`, or `, 5.1`, stands here, and the number.
std::pair<std::size_t, std::string> rfc_section(std::string_view text) {
    if (!text.starts_with(", ") && !text.starts_with(",\n")) return {};
    std::size_t at = 2;
    if (text.substr(at).starts_with("section ") || text.substr(at).starts_with("section\n"))
        at += 8;
    std::string number;
    while (at < text.size() && is_digit(text[at])) {
        const std::size_t digits = run(text.substr(at), is_digit);
        number += text.substr(at, digits);
        at += digits;
        if (at + 1 >= text.size() || text[at] != '.' || !is_digit(text[at + 1])) break;
        number += '.';
        ++at;
    }
    if (number.empty()) return {};
    return {at, number};
}

// `RFC 9112, section 6`
std::optional<Taken> take_rfc(std::string_view text, const Place& place, Desk& desk) {
    if (!text.starts_with("RFC ") && !text.starts_with("RFC\n")) return std::nullopt;
    const std::size_t digits = run(text.substr(4), is_digit);
    if (digits == 0) return std::nullopt;
    const std::string number{text.substr(4, digits)};
    if (!desk.atlas.may_cite("RFC " + number)) tell_unknown_citation("RFC " + number, place, desk);
    desk.cited["RFC " + number] = "https://www.rfc-editor.org/rfc/rfc" + number;
    const auto [more, section] = rfc_section(text.substr(4 + digits));
    const std::string anchor = section.empty() ? "" : "#section-" + section;
    const std::size_t end = 4 + digits + more;
    return Taken{end, anchor_element("out", "https://www.rfc-editor.org/rfc/rfc" + number + anchor,
                                     text.substr(0, end))};
}

// `bench: keep-alive`
std::optional<Taken> take_workload(std::string_view text, const Place& place, Desk& desk) {
    constexpr std::string_view bench = "bench:";
    if (!text.starts_with(bench) || text.size() <= bench.size()) return std::nullopt;
    if (text[bench.size()] != ' ' && text[bench.size()] != '\n') return std::nullopt;
    const std::size_t begin = bench.size() + 1;
    const std::size_t size = run(text.substr(begin), [](char c) { return is_word(c) || c == '-'; });
    const std::string name{text.substr(begin, size)};
    const auto address = desk.atlas.workload(name);
    if (!address) {
        desk.faults.add({.place = place,
                         .what = "`bench: " + name + "` names no workload and no experiment",
                         .likely_cause = "a typing error, or the workload has another name now",
                         .what_helps = "a name out of bench/experiments"});
        return std::nullopt;
    }
    return Taken{begin + size, anchor_element("in", address_from(desk.page, *address),
                                              text.substr(0, begin + size))};
}

struct Reference {
    std::string_view path;
    std::string_view name;  // behind `#`
    std::size_t size = 0;
};

// `poll.cpp`, `common/sys/fd.hpp`, `poll.cpp#wait`
std::optional<Reference> find_reference(std::string_view text) {
    const std::string_view token = text.substr(0, run(text, is_path));
    for (const std::string_view ending : {".cpp", ".hpp"}) {
        const std::size_t at = token.find(ending);
        if (at == token.npos || at == 0) continue;
        const std::size_t end = at + ending.size();
        if (end < token.size() && (is_word(token[end]) || token[end] == '/')) continue;
        Reference reference{.path = text.substr(0, end), .name = {}, .size = end};
        if (end + 1 < text.size() && text[end] == '#') {
            const std::string_view rest = text.substr(end + 1);
            reference.name =
                rest.substr(0, run(rest, [](char c) { return is_word(c) || c == '-'; }));
            reference.size = end + 1 + reference.name.size();
        }
        return reference;
    }
    return std::nullopt;
}

// The path of what is referred to; none where there is no such file, empty where there are several.
std::optional<std::string> path_of(std::string_view path, Desk& desk) {
    if (path.find('/') == path.npos) return desk.atlas.file_called(std::string{path});
    if (desk.atlas.text(std::string{path})) return std::string{path};
    return std::nullopt;
}

std::optional<Address> address_of(const Reference& reference, const Place& place, Desk& desk) {
    const auto path = path_of(reference.path, desk);
    if (!path) tell_unknown_file(reference.path, place, desk);
    if (!path || path->empty()) return std::nullopt;
    if (reference.name.empty()) return desk.atlas.file(*path);
    auto address = desk.atlas.name(*path, std::string{reference.name});
    if (!address) {
        desk.faults.add(
            {.place = place,
             .what = "`" + std::string{reference.name} + "` is no section, function or type of " +
                     *path,
             .likely_cause = "a typing error, or it has another name now",
             .what_helps = "a heading in lower case, or a name that the file declares"});
    }
    return address;
}

std::optional<Taken> take_reference(std::string_view text, const Place& place, Desk& desk) {
    const auto reference = find_reference(text);
    if (!reference) return std::nullopt;
    const auto address = address_of(*reference, place, desk);
    const std::string_view shown = text.substr(0, reference->size);
    if (!address) return Taken{reference->size, escaped(shown)};
    return Taken{reference->size, anchor_element("in", address_from(desk.page, *address), shown)};
}

// The characters of `text` that are `term`, in any case, with one blank for any; 0 for none. A term
// with a hyphen may stand there without.
std::size_t term_size(std::string_view text, std::string_view term) {
    std::size_t at = 0;
    for (const char c : term) {
        if (at == text.size()) return 0;
        const char here = text[at] == '\n' ? ' ' : lower_case(text.substr(at, 1)).front();
        const bool apart = c == '-' && here == ' ';
        if (here != c && !apart) return 0;
        ++at;
    }
    if (at < text.size() && text[at] == 's') ++at;  // of several
    const bool ends = at == text.size() || !(is_word(text[at]) || text[at] == '-');
    return ends ? at : 0;
}

// A term of the glossary, where it first comes on a page, or in an entry; the longest that begins
// here.
std::optional<Taken> take_term(std::string_view text, Desk& desk) {
    std::size_t size = 0;
    const std::pair<const std::string, Address>* found = nullptr;
    for (const auto& term : desk.atlas.terms()) {
        const std::size_t here = term_size(text, term.first);
        if (here <= size) continue;
        size = here;
        found = &term;
    }
    if (found == nullptr || !desk.terms_met.insert(found->first).second) return std::nullopt;
    return Taken{
        size, anchor_element("term", address_from(desk.page, found->second), text.substr(0, size))};
}

// Whether a name may begin behind this character.
bool may_precede(char c) noexcept {
    return !is_word(c) && c != '.' && c != ':' && c != '>' && c != '/' && c != '-' && c != '~' &&
           c != '$';
}

std::optional<Taken> take_citation(std::string_view text, const Place& place, Desk& desk) {
    if (auto taken = take_manual(text, place, desk)) return taken;
    if (auto taken = take_man_command(text, place, desk)) return taken;
    if (auto taken = take_rfc(text, place, desk)) return taken;
    return take_workload(text, place, desk);
}

std::optional<Taken> take(std::string_view text, const Place& place, Desk& desk, bool with_terms) {
    if (auto taken = take_citation(text, place, desk)) return taken;
    if (auto taken = take_reference(text, place, desk)) return taken;
    return with_terms ? take_term(text, desk) : std::nullopt;
}

std::string linked(std::string_view text, const Place& begin, Desk& desk, bool with_terms) {
    std::string html;
    Place place = begin;
    std::size_t plain = 0;  // what has not been written yet begins here
    std::size_t at = 0;
    while (at < text.size()) {
        if (text[at] == '\n') ++place.line;
        const bool starts = is_word(text[at]) && (at == 0 || may_precede(text[at - 1]));
        const auto taken = starts ? take(text.substr(at), place, desk, with_terms) : std::nullopt;
        if (!taken) {
            ++at;
            continue;
        }
        html += escaped(text.substr(plain, at - plain)) + taken->html;
        const std::string_view passed = text.substr(at, taken->size);
        place.line += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
        at += taken->size;
        plain = at;
    }
    return html + escaped(text.substr(plain));
}

// `servers/poll.html#wait`: a place in these pages.
std::optional<Address> page_of(std::string_view code) {
    const std::size_t hash = code.find('#');
    const std::string_view page = code.substr(0, hash);
    if (hash == code.npos || !page.ends_with(".html") || !Atlas::names_a_path(page))
        return std::nullopt;
    return Address{.page = std::string{page}, .anchor = std::string{code.substr(hash + 1)}};
}

std::string code_link(const Address& address, std::string_view code, Desk& desk) {
    return "<a class=\"in\" href=\"" + escaped(address_from(desk.page, address)) + "\"><code>" +
           escaped(code) + "</code></a>";
}

}  // namespace

void tell_unknown_file(std::string_view path, const Place& place, Desk& desk) {
    desk.faults.add({.place = place,
                     .what = "`" + std::string{path} + "` is no file of the project",
                     .likely_cause = "a typing error, or the file has another name now",
                     .what_helps = "the name of a file, from the project's directory on"});
}

std::string new_id(Desk& desk, const std::string& wanted) {
    std::string id = wanted;
    for (int number = 1; !desk.ids.insert(id).second; ++number)
        id = wanted + "-" + std::to_string(number);
    return id;
}

std::string linked_text(std::string_view text, const Place& begin, Desk& desk) {
    return linked(text, begin, desk, true);
}

std::string cited_comment(std::string_view text, const Place& place, Desk& desk) {
    const bool has_pairs = std::count(text.begin(), text.end(), '`') % 2 == 0;
    for (std::size_t at = has_pairs ? text.find('`') : text.npos; at != text.npos;) {
        const std::size_t end = text.find('`', at + 1);
        check_code(text.substr(at + 1, end - at - 1), place, desk);
        at = text.find('`', end + 1);
    }
    return linked(text, place, desk, false);
}

std::string linked_code(std::string_view code, const Place& place, Desk& desk) {
    std::string plain = "<code>" + escaped(code) + "</code>";
    if (const auto cited = take_citation(code, place, desk); cited && cited->size == code.size())
        return "<code>" + cited->html + "</code>";
    const auto reference = find_reference(code);
    if (reference && reference->size == code.size()) {
        const auto address = address_of(*reference, place, desk);
        return address ? code_link(*address, code, desk) : plain;
    }
    if (const auto address = page_of(code)) {
        desk.wanted.push_back({.place = place, .address = *address});
        return code_link(*address, code, desk);
    }
    check_code(code, place, desk);
    if (!Atlas::names_a_path(code)) return plain;
    const auto address = desk.atlas.file(std::string{code});
    return address ? code_link(*address, code, desk) : plain;
}

}  // namespace docs
