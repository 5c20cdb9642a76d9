#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

/// A test with a directory of its own, which ends with the test.
/// range: `Base` is testing::Test, or testing::TestWithParam of something
/// errors: SetUp throws std::system_error where there can be none
template <class Base = testing::Test>
class InDirectory : public Base {
protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "iolab-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::system_error{errno, std::generic_category(), name};
        directory_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    [[nodiscard]] std::string file(const std::string& name) const {
        return (directory_ / name).string();
    }

    std::filesystem::path directory_;
};
