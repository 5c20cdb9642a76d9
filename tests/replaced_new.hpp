#pragma once

// The operators of a whole executable, to be included by one of its files. Before this stand
// `allocate`, which throws std::bad_alloc where it has nothing to give, and `release`.

#include <cstddef>
#include <new>

void* operator new(std::size_t size) {
    return allocate(size);
}
// A library's own would end in ours; a sanitizer's does not.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    try {
        return allocate(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
void* operator new[](std::size_t size) {
    return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    try {
        return allocate(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
void operator delete(void* memory) noexcept {
    release(memory);
}
void operator delete[](void* memory) noexcept {
    release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    release(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    release(memory);
}
