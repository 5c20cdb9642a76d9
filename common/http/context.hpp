#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "common/http/site.hpp"

namespace http {

inline constexpr std::size_t scratch_bytes = 16384;
inline constexpr std::size_t block_bytes = 16384;

/// Room for replies.
struct Block {
    std::array<std::byte, block_bytes> bytes;
};

/// What one conversation keeps of an unfinished exchange.
struct Record;

/// What all conversations of one thread share: the site that answers, the
/// scratch room that takes input, and the lists of blocks and records that are
/// free, the last used first, since it is the one still in the cache.
///
/// It outlives its conversations and stays where it is.
class Context {
public:
    /// ownership: `site` outlives the context. `split_reply`: `output` gives the
    /// head of a reply alone, then its body.
    explicit Context(Site& site, bool split_reply = false);
    Context(Context&&) = delete;
    ~Context();

private:
    friend class Conversation;

    [[nodiscard]] std::unique_ptr<Block> take_block();
    void give_back(std::unique_ptr<Block> block) noexcept;

    /// The record on which the next request is read.
    [[nodiscard]] Record& spare() noexcept { return *spare_; }

    /// The spare record, to be kept; another takes its place.
    [[nodiscard]] std::unique_ptr<Record> take_spare();
    void give_back(std::unique_ptr<Record> record) noexcept;

    Site& site_;
    bool split_reply_;
    std::unique_ptr<Record> spare_;
    std::vector<std::unique_ptr<Block>> free_blocks_;
    std::vector<std::unique_ptr<Record>> free_records_;
    std::array<std::byte, scratch_bytes> scratch_;
};

}  // namespace http
