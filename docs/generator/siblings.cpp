#include "docs/generator/siblings.hpp"

#include <algorithm>
#include <cstddef>

#include "docs/generator/text.hpp"

namespace docs {
namespace {

struct Pair {
    int left = -1;
    int right = -1;
};

// The longest common subsequence, by the classic table; -1 on one side where it has no partner.
// source: Wagner and Fischer 1974
std::vector<Pair> aligned(std::size_t left, std::size_t right, auto same) {
    std::vector<std::vector<int>> longest(left + 1, std::vector<int>(right + 1, 0));
    for (std::size_t i = left; i-- > 0;) {
        for (std::size_t j = right; j-- > 0;) {
            longest[i][j] = same(i, j) ? longest[i + 1][j + 1] + 1
                                       : std::max(longest[i + 1][j], longest[i][j + 1]);
        }
    }
    std::vector<Pair> pairs;
    std::size_t i = 0, j = 0;
    while (i < left || j < right) {
        if (i < left && j < right && same(i, j)) {
            pairs.push_back({static_cast<int>(i++), static_cast<int>(j++)});
        } else if (j == right || (i < left && longest[i + 1][j] >= longest[i][j + 1])) {
            pairs.push_back({static_cast<int>(i++), -1});
        } else {
            pairs.push_back({-1, static_cast<int>(j++)});
        }
    }
    return pairs;
}

// What was taken away and what came instead, in rows of both.
void add_change(std::vector<Row>& rows, std::vector<int>& gone, std::vector<int>& come) {
    for (std::size_t n = 0; n < std::max(gone.size(), come.size()); ++n) {
        rows.push_back({.left = n < gone.size() ? gone[n] : -1,
                        .right = n < come.size() ? come[n] : -1,
                        .changed = true});
    }
    gone.clear();
    come.clear();
}

// A section: its heading's chunk, and those up to the next heading.
using Section = std::vector<const Chunk*>;

std::vector<Section> sections_of(const Source& source) {
    std::vector<Section> sections;
    for (const Chunk& chunk : source.chunks) {
        if (sections.empty() || chunk.is_section) sections.emplace_back();
        sections.back().push_back(&chunk);
    }
    return sections;
}

void face(std::vector<Facing>& facing, const Section& left, const Section& right) {
    const auto same = [&](std::size_t i, std::size_t j) {
        return left[i]->key() == right[j]->key();
    };
    for (const Pair& pair : aligned(left.size(), right.size(), same)) {
        facing.push_back(
            {.left = pair.left < 0 ? nullptr : left[static_cast<std::size_t>(pair.left)],
             .right = pair.right < 0 ? nullptr : right[static_cast<std::size_t>(pair.right)]});
    }
}

bool has_prose(const Chunk* chunk) noexcept {
    return chunk != nullptr && !trimmed(chunk->prose).empty();
}

}  // namespace

std::vector<Row> side_by_side(std::span<const std::string> left,
                              std::span<const std::string> right) {
    std::vector<Row> rows;
    std::vector<int> gone, come;
    const auto same = [&](std::size_t i, std::size_t j) { return left[i] == right[j]; };
    for (const Pair& pair : aligned(left.size(), right.size(), same)) {
        if (pair.right < 0) {
            gone.push_back(pair.left);
        } else if (pair.left < 0) {
            come.push_back(pair.right);
        } else {
            add_change(rows, gone, come);
            rows.push_back({.left = pair.left, .right = pair.right, .changed = false});
        }
    }
    add_change(rows, gone, come);
    return rows;
}

Change change_of(std::string_view left, std::string_view right) {
    const std::size_t shorter = std::min(left.size(), right.size());
    std::size_t begin = 0;
    while (begin < shorter && left[begin] == right[begin]) ++begin;
    std::size_t end = 0;
    while (end < shorter - begin && left[left.size() - 1 - end] == right[right.size() - 1 - end])
        ++end;
    const std::size_t blank = std::min(left.find_first_not_of(' '), left.size());
    const std::size_t common = begin + end > blank ? begin + end - blank : 0;
    if (common * 3 < std::max(left.size(), right.size())) return {};
    while (begin > 0 && is_word(left[begin - 1])) --begin;
    while (end > 0 && is_word(left[left.size() - end])) --end;
    return {.left = {begin, left.size() - end}, .right = {begin, right.size() - end}};
}

bool Facing::same_prose() const noexcept {
    return left != nullptr && right != nullptr && left->heading == right->heading &&
           left->prose == right->prose;
}

bool Facing::same_code() const noexcept {
    return left != nullptr && right != nullptr && left->code == right->code;
}

const Chunk* Facing::reason() const noexcept {
    if (has_prose(right)) return right;
    return right == nullptr && has_prose(left) ? left : nullptr;
}

std::vector<Facing> facing_chunks(const Source& left, const Source& right) {
    const std::vector<Section> lefts = sections_of(left);
    const std::vector<Section> rights = sections_of(right);
    std::vector<Facing> facing;
    const auto same = [&](std::size_t i, std::size_t j) {
        return lefts[i].front()->key() == rights[j].front()->key();
    };
    for (const Pair& pair : aligned(lefts.size(), rights.size(), same)) {
        static const Section none;
        face(facing, pair.left < 0 ? none : lefts[static_cast<std::size_t>(pair.left)],
             pair.right < 0 ? none : rights[static_cast<std::size_t>(pair.right)]);
    }
    return facing;
}

}  // namespace docs
