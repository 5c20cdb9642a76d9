#include "bench/lab/lines.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lab {
namespace {

// Walks over the text and tells others how far it has come.
struct Walker {
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    const char* at;
    const char** reached;

    reference operator*() const { return *at; }
    Walker& operator++() {
        *reached = ++at;
        return *this;
    }
    bool operator==(const Walker& other) const { return at == other.at; }
    bool operator!=(const Walker& other) const { return at != other.at; }
};

// Hears what the parser finds and notes the line of each value.
class Notes {
public:
    using Json = nlohmann::json;

    explicit Notes(std::string_view text) : text_{text}, reached_{text.data()} {}

    bool parse() {
        const Walker first{text_.data(), &reached_};
        const Walker last{text_.data() + text_.size(), &reached_};
        return Json::sax_parse(first, last, this, Json::input_format_t::json, true, true);
    }

    bool null() { return value(); }
    bool boolean(bool) { return value(); }
    bool number_integer(Json::number_integer_t) { return value(); }
    bool number_unsigned(Json::number_unsigned_t) { return value(); }
    bool number_float(Json::number_float_t, const std::string&) { return value(); }
    bool string(std::string&) { return value(); }
    bool binary(Json::binary_t&) { return value(); }
    bool start_object(std::size_t) { return open(false); }
    bool start_array(std::size_t) { return open(true); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }
    bool parse_error(std::size_t, const std::string&, const Json::exception&) { return false; }

    bool key(std::string& name) {
        Level& level = levels_.back();
        level.path = level.base.empty() ? name : level.base + '.' + name;
        if (lines.line.contains(level.path) && lines.repeated.empty()) lines.repeated = level.path;
        lines.line[level.path] = line();
        return true;
    }

    Lines lines;

private:
    struct Level {
        std::string base;  // path of the object or array
        std::string path;  // of the member that comes next
        bool array;
        int index;
    };

    // The parser may have read one byte further than the value that it reports.
    int line() const {
        const auto offset = static_cast<std::size_t>(reached_ - text_.data());
        return line_at(text_, offset == 0 ? 0 : offset - 1);
    }

    std::string next_path() {
        if (levels_.empty()) return "";
        Level& level = levels_.back();
        return level.array ? fmt::format("{}[{}]", level.base, level.index++) : level.path;
    }

    bool value() {
        lines.line.emplace(next_path(), line());
        return true;
    }

    bool open(bool array) {
        const std::string path = next_path();
        lines.line.emplace(path, line());
        levels_.push_back({path, path, array, 0});
        return true;
    }

    bool close() {
        levels_.pop_back();
        return true;
    }

    std::string_view text_;
    const char* reached_;
    std::vector<Level> levels_;
};

// The end of the text or comment that begins there, or of the one byte.
std::size_t end_of_piece(std::string_view text, std::size_t at) noexcept {
    const auto behind = [&](std::string_view end) {
        const std::size_t found = text.find(end, at + 2);
        return found == text.npos ? text.size() : found + end.size();
    };
    if (text.substr(at, 2) == "//") return behind("\n");
    if (text.substr(at, 2) == "/*") return behind("*/");
    if (text[at] != '"') return at + 1;
    for (++at; at < text.size() && text[at] != '"'; ++at) at += text[at] == '\\' ? 1 : 0;
    return at + 1;
}

}  // namespace

Lines lines_of(std::string_view text) {
    Notes notes{text};
    notes.parse();
    return std::move(notes.lines);
}

std::size_t last_before(std::string_view text, std::size_t offset) noexcept {
    std::size_t last = text.npos;
    for (std::size_t at = 0; at < std::min(offset, text.size());) {
        const bool blank =
            text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n';
        if (!blank && text[at] != '/') last = at;
        at = end_of_piece(text, at);
    }
    return last;
}

int line_at(std::string_view text, std::size_t offset) noexcept {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size()));
    return 1 + static_cast<int>(std::count(text.begin(), end, '\n'));
}

}  // namespace lab
