#pragma once

/// While one lives, its thread is given no memory by `new`.
class NoMemory {
public:
    NoMemory() noexcept;
    NoMemory(const NoMemory&) = delete;
    ~NoMemory();
};
