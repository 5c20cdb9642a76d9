#pragma once

#include <string>

#include "bench/lab/result.hpp"

/// Results that nobody measured, for reports: of everything that a report can show there is some.
namespace rich {

/// Eight rounds of `fast`, `slow` and `lone`, which takes no part where clients are silent; an
/// `absent` model; workloads over clients, over silent clients, at a rate, with a freeze and with
/// errors. `factor` times as much CPU as with 1.
[[nodiscard]] lab::Result result(double factor = 1);

/// Three rounds of so many models, `model_1` and on, with clients that ask again and again and at a
/// rate.
[[nodiscard]] lab::Result many_models(int count, double factor = 1);

/// The first one where every string that may be anyone's is an attack on a page that shows it. Whatever
/// of it runs sets `ran`, of the page's window.
[[nodiscard]] std::string hostile_document();

}  // namespace rich
