#pragma once

#include "common/sys/fd.hpp"

namespace lab {

/// Whether another comparison runs on this machine, whoever started it.
///
/// Every comparison holds a shared lock on one file for as long as this object lives;
/// one that could have it alone is alone. The file holds nothing and stays.
/// source: flock(2).
class Neighbours {
public:
    explicit Neighbours(const char* path = "/tmp/iolab.lock") noexcept;

    /// result: false, too, where the file cannot be had.
    [[nodiscard]] bool others() noexcept;

private:
    sys::Fd lock_;
};

}  // namespace lab
