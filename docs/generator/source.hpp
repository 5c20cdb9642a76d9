#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace docs {

/// A function or a type that is declared in a line.
struct Declared {
    std::string name;
    int line = 0;  ///< from 1
};

/// Prose and the code below it: what stands side by side on a page.
///
/// A comment of its own at the left margin begins a chunk, and so does a contract (`///`) wherever
/// it stands; other comments inside code stay in it.
struct Chunk {
    std::string heading;  ///< of `// # ` or `// ## `, without the marker; mostly empty
    bool is_section = false;  ///< `// ## `
    bool is_contract = false;  ///< `///`
    std::string prose;  ///< Markdown; line n of it stands in line `prose_line` + n of the file
    int prose_line = 0;
    std::vector<std::string> code;
    int code_line = 0;  ///< of the first line of code
    std::vector<Declared> declared;

    /// By which it is found in a sibling: its heading, or what it declares first.
    [[nodiscard]] std::string key() const;
};

struct Source {
    std::string path;  ///< from the project's directory on
    std::vector<std::string> lines;
    std::vector<Chunk> chunks;
};

[[nodiscard]] Source parse_source(std::string path, std::string_view text);

/// What a line of C++ declares or, in a source file, defines, at the left margin or as a member.
/// result: empty for none
[[nodiscard]] std::string declared_name(std::string_view line, bool is_header);

}  // namespace docs
