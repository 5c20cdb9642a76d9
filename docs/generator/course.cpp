#include "docs/generator/course.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "docs/generator/markup.hpp"
#include "docs/generator/text.hpp"

namespace docs {
namespace {

namespace fs = std::filesystem;

// The files of a directory with one of these endings, by name.
std::vector<std::string> files_in(const fs::path& project, const std::string& directory,
                                  const std::vector<std::string>& endings) {
    std::vector<std::string> files;
    if (!fs::is_directory(project / directory)) return files;
    const std::string inside = directory + '/';
    for (const auto& entry : fs::directory_iterator{project / directory}) {
        const std::string name = entry.path().filename();
        const auto fits = [&](const std::string& ending) { return name.ends_with(ending); };
        if (entry.is_regular_file() && std::any_of(endings.begin(), endings.end(), fits))
            files.push_back(inside + name);
    }
    std::sort(files.begin(), files.end());
    return files;
}

// The text between the first two of `bound`; empty where there are none.
std::string between(std::string_view text, char bound) {
    const std::size_t begin = text.find(bound);
    const std::size_t end = begin == text.npos ? begin : text.find(bound, begin + 1);
    return end == text.npos ? std::string{} : std::string{text.substr(begin + 1, end - begin - 1)};
}

// The cells of a row of a Markdown table.
std::vector<std::string> cells_of(std::string_view row) {
    std::vector<std::string> cells;
    row = trimmed(row);
    if (!row.starts_with('|')) return cells;
    row.remove_prefix(1);
    while (!row.empty()) {
        const std::size_t end = std::min(row.find('|'), row.size());
        cells.emplace_back(trimmed(row.substr(0, end)));
        row.remove_prefix(std::min(end + 1, row.size()));
    }
    return cells;
}

// Bold words of the glossary that open a definition, with their lines. `**Round** (of a comparison)`
// is a word that people use for other things as well.
struct Term {
    std::string text;
    int line = 0;
    bool is_common = false;
};

std::vector<Term> terms_of(std::string_view glossary) {
    std::vector<Term> terms;
    int line = 1;
    for (std::size_t at = 0; at < glossary.size(); ++at) {
        if (glossary[at] == '\n') ++line;
        if (!glossary.substr(at).starts_with("**")) continue;
        const std::size_t end = glossary.find("**", at + 2);
        if (end == glossary.npos) break;
        terms.push_back({.text = in_one_line(glossary.substr(at + 2, end - at - 2)),
                         .line = line,
                         .is_common = glossary.substr(end + 2).starts_with(" (of ")});
        at = end + 1;
    }
    return terms;
}

// The first half is for headers, so that what is promised is read before how it is kept.
bool reads_before(const std::string& one, const std::string& other) {
    if (stem_of(one) != stem_of(other)) return stem_of(one) < stem_of(other);
    return one.ends_with(".hpp") && !other.ends_with(".hpp");
}

std::optional<Measured> read_result(const std::string& path) {
    if (path.empty()) return std::nullopt;
    std::ifstream file{path, std::ios::binary};
    if (!file) throw std::runtime_error{"the result " + path + " cannot be read"};
    std::ostringstream text;
    text << file.rdbuf();
    try {
        return Measured{text.str()};
    } catch (const std::runtime_error& error) {
        throw std::runtime_error{path + ": " + error.what()};
    }
}

}  // namespace

Course::Course(Options options)
    : options_{std::move(options)},
      atlas_{options_.project},
      measured_{read_result(options_.result)} {
    find_models();
    find_rooms();
    find_experiments();
    find_course();
    find_bugs();
    find_terms();
    find_names();
}

void Course::find_models() {
    const auto lists = atlas_.text("CMakeLists.txt");
    for (const std::string& line : lines_of(lists.value_or(""))) {
        constexpr std::string_view add = "add_server(";
        if (!line.starts_with(add)) continue;
        const std::string model = line.substr(add.size(), line.find_first_of(" )") - add.size());
        const std::string file = "servers/" + model + ".cpp";
        if (!atlas_.text(file))
            throw std::runtime_error{"CMakeLists.txt names " + file + ", which is not there"};
        models_.push_back(model);
        atlas_.show(file, {.page = "servers/" + model + ".html", .anchor = {}});
    }
    if (models_.empty()) throw std::runtime_error{"CMakeLists.txt names no server"};
}

// The rooms of common/, in the order in which docs/README.md says where to start in each.
void Course::find_rooms() {
    int number = 0;
    for (const std::string& line : lines_of(atlas_.text("docs/README.md").value_or(""))) {
        ++number;
        const auto cells = cells_of(line);
        constexpr std::string_view common = "`common/";
        if (cells.size() < 3 || !cells[0].starts_with(common)) continue;
        const std::string name =
            cells[0].substr(common.size(), cells[0].size() - common.size() - 1);
        Room room{.name = name,
                  .says = cells[1],
                  .place = {.file = "docs/README.md", .line = number},
                  .files = files_in(options_.project, "common/" + name, {".hpp", ".cpp"})};
        const std::string first = stem_of(between(cells[2], '`'));
        std::sort(room.files.begin(), room.files.end(), reads_before);
        std::stable_partition(room.files.begin(), room.files.end(),
                              [&](const std::string& file) { return stem_of(file) == first; });
        atlas_.show("common/" + name, to_room(name).to);
        for (const std::string& file : room.files) {
            const std::string part = name_of(file);
            atlas_.show(file, {.page = "common/" + name + ".html", .anchor = part}, part + ".");
        }
        rooms_.push_back(std::move(room));
    }
}

// Workloads bear names that several experiments use: the preset's own stand first.
void Course::find_experiments() {
    experiments_ = files_in(options_.project, "bench/experiments", {".jsonc"});
    std::vector<std::string> order = experiments_;
    std::stable_partition(order.begin(), order.end(),
                          [](const std::string& file) { return stem_of(file) == "full"; });
    std::stable_partition(order.begin(), order.end(),
                          [](const std::string& file) { return stem_of(file) == "quick"; });
    std::reverse(order.begin(), order.end());  // who comes last stays
    for (const std::string& file : order) find_workloads(file);
    for (const std::string& file : experiments_)
        atlas_.add_workload(stem_of(file), to_experiment(file, "").to);
}

void Course::find_workloads(const std::string& file) {
    const Address page = to_experiment(file, "").to;
    atlas_.show(file, page);
    const auto json = nlohmann::json::parse(atlas_.text(file).value_or(""), nullptr, false, true);
    if (!json.is_object()) {
        faults_.add({.place = {.file = file, .line = 1},
                     .what = "it is no JSON with comments",
                     .likely_cause = "a comma or a bracket too many or too few",
                     .what_helps = "iolab run " + file + " names the line"});
        return;
    }
    for (const auto& workload : json.value("workloads", nlohmann::json::array())) {
        const std::string name = workload.value("name", "");
        atlas_.add_workload(name, {.page = page.page, .anchor = "workload-" + slug(name)});
    }
}

void Course::find_course() {
    for (const std::string& file : files_in(options_.project, "docs", {".md"})) {
        const std::string stem = stem_of(file);
        const std::string page = stem == "README" ? "index.html" : stem + ".html";
        atlas_.show(file, {.page = page, .anchor = {}});
        documents_.push_back(file);
    }
    for (const std::string& model : models_) {
        const std::string file = "docs/models/" + model + ".md";
        if (atlas_.text(file))
            atlas_.show(file, {.page = "models/" + model + ".html", .anchor = {}});
    }
}

void Course::find_bugs() {
    bugs_ = files_in(options_.project, "servers/zoo", {".patch"});
    for (const std::string& file : bugs_)
        atlas_.show(file, {.page = "zoo/" + stem_of(file) + ".html", .anchor = {}});
}

void Course::find_terms() {
    const std::string file = "docs/glossary.md";
    const auto glossary = atlas_.text(file);
    if (!glossary) return;
    std::set<std::string> known;
    for (const Term& term : terms_of(*glossary)) {
        const std::string name = lower_case(term.text);
        if (!known.insert(name).second) {
            faults_.add({.place = {.file = file, .line = term.line},
                         .what = "`" + term.text + "` is defined twice",
                         .likely_cause = "it was added without looking for it",
                         .what_helps = "one definition, which says both"});
        }
        if (!term.is_common)
            atlas_.add_term(name, {.page = "glossary.html", .anchor = "term-" + slug(name)});
    }
}

// What the headers of a room declare, as code elsewhere spells it.
void Course::find_names() {
    for (const Room& room : rooms_) {
        for (const std::string& file : room.files) {
            if (!file.ends_with(".hpp")) continue;
            for (const Chunk& chunk : atlas_.source(file).chunks) {
                for (const Declared& declared : chunk.declared) {
                    const auto address = atlas_.name(file, declared.name);
                    if (address) seam_names_.emplace(room.name + "::" + declared.name, *address);
                }
            }
        }
    }
}

// Every source once, by one process a language.
void Course::colour() {
    std::vector<std::string> paths;
    for (const std::string& model : models_) paths.push_back("servers/" + model + ".cpp");
    for (const Room& room : rooms_) paths.insert(paths.end(), room.files.begin(), room.files.end());
    std::vector<Plain> texts;
    texts.reserve(paths.size());
    for (const std::string& path : paths)
        texts.push_back({.language = "cpp", .lines = atlas_.source(path).lines});
    auto coloured = highlight(texts, options_.highlighter);
    for (std::size_t number = 0; number < paths.size(); ++number)
        coloured_[paths[number]] = std::move(coloured[number]);
    is_coloured_ = has_colours(coloured_[paths.front()]);
}

Desk Course::desk_for(const std::string& page) {
    return {.atlas = atlas_, .faults = faults_, .page = page};
}

void Course::keep(Page page, Desk& desk) {
    wanted_.insert(wanted_.end(), desk.wanted.begin(), desk.wanted.end());
    pages_.push_back(std::move(page));
}

// Anchors that texts name, once all pages are there.
void Course::check_wanted() {
    std::map<std::string, std::set<std::string>> anchors;
    for (const Page& page : pages_) anchors[page.path] = anchors_of(page);
    for (const Desk::Wanted& wanted : wanted_) {
        if (anchors[wanted.address.page].contains(wanted.address.anchor)) continue;
        faults_.add(
            {.place = wanted.place,
             .what = "`#" + wanted.address.anchor + "` is no place on the page that is meant",
             .likely_cause = "a typing error, or the heading has other words now",
             .what_helps = "the heading in lower case, with `-` for blanks"});
    }
}

// What others show, and no page does: it is held to the same, and its links lead to no listings.
void Course::check_front_pages() {
    for (const char* file : {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"}) {
        Desk desk = desk_for("index.html");
        static_cast<void>(
            render_markdown(atlas_.text(file).value_or(""), {.file = file, .line = 1}, desk));
        wanted_.insert(wanted_.end(), desk.wanted.begin(), desk.wanted.end());
    }
}

// A list that nobody prunes says in the end that everything is known.
void Course::check_outside_names() {
    for (const auto& [name, entry] : atlas_.outside_names().entries()) {
        if (entry.is_used) continue;
        faults_.add({.place = {.file = outside_names_file, .line = entry.line},
                     .what = "nobody names `" + name + "`, or the code has it as well",
                     .likely_cause = "the text that named it has changed",
                     .what_helps = "take it out of the list"});
    }
}

std::vector<Output> Course::make() {
    colour();
    colour_bugs();
    for (std::size_t number = 0; number < models_.size(); ++number) {
        add_server(number);
        add_model_document(number);
        if (number > 0) add_pair(number);
    }
    for (const Room& room : rooms_) add_room(room);
    for (const std::string& file : documents_) {
        const std::string stem = stem_of(file);
        add_document(file, stem == "README" ? "index.html" : stem + ".html");
    }
    for (const std::string& file : experiments_) add_experiment(file);
    for (const std::string& file : bugs_) add_bug(file);
    add_listings();
    add_search();
    check_front_pages();
    check_wanted();
    check_outside_names();
    if (faults_.found().empty()) check_links(pages_, faults_);
    const std::string index = search_index(pages_);
    std::vector<Output> files;
    files.reserve(pages_.size());
    for (const Page& page : pages_)
        files.push_back({.path = page.path, .content = framed(page, page.has_search ? index : "")});
    return files;
}

}  // namespace docs
