#include "docs/generator/text.hpp"

#include <algorithm>

namespace docs {
namespace {

constexpr std::string_view blanks = " \t\r\n";

bool is_letter_or_digit(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Bytes that a page may not have: control characters but for line ends and tabs.
bool is_control(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string html;
    html.reserve(text.size() + text.size() / 8);
    for (const char c : text) {
        switch (c) {
            case '&': html += "&amp;"; break;
            case '<': html += "&lt;"; break;
            case '>': html += "&gt;"; break;
            case '"': html += "&quot;"; break;
            case '\'': html += "&#39;"; break;
            default: html += is_control(c) ? std::string{"\xEF\xBF\xBD"} : std::string(1, c);
        }
    }
    return html;
}

std::string json_in_page(std::string text) {
    for (std::size_t at = text.find('<'); at != text.npos; at = text.find('<', at))
        text.replace(at, 1, "\\u003c");
    return text;
}

std::string slug(std::string_view heading) {
    std::string name;
    for (const char c : heading) {
        if (is_letter_or_digit(c) || c == '_' || c == '-' || static_cast<unsigned char>(c) >= 0x80)
            name += lower(c);
        else if (c == ' ')
            name += '-';
    }
    return name;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) (text += line) += '\n';
    return text;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string in_one_line(std::string_view text) {
    std::string line;
    for (const char c : trimmed(text)) {
        const bool blank = blanks.find(c) != blanks.npos;
        if (!blank)
            line += c;
        else if (!line.empty() && line.back() != ' ')
            line += ' ';
    }
    return line;
}

bool is_word(char c) noexcept {
    return is_letter_or_digit(c) || c == '_';
}

std::size_t comment_begin(std::string_view line) {
    char quote = '\0';
    for (std::size_t at = 0; at < line.size(); ++at) {
        const char c = line[at];
        const bool parts_digits = c == '\'' && at > 0 && is_word(line[at - 1]);
        if (quote != '\0') {
            if (c == '\\') ++at;
            if (c == quote) quote = '\0';
        } else if (c == '"' || (c == '\'' && !parts_digits)) {
            quote = c;
        } else if (line.substr(at).starts_with("//")) {
            return at;
        }
    }
    return line.size();
}

std::string lower_case(std::string_view text) {
    std::string lowered{text};
    std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
    return lowered;
}

}  // namespace docs
