#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <system_error>

namespace talk {

/// Memory whose end is the end of what may be read: behind it is a page that nobody may touch.
class Edge {
public:
    static constexpr std::size_t size_bytes = 65536;  ///< a multiple of every page Linux has

    /// errors: throws std::system_error without memory
    Edge() {
        void* const memory =
            ::mmap(nullptr, 2 * size_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || ::mprotect(memory, size_bytes, PROT_READ | PROT_WRITE) != 0)
            throw std::system_error{errno, std::generic_category(), "mmap"};
        begin_ = static_cast<char*>(memory);
    }
    Edge(Edge&&) = delete;
    ~Edge() { ::munmap(begin_, 2 * size_bytes); }

    /// The last so many bytes that may be touched. range: <= size_bytes
    [[nodiscard]] char* last(std::size_t count_bytes) noexcept {
        return begin_ + size_bytes - count_bytes;
    }

    /// A copy of `text` that ends at the edge.
    [[nodiscard]] std::string_view place(std::string_view text) noexcept {
        std::memcpy(last(text.size()), text.data(), text.size());
        return {last(text.size()), text.size()};
    }

private:
    char* begin_ = nullptr;
};

}  // namespace talk
