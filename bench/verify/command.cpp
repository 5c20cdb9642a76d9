#include "bench/verify/command.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/lab/models.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/terminal.hpp"
#include "bench/stop.hpp"
#include "bench/tell.hpp"
#include "bench/verify/behaviours.hpp"

namespace verify {
namespace {

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;
constexpr int exit_missing = 3;
constexpr int exit_wrong = 4;
constexpr int exit_interrupted = 130;

const std::map<std::string, Profile> profiles{
    {"hello", hello}, {"static", files}, {"close-only", close_only}};

struct Options {
    std::vector<std::string> models;
    std::vector<std::string> added;
    Profile profile = hello;
    std::string only;
    bool brief = false;
    bool list = false;
    bool json = false;
};

struct Tally {
    int passed = 0;
    int failed = 0;
    int skipped = 0;
    bool never_ready = false;
    double seconds = 0;
};

struct Record {
    std::string model;
    Row row;
    Result result;
};

struct Complaint {
    int exit_code;
    std::string what;
    std::string cause;
    std::string help;
};

int complain(const Complaint& complaint) {
    bench::tell("{}", report::complaint("iolab verify", complaint.what, complaint.cause,
                                        complaint.help, report::style_of(STDERR_FILENO)));
    return complaint.exit_code;
}

/// Text in lines of at most 80 columns, each after `indent` spaces.
std::string wrapped(std::string_view text, std::size_t indent) {
    const std::size_t width = 80 - indent;
    std::string lines;
    while (text.size() > width) {
        std::size_t cut = text.rfind(' ', width);
        if (cut == std::string_view::npos || cut == 0) cut = width;
        lines += std::string(indent, ' ').append(text.substr(0, cut)) + '\n';
        text.remove_prefix(std::min(text.size(), cut + (text[cut] == ' ' ? 1 : 0)));
    }
    return lines + std::string(indent, ' ').append(text) + '\n';
}

/// The same with a word before its first line.
std::string labelled(std::string_view label, std::string_view text) {
    std::string lines = wrapped(text, 19);
    return lines.replace(9, label.size(), label);
}

/// What is printed while the behaviours are tried.
class Printer {
public:
    explicit Printer(bool brief)
        : brief_{brief}, colour_{::isatty(STDOUT_FILENO) == 1 && !std::getenv("NO_COLOR")} {}

    void begin(std::string_view model) {
        fmt::print("\n{}\n", model);
        group_ = {};
    }

    void show(const Row& row, const Result& result) {
        if (brief_ && result.verdict != Verdict::fail) return;
        if (group_ != name_of(row.group)) fmt::print("\n  {}\n", name_of(row.group));
        group_ = name_of(row.group);
        fmt::print("    {} {}", word(result.verdict),
                   wrapped(row.behaviour->sentence, 9).substr(9));
        switch (result.verdict) {
            case Verdict::pass: break;
            case Verdict::fail:
                fmt::print("{}{}", labelled("expected", result.expected),
                           labelled("got", result.got));
                break;
            case Verdict::skip: fmt::print("{}", wrapped(result.reason, 9)); break;
        }
        std::fflush(stdout);
    }

    void end(std::string_view model, const Tally& tally) {
        fmt::print("\n{}: {} hold, {} fail, {} skipped, in {:.1f} s\n", model, tally.passed,
                   tally.failed, tally.skipped, tally.seconds);
    }

    /// A stranger may have been held to what it never promised.
    void name_other_profiles() {
        fmt::print("{}",
                   wrapped("It was held to what our models promise. For a server that closes after "
                           "each reply there is --profile close-only, for one of files --profile "
                           "static.",
                           0));
    }

private:
    [[nodiscard]] std::string word(Verdict verdict) const {
        const auto painted = [&](const char* text, const char* code) {
            return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string{text};
        };
        switch (verdict) {
            case Verdict::pass: return painted("ok  ", "32");
            case Verdict::fail: return painted("FAIL", "1;31");
            case Verdict::skip: return painted("skip", "33");
        }
        return {};
    }

    bool brief_;
    bool colour_;
    std::string_view group_;  // of the last line
};

std::string_view word_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::pass: return "pass";
        case Verdict::fail: return "fail";
        case Verdict::skip: return "skip";
    }
    return {};
}

nlohmann::ordered_json as_json(const Record& record) {
    nlohmann::ordered_json json{{"model", record.model},
                                {"group", name_of(record.row.group)},
                                {"sentence", record.row.behaviour->sentence},
                                {"verdict", word_of(record.result.verdict)}};
    const auto text = [](const std::string& value) {
        return value.empty() ? nlohmann::ordered_json{} : nlohmann::ordered_json(value);
    };
    json["reason"] = text(record.result.reason);
    json["expected"] = text(record.result.expected);
    json["got"] = text(record.result.got);
    json["duration_s"] = record.result.seconds;
    return json;
}

void print_json(const std::vector<Record>& records, bool complete) {
    nlohmann::ordered_json document{{"schema", {{"name", "iolab-verify"}, {"version", 1}}},
                                    {"complete", complete}};
    document["results"] = nlohmann::ordered_json::array();
    for (const Record& record : records) document["results"].push_back(as_json(record));
    fmt::print("{}\n",
               document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

/// The rows of a profile whose group or sentence is wanted. errors: throws `Complaint`.
std::vector<Row> chosen_rows(const Options& options) {
    std::vector<Row> rows;
    std::regex wanted;
    try {
        wanted = std::regex{options.only};
    } catch (const std::regex_error& error) {
        throw Complaint{exit_usage, fmt::format("--only `{}`: {}", options.only, error.what()),
                        "it is no regular expression",
                        "iolab verify --list shows groups and sentences"};
    }
    for (const Row& row : behaviours()) {
        const std::string sentence{row.behaviour->sentence};
        const bool hit = options.only == name_of(row.group) || std::regex_search(sentence, wanted);
        if (hit && (row.behaviour->profiles & options.profile) != 0) rows.push_back(row);
    }
    if (rows.empty())
        throw Complaint{exit_usage, fmt::format("--only `{}` matches nothing", options.only),
                        "it is neither a group nor part of a sentence of this profile",
                        "iolab verify --list shows groups and sentences"};
    return rows;
}

/// errors: throws `Complaint`.
std::vector<lab::Model> chosen_models(const Options& options) {
    std::vector<lab::Model> chosen;
    const std::vector<lab::Model> own = lab::own_models();
    for (const std::string& pattern : options.models) {
        const std::size_t before = chosen.size();
        for (const lab::Model& model : own)
            if (lab::is_meant(model, pattern)) chosen.push_back(model);
        if (chosen.size() > before) continue;
        throw Complaint{exit_usage, fmt::format("no model or group is called `{}`", pattern),
                        "a typing error", "iolab list names the models"};
    }
    try {
        for (lab::Model& model : lab::added_models(options.added, own))
            chosen.push_back(std::move(model));
    } catch (const lab::ChoiceError& error) {
        throw Complaint{exit_usage, fmt::format("--add: {}", error.what()),
                        "it has to be NAME='COMMAND {port}', with a name that no other has",
                        "for example --add mine='python3 server.py {port}'"};
    }
    return chosen.empty() ? own : chosen;
}

Tally try_model(const lab::Model& model, const std::vector<Row>& rows, const Options& options,
                Printer& printer, std::vector<Record>& records) {
    Tally tally;
    Trial trial{model, options.profile};
    if (!options.json) printer.begin(model.name);
    for (const Row& row : rows) {
        if (bench::stop_asked()) break;
        const Result result = trial.run(row);
        switch (result.verdict) {
            case Verdict::pass: ++tally.passed; break;
            case Verdict::fail: ++tally.failed; break;
            case Verdict::skip: ++tally.skipped; break;
        }
        tally.seconds += result.seconds;
        if (!options.json) printer.show(row, result);
        records.push_back({model.name, row, result});
        // Of a model of ours, the other rows may start it in another way.
        tally.never_ready = result.never_ready && model.is_added();
        if (tally.never_ready) break;
    }
    if (options.json) return tally;
    printer.end(model.name, tally);
    const bool may_be_another = model.is_added() && options.profile == hello;
    if (may_be_another && tally.failed > 0 && !tally.never_ready) printer.name_other_profiles();
    return tally;
}

int list_rows(const std::vector<Row>& rows) {
    std::optional<Group> group;
    for (const Row& row : rows) {
        if (group != row.group) fmt::print("\n  {}\n", name_of(row.group));
        group = row.group;
        fmt::print("{}", wrapped(row.behaviour->sentence, 4));
    }
    fmt::print("\n{} behaviours\n", rows.size());
    return 0;
}

int run(const Options& options) {
    const std::vector<Row> rows = chosen_rows(options);
    if (options.list) return list_rows(rows);
    const std::vector<lab::Model> models = chosen_models(options);

    const bench::StopSignals signals;
    const std::atomic<bool>& interrupted = bench::stop_asked();

    Printer printer{options.brief};
    std::vector<Record> records;
    int failed = 0;
    int missing = 0;
    int absent = 0;
    for (const lab::Model& model : models) {
        if (interrupted) break;
        if (!model.missing.empty()) {
            ++missing;
            complain({exit_missing, fmt::format("{}: {}", model.name, model.missing),
                      "it has not been built, or this machine lacks what it needs",
                      "make builds all models, iolab doctor looks at the machine"});
            continue;
        }
        const Tally tally = try_model(model, rows, options, printer, records);
        if (!tally.never_ready) failed += tally.failed;
        if (!tally.never_ready) continue;
        ++absent;
        complain({exit_failed, fmt::format("{}: it did not get ready", model.name),
                  "its command fails, or does not listen on 127.0.0.1 at the port of {port}; "
                  "what was seen stands above",
                  "run the command by hand, with a number for {port}, in the foreground"});
    }
    if (options.json) print_json(records, !interrupted);
    if (interrupted) return exit_interrupted;
    if (failed > 0) return exit_wrong;
    if (absent > 0) return exit_failed;
    return missing > 0 ? exit_missing : 0;
}

int run_or_complain(const Options& options) {
    try {
        return run(options);
    } catch (const Complaint& complaint) {
        return complain(complaint);
    } catch (const std::system_error& error) {
        return complain({exit_failed, error.what(), "the machine has too little of something",
                         "iolab doctor looks at the machine"});
    }
}

}  // namespace

void add_verify_command(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("verify", "Try the behaviours, in sentences, on models or any server");
    command->add_option("MODEL", options->models, "Names or patterns; all models without any");
    command->add_option("--add", options->added, "A server of anyone's: NAME='COMMAND {port}'")
        ->allow_extra_args(false);
    command
        ->add_option_function<std::string>(
            "--profile",
            [options](const std::string& name) { options->profile = profiles.at(name); },
            "What is asked of it: hello, static (files; {root} in the command of --add "
            "stands for their directory) or close-only")
        ->check(CLI::IsMember({"hello", "static", "close-only"}).description(""))
        ->type_name("PROFILE");
    command->add_option("--only", options->only, "One group, or sentences that match")
        ->type_name("REGEX");
    command->add_flag("-q,--quiet", options->brief, "Print failures and the sums only");
    command->add_flag("--list", options->list, "Print the sentences and try nothing");
    command->add_flag("--json", options->json, "Print the results as JSON");
    command->footer(
        "Examples:\n"
        "  iolab verify poll epoll_lt\n"
        "  iolab verify --add mine='./mine {port}' --profile close-only --only delivery");
    command->callback([options, &exit_code] { exit_code = run_or_complain(*options); });
}

}  // namespace verify
