#include "docs/generator/atlas.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "docs/generator/text.hpp"

namespace docs {
namespace {

namespace fs = std::filesystem;

constexpr const char* citations_file = "docs/citations.txt";

// Rooms in the order in which a bare file name is looked for.
constexpr std::array<std::string_view, 6> rooms{"servers", "common", "bench",
                                                "docs",    "tests",  "scripts"};

bool has_names(const std::string& path) {
    return path.ends_with(".cpp") || path.ends_with(".hpp");
}

// A path that stays inside the project, and is spelt in one way.
bool is_inside(const std::string& path) {
    const fs::path plain = fs::path{path}.lexically_normal();
    return !path.empty() && path.front() != '/' && plain == path && *plain.begin() != "..";
}

}  // namespace

std::string address_from(const std::string& page, const Address& to) {
    std::string anchor = to.anchor.empty() ? "" : "#" + to.anchor;
    if (to.page == page && !anchor.empty()) return anchor;
    std::string up;
    for (const char c : page) {
        if (c == '/') up += "../";
    }
    return up + to.page + anchor;
}

std::set<std::string> parse_citations(std::string_view text) {
    std::set<std::string> citations;
    for (const std::string& line : lines_of(text)) {
        const std::string_view citation = trimmed(std::string_view{line}.substr(0, line.find('#')));
        if (!citation.empty()) citations.emplace(citation);
    }
    return citations;
}

Atlas::Atlas(fs::path project) : project_{std::move(project)} {
    find_files();
    read_citations();
    for (const char* file : {"CMakeLists.txt", "Makefile"})
        names_.read(file, text(file).value_or(""));
    outside_names_ = OutsideNames{text(outside_names_file).value_or("")};
}

void Atlas::find_files() {
    for (const std::string_view room : rooms) {
        const fs::path directory = project_ / room;
        if (!fs::is_directory(directory)) continue;
        for (const auto& entry : fs::recursive_directory_iterator{directory}) {
            if (!entry.is_regular_file()) continue;
            const std::string path = entry.path().lexically_relative(project_).generic_string();
            called_[entry.path().filename()].push_back(path);
        }
    }
    for (auto& [name, paths] : called_) {
        std::sort(paths.begin(), paths.end());
        for (const std::string& path : paths) {
            if (Names::reads(path)) names_.read(path, text(path).value_or(""));
        }
    }
}

void Atlas::read_citations() {
    const auto list = text(citations_file);
    if (!list) {
        throw std::runtime_error{"there is no " + std::string{citations_file} + " in " +
                                 project_.string()};
    }
    citations_ = parse_citations(*list);
}

bool Atlas::names_a_path(std::string_view text) {
    const std::size_t size = text.find('/');
    return std::find(rooms.begin(), rooms.end(), text.substr(0, size)) != rooms.end() &&
           size != text.npos;
}

bool Atlas::has_path(std::string_view path) const {
    path = path.substr(0, path.find('*'));
    return is_inside(std::string{path}) && fs::exists(project_ / path);
}

std::optional<std::string> Atlas::text(const std::string& file) const {
    if (!is_inside(file) || !fs::is_regular_file(project_ / file)) return std::nullopt;
    std::ifstream stream{project_ / file, std::ios::binary};
    std::ostringstream whole;
    whole << stream.rdbuf();
    return whole.str();
}

void Atlas::show(const std::string& file, Address address, std::string prefix) {
    shown_[file] = {.address = std::move(address), .prefix = std::move(prefix)};
}

std::optional<Address> Atlas::file(const std::string& path) {
    const auto found = shown_.find(path);
    if (found != shown_.end()) return found->second.address;
    if (!is_inside(path) || !fs::is_regular_file(project_ / path)) return std::nullopt;
    listings_.insert(path);
    return Address{.page = "source/" + path + ".html", .anchor = {}};
}

const Source& Atlas::source(const std::string& path) {
    const auto found = sources_.find(path);
    if (found != sources_.end()) return found->second;
    return sources_[path] = parse_source(path, text(path).value_or(""));
}

std::optional<Address> Atlas::name(const std::string& path, const std::string& name) {
    const auto shown = shown_.find(path);
    const auto page = file(path);
    if (!page || !has_names(path)) return std::nullopt;
    const bool listed = shown == shown_.end();
    const auto at = [&](const std::string& anchor, int line) {
        return Address{
            .page = page->page,
            .anchor = listed ? "L" + std::to_string(line) : shown->second.prefix + anchor};
    };
    for (const Chunk& chunk : source(path).chunks) {
        if (chunk.is_section && slug(chunk.heading) == name) return at(name, chunk.prose_line);
    }
    for (const Chunk& chunk : source(path).chunks) {
        for (const Declared& declared : chunk.declared) {
            if (declared.name == name) return at(name, declared.line);
        }
    }
    return std::nullopt;
}

std::optional<std::string> Atlas::file_called(const std::string& name) const {
    const auto found = called_.find(name);
    if (found == called_.end()) return std::nullopt;
    const std::vector<std::string>& paths = found->second;
    for (const std::string_view room : rooms) {
        const auto in_room = [&](const std::string& path) {
            return path.starts_with(std::string{room} + '/');
        };
        const auto number = std::count_if(paths.begin(), paths.end(), in_room);
        if (number == 1) return *std::find_if(paths.begin(), paths.end(), in_room);
        if (number > 1) return std::string{};
    }
    return std::string{};
}

std::vector<std::string> Atlas::names_in(const std::string& manual) const {
    const std::string before = manual + ", ";
    std::vector<std::string> names;
    for (auto line = citations_.lower_bound(before);
         line != citations_.end() && line->starts_with(before); ++line)
        names.push_back(line->substr(before.size()));
    return names;
}

std::optional<Address> Atlas::workload(const std::string& name) const {
    const auto found = workloads_.find(name);
    if (found == workloads_.end()) return std::nullopt;
    return found->second;
}

}  // namespace docs
