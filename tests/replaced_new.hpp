#pragma once

// The operators of a whole executable, to be included by one of its files. Before this stand
// `allocate`, which throws std::bad_alloc where it has nothing to give, and `release`.

#include <cstddef>

void* operator new(std::size_t size) {
    return allocate(size);
}
void* operator new[](std::size_t size) {
    return allocate(size);
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
