#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "common/http/site.hpp"
#include "common/server/files.hpp"
#include "common/server/log.hpp"
#include "common/server/options.hpp"

namespace server {

/// What every model serves: the hello answer, files under --root, the --lab
/// paths; and the counting and logging of requests.
class Site final : public http::Site {
public:
    /// errors: throws std::system_error when --root cannot be opened.
    Site(const Options& options, Log& log);

    /// What another serves, for another thread.
    Site(const Site& first, Log& log);

    /// Asked before an answer that keeps the connection: empty for "always".
    void ask_before_keeping(std::function<bool()> may_keep) { may_keep_ = std::move(may_keep); }

    /// From now on every answer is its connection's last.
    void keep_no_longer() noexcept { ending_ = true; }

    /// The wall clock moved on; formats the date when a second has passed.
    void now(std::int64_t unix_s) noexcept;

    http::Answer answer(const http::Request& request) override;
    std::string_view date() noexcept override { return {date_.data(), date_.size()}; }
    std::size_t keeps_body_bytes(const http::Request& request) noexcept override;
    bool may_keep_alive() noexcept override;
    bool wants_heads() const noexcept override { return log_.wants_heads(); }
    void head(std::string_view text) noexcept override;
    void replied(int status) noexcept override;

private:
    http::Answer answer_lab(const http::Request& request);

    Log& log_;
    Files files_;
    bool lab_;
    bool ending_ = false;
    std::function<bool()> may_keep_;
    std::int64_t dated_s_ = -1;
    std::array<char, 29> date_{};
    std::string echoed_;
};

}  // namespace server
