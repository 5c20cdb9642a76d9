#pragma once

#include <string>
#include <vector>

#include "bench/lab/models.hpp"
#include "bench/load/reply.hpp"
#include "bench/verify/client.hpp"

/// What is asked of a server, and what it has to answer, byte by byte.
namespace lab {

struct Exchange {
    std::string request;
    std::string closing_request;  ///< asks for the connection's end as well
    std::vector<load::ReplyPattern> expected;  ///< to `request`; empty: it keeps no connection
    load::ReplyPattern closing;  ///< to `closing_request`
};

/// What may be learned from: replies with status 200, or whatever comes, as far as its length says.
enum class Learn { right_answers, any_answers };

/// What a server has to answer to `GET path`. The project's models answer `/` as they
/// must; what anyone's server answers, and a model on another path, is learned from it.
/// errors: throws `verify::Failed` when there is no answer to learn from.
[[nodiscard]] Exchange exchange_with(const Model& model, const verify::Address& address,
                                     const std::string& path, Learn from = Learn::right_answers);

/// What is wrong with a server's answers, in one sentence; empty if nothing is.
/// Asks once on a connection that stays and once on one that ends, in pieces, and, of
/// the project's models, HEAD and two requests at once.
[[nodiscard]] std::string wrong_answer(const Model& model, const verify::Address& address,
                                       const Exchange& exchange);

}  // namespace lab
