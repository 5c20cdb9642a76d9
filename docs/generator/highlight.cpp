#include "docs/generator/highlight.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "docs/generator/text.hpp"

namespace docs {
namespace {

namespace fs = std::filesystem;

// A directory of our own that goes when we do.
class Scratch {
public:
    Scratch() {
        std::string name = (fs::temp_directory_path() / "iolab-docs-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr) path_ = name;
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }

    [[nodiscard]] const fs::path& path() const noexcept { return path_; }

private:
    fs::path path_;
};

// Whether the program ran to its end and found nothing wrong.
bool run(std::vector<std::string> command) {
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (std::string& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t quiet;
    ::posix_spawn_file_actions_init(&quiet);
    ::posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = -1;
    const int failed =
        ::posix_spawnp(&child, arguments[0], &quiet, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&quiet);
    if (failed != 0) return false;
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string read_whole(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

Pieces plain_line(const std::string& line) {
    const std::size_t comment = comment_begin(line);
    Pieces pieces;
    if (comment > 0) pieces.push_back({.kind = {}, .text = line.substr(0, comment)});
    if (comment < line.size()) pieces.push_back({.kind = "comment", .text = line.substr(comment)});
    return pieces;
}

std::vector<Pieces> plain(std::span<const std::string> lines) {
    std::vector<Pieces> all;
    all.reserve(lines.size());
    for (const std::string& line : lines) all.push_back(plain_line(line));
    return all;
}

struct Entity {
    std::string_view name;
    char character;
};
constexpr std::array<Entity, 4> entities{
    {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}}};

char take_character(std::string_view& html) {
    for (const Entity& entity : entities) {
        if (!html.starts_with(entity.name)) continue;
        html.remove_prefix(entity.name.size());
        return entity.character;
    }
    const char c = html.front();
    html.remove_prefix(1);
    return c;
}

constexpr std::string_view opening = "<span class=\"";
constexpr std::string_view closing = "</span>";

// The kind that a span names; none where it is no span that we know.
std::optional<std::string> take_opening(std::string_view& html) {
    const std::size_t end = html.find("\">");
    if (end == html.npos) return std::nullopt;
    std::string kind{html.substr(opening.size(), end - opening.size())};
    if (!std::all_of(kind.begin(), kind.end(), is_word)) return std::nullopt;
    html.remove_prefix(end + 2);
    return kind;
}

void append(Pieces& pieces, const std::string& kind, char c) {
    if (pieces.empty() || pieces.back().kind != kind) pieces.push_back({.kind = kind, .text = {}});
    pieces.back().text += c;
}

std::optional<Pieces> read_line(std::string_view html) {
    Pieces pieces;
    std::string kind;
    while (!html.empty()) {
        if (html.starts_with(opening)) {
            const auto opened = take_opening(html);
            if (!opened || !kind.empty()) return std::nullopt;
            kind = *opened;
        } else if (html.starts_with(closing)) {
            html.remove_prefix(closing.size());
            kind.clear();
        } else if (html.front() == '<') {
            return std::nullopt;
        } else {
            append(pieces, kind, take_character(html));
        }
    }
    return pieces;
}

std::string text_of(const Pieces& pieces) {
    std::string text;
    for (const Piece& piece : pieces) text += piece.text;
    return text;
}

// Which texts are of one language, by their numbers.
std::map<std::string, std::vector<std::size_t>> by_language(std::span<const Plain> texts) {
    std::map<std::string, std::vector<std::size_t>> numbers;
    for (std::size_t number = 0; number < texts.size(); ++number)
        numbers[texts[number].language].push_back(number);
    return numbers;
}

void highlight_language(std::span<const Plain> texts, const std::string& language,
                        const std::vector<std::size_t>& numbers, const std::string& program,
                        std::vector<std::vector<Pieces>>& all) {
    const Scratch scratch;
    if (scratch.path().empty()) return;
    std::vector<std::string> command{program, "--src-lang=" + language, "--out-format=html-css",
                                     "--no-doc", "--output-dir=" + scratch.path().string()};
    for (const std::size_t number : numbers) {
        const fs::path file = scratch.path() / std::to_string(number);
        std::ofstream{file, std::ios::binary} << joined(texts[number].lines);
        command.push_back(file.string());
    }
    if (!run(command)) return;
    for (const std::size_t number : numbers) {
        const std::string html = read_whole(scratch.path() / (std::to_string(number) + ".html"));
        all[number] = read_highlighted(html, texts[number].lines);
    }
}

}  // namespace

std::vector<Pieces> read_highlighted(std::string_view html, std::span<const std::string> lines) {
    constexpr std::string_view begin = "<pre><tt>";
    std::vector<Pieces> all = plain(lines);
    const std::size_t first = html.find(begin);
    const std::size_t last = html.rfind("</tt></pre>");
    if (first == html.npos || last == html.npos) return all;
    const std::size_t start = first + begin.size();
    const auto written = lines_of(html.substr(start, last - start));
    for (std::size_t number = 0; number < std::min(written.size(), lines.size()); ++number) {
        const auto pieces = read_line(written[number]);
        if (pieces && text_of(*pieces) == lines[number]) all[number] = *pieces;
    }
    return all;
}

std::vector<std::vector<Pieces>> highlight(std::span<const Plain> texts,
                                           const std::string& program) {
    std::vector<std::vector<Pieces>> all;
    all.reserve(texts.size());
    for (const Plain& text : texts) all.push_back(plain(text.lines));
    for (const auto& [language, numbers] : by_language(texts)) {
        if (!language.empty()) highlight_language(texts, language, numbers, program, all);
    }
    return all;
}

bool has_colours(std::span<const Pieces> lines) {
    const auto coloured = [](const Piece& piece) {
        return !piece.kind.empty() && piece.kind != "comment";
    };
    return std::any_of(lines.begin(), lines.end(), [&](const Pieces& pieces) {
        return std::any_of(pieces.begin(), pieces.end(), coloured);
    });
}

std::string code_html(const Pieces& pieces, std::span<const Range> ranges,
                      const CommentHtml& comment) {
    std::string html;
    std::size_t at = 0;  // in the line
    for (const Piece& piece : pieces) {
        std::string_view rest = piece.text;
        while (!rest.empty()) {
            while (!ranges.empty() && ranges.front().end <= at) ranges = ranges.subspan(1);
            const bool inside = !ranges.empty() && ranges.front().begin <= at;
            const std::size_t bound = ranges.empty() ? at + rest.size()
                                      : inside       ? ranges.front().end
                                                     : ranges.front().begin;
            const std::size_t size = std::min(rest.size(), bound - at);
            if (inside && ranges.front().begin == at) html += ranges.front().open;
            const bool says = comment && piece.kind == "comment";
            const std::string text =
                says ? comment(rest.substr(0, size)) : escaped(rest.substr(0, size));
            html += piece.kind.empty() ? text : "<i class=\"" + piece.kind + "\">" + text + "</i>";
            at += size;
            rest.remove_prefix(size);
            if (inside && ranges.front().end == at) html += ranges.front().close;
        }
    }
    return html;
}

}  // namespace docs
