#include "common/http/context.hpp"

#include <utility>

#include "common/http/record.hpp"

namespace http {
namespace {

constexpr std::size_t max_free_blocks = 64;
constexpr std::size_t max_free_records = 256;
constexpr std::size_t max_free_record_bytes = 4096;  ///< a larger one is not kept

}  // namespace

Context::Context(Site& site, bool split_reply)
    : site_{site}, split_reply_{split_reply}, spare_{std::make_unique<Record>()} {
    free_blocks_.reserve(max_free_blocks);
    free_records_.reserve(max_free_records);
    give_back(take_block());  // so that the first reply allocates nothing
}

Context::~Context() = default;

std::unique_ptr<Block> Context::take_block() {
    if (free_blocks_.empty()) return std::make_unique_for_overwrite<Block>();
    std::unique_ptr<Block> block = std::move(free_blocks_.back());
    free_blocks_.pop_back();
    return block;
}

void Context::give_back(std::unique_ptr<Block> block) noexcept {
    if (block && free_blocks_.size() < max_free_blocks) free_blocks_.push_back(std::move(block));
}

std::unique_ptr<Record> Context::take_spare() {
    std::unique_ptr<Record> next;
    if (free_records_.empty()) {
        next = std::make_unique<Record>();
    } else {
        next = std::move(free_records_.back());
        free_records_.pop_back();
    }
    return std::exchange(spare_, std::move(next));
}

void Context::give_back(std::unique_ptr<Record> record) noexcept {
    if (!record || free_records_.size() == max_free_records) return;
    if (record->capacity() > max_free_record_bytes) return;
    record->reset();
    free_records_.push_back(std::move(record));
}

}  // namespace http
