#include "tests/siblings/source.hpp"

#include <algorithm>
#include <fstream>
#include <regex>
#include <stdexcept>

#include "bench/models.hpp"

namespace siblings {
namespace {

std::string trimmed(const std::string& line) {
    const auto start = line.find_first_not_of(' ');
    return start == std::string::npos ? "" : line.substr(start);
}

bool is_comment(const std::string& line) {
    return trimmed(line).starts_with("//");
}

/// Comment text: without its slashes and the space behind them.
std::string text_of(const std::string& line) {
    const std::string text = trimmed(line).substr(2);
    return text.starts_with(" ") ? text.substr(1) : text;
}

/// Collects comment lines into paragraphs; an empty one, a bullet and code end a paragraph.
class Paragraphs {
public:
    explicit Paragraphs(std::vector<std::string>& into) : into_{&into} {}

    void take(const std::string& text) {
        if (text.empty() || text.starts_with("- ")) end();
        if (!text.empty()) line_ += (line_.empty() ? "" : " ") + text;
    }

    void end() {
        if (!line_.empty()) into_->push_back(std::move(line_));
        line_.clear();
    }

    void turn_to(std::vector<std::string>& into) {
        end();
        into_ = &into;
    }

private:
    std::vector<std::string>* into_;
    std::string line_;
};

/// The name of the function that a line at the left margin begins to define; "" for none.
std::string defined_by(const std::string& line) {
    static const std::regex definition{R"(^[a-zA-Z_][\w:<>*& ,]* [*&]?(\w+)\(.*)"};
    std::smatch match;
    const bool found = std::regex_match(line, match, definition) && line.find(';') == line.npos;
    return found ? match[1].str() : "";
}

void take_apart(Source& source) {
    source.sections.reserve(64);  // paragraphs are collected in place
    Paragraphs paragraphs{source.essay};
    for (const std::string& line : source.lines) {
        if (line.starts_with("// ## ")) {
            source.sections.push_back({line.substr(6), {}, {}});
            paragraphs.turn_to(source.sections.back().comments);
        } else if (is_comment(line)) {
            paragraphs.take(text_of(line));
        } else {
            paragraphs.end();
            if (!source.sections.empty()) source.sections.back().code.push_back(line);
            if (const std::string name = defined_by(line); !name.empty())
                source.functions.push_back(name);
        }
    }
    paragraphs.end();
}

}  // namespace

std::size_t Source::comment_lines() const {
    return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [](const auto& line) {
        return is_comment(line) || line.find("  // ") != std::string::npos;
    }));
}

std::size_t Source::code_lines() const {
    return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [](const auto& line) {
        return line.find_first_not_of(" {};") != std::string::npos && !is_comment(line);
    }));
}

Source read_source(const std::string& directory, const std::string& name) {
    const std::string path = directory + "/servers/" + name + ".cpp";
    std::ifstream file{path};
    if (!file) throw std::runtime_error{"there is no " + path};
    Source source;
    source.name = name;
    for (std::string line; std::getline(file, line);) source.lines.push_back(line);
    take_apart(source);
    return source;
}

std::vector<std::string> model_names() {
    return {generated::model_names.begin(), generated::model_names.end()};
}

std::size_t common_lines(const std::vector<std::string>& one,
                         const std::vector<std::string>& other) {
    std::vector<std::size_t> before(other.size() + 1);
    for (const std::string& line : one) {
        std::vector<std::size_t> now(other.size() + 1);
        for (std::size_t at = 0; at < other.size(); ++at)
            now[at + 1] = line == other[at] ? before[at] + 1 : std::max(now[at], before[at + 1]);
        before = std::move(now);
    }
    return before.back();
}

std::vector<std::string> sentences_of(const std::string& paragraph) {
    std::vector<std::string> sentences;
    std::size_t start = 0;
    for (std::size_t at = 0; at < paragraph.size(); ++at) {
        const bool ends = paragraph[at] == '.' && paragraph.substr(at + 1, 1) != "c";
        if (!ends && at + 1 < paragraph.size()) continue;
        if (ends && at + 1 < paragraph.size() && paragraph[at + 1] != ' ') continue;
        sentences.push_back(paragraph.substr(start, at + 1 - start));
        start = at + 2;
    }
    return sentences;
}

std::string without_citations(const std::string& text) {
    static const std::regex citation{R"(\b[a-z_0-9]+\([1-9]\)(, [A-Z][A-Z &]*[A-Z])?)"};
    return std::regex_replace(text, citation, "");
}

}  // namespace siblings
