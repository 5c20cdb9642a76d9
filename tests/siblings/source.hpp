#pragma once

#include <string>
#include <vector>

/// The source of one server, taken apart as a reader sees it.
namespace siblings {

/// What stands under one heading.
struct Section {
    std::string heading;  ///< without its marker
    std::vector<std::string> comments;  ///< paragraphs, each one line
    std::vector<std::string> code;  ///< lines
};

struct Source {
    std::string name;  ///< `poll`
    std::vector<std::string> lines;  ///< as they stand in the file
    std::vector<std::string> essay;  ///< paragraphs before the first heading
    std::vector<Section> sections;  ///< in order
    std::vector<std::string> functions;  ///< names of those defined at the left margin, in order

    /// Lines with a comment, alone or behind code.
    [[nodiscard]] std::size_t comment_lines() const;
    /// Lines with code; a brace alone is none.
    [[nodiscard]] std::size_t code_lines() const;
};

/// errors: throws `std::runtime_error` when there is no such file.
Source read_source(const std::string& directory, const std::string& name);

/// The names of the models in reading order.
std::vector<std::string> model_names();

/// Lines that both have in the same order, as many as can be.
std::size_t common_lines(const std::vector<std::string>& one,
                         const std::vector<std::string>& other);

/// The sentences of a paragraph.
std::vector<std::string> sentences_of(const std::string& paragraph);

/// `text` without its citations, `poll(2), RETURN VALUE`.
std::string without_citations(const std::string& text);

}  // namespace siblings
