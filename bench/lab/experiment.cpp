#include "bench/lab/experiment.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/lab/lines.hpp"
#include "bench/lab/text.hpp"
#include "bench/lab/value.hpp"

namespace lab {
namespace {

using Json = nlohmann::ordered_json;

struct Kind {
    ActorKind kind;
    std::string_view name;
    bool asks;
    std::string_view holds;
    std::string_view parameters;  // beside count and name, each with a space behind it
};

constexpr std::array<Kind, 13> kinds{{
    {ActorKind::polite, "polite", true, "",
     "path expect_status connection requests_a_connection start_s stop_s "},
    {ActorKind::steady, "steady", true, "",
     "path expect_status connection requests_a_connection rate_per_s arrivals start_s stop_s "},
    {ActorKind::pipeliner, "pipeliner", true, "",
     "path expect_status requests_a_connection depth rate_per_s arrivals start_s stop_s "},
    {ActorKind::idle, "idle", false, "silent", ""},
    {ActorKind::dead, "dead", false, "silent", "path expect_status start_s stop_s "},
    {ActorKind::slow_sender, "slow_sender", false, "slow",
     "path expect_status bytes_per_s start_s stop_s "},
    {ActorKind::slow_reader, "slow_reader", false, "slow",
     "path expect_status bytes_per_s start_s stop_s "},
    {ActorKind::abandoner, "abandoner", false, "", "path whole rate_per_s start_s stop_s "},
    {ActorKind::resetter, "resetter", false, "", "path rate_per_s start_s stop_s "},
    {ActorKind::half_closer, "half_closer", false, "",
     "path expect_status rate_per_s start_s stop_s "},
    {ActorKind::burst, "burst", false, "", "path expect_status period_s start_s stop_s "},
    {ActorKind::firehose, "firehose", false, "", "path expect_status rate_per_s start_s stop_s "},
    {ActorKind::late_reader, "late_reader", false, "",
     "path expect_status more_bytes rate_per_s start_s stop_s "},
}};

const Kind& kind_of(ActorKind kind) noexcept {
    return kinds[static_cast<std::size_t>(kind)];
}

bool has(ActorKind kind, std::string_view parameter) {
    return kind_of(kind).parameters.find(std::string{parameter} + ' ') != std::string_view::npos;
}

ActorKind read_kind(const Value& value) {
    if (const auto kind = actor_kind(value.text())) return *kind;
    std::string names;
    for (const Kind& kind : kinds) {
        names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", kind.name);
    }
    value.expected("one of " + names);
}

// The points of an axis have to be what the number itself would have to be.
Quantity read_axis(const Value& value, const std::vector<Axis>& sweep, double least, double most) {
    for (const Axis& axis : sweep) {
        if (axis.name != value.text()) continue;
        for (const double point : axis.values) {
            if (point >= least && point <= most) continue;
            value.expected(
                fmt::format("an axis of numbers from {} to {}, not {}", least, most, point));
        }
        return {.number = 0, .axis = axis.name};
    }
    value.expected("a number, or the name of an axis of this workload's sweep");
}

Quantity read_whole(const Value& value, const std::vector<Axis>& sweep, int least, int most) {
    if (value.is_text()) return read_axis(value, sweep, least, most);
    return {.number = static_cast<double>(value.whole(least, most)), .axis = {}};
}

Quantity read_number(const Value& value, const std::vector<Axis>& sweep, double least,
                     double most) {
    if (value.is_text()) return read_axis(value, sweep, least, most);
    return {.number = value.number(least, most), .axis = {}};
}

bool read_connection(const Value& value) {
    if (value.text() == "close") return true;
    if (value.text() != "keep-alive") value.expected("\"keep-alive\" or \"close\"");
    return false;
}

std::string read_path(const Value& value) {
    std::string path = value.text();
    const auto plain = [](char byte) { return byte > 0x20 && byte < 0x7f; };
    if (path.empty() || path[0] != '/' || !std::all_of(path.begin(), path.end(), plain)) {
        value.expected("a path that starts with \"/\", of visible ASCII characters");
    }
    return path;
}

bool read_arrivals(const Value& value) {
    if (value.text() == "poisson") return true;
    if (value.text() != "constant") value.expected("\"constant\" or \"poisson\"");
    return false;
}

// Every parameter that is given must be one of the kind's.
void check_parameters(const Value& value, ActorKind kind) {
    for (const Value& member : value.members()) {
        const std::string key = member.key();
        if (key == "kind" || key == "count" || key == "name" || has(kind, key)) continue;
        std::string others;
        for (const Kind& other : kinds) {
            if (!has(other.kind, key)) continue;
            others += fmt::format("{}\"{}\"", others.empty() ? "" : ", ", other.name);
        }
        member.expected(fmt::format("no \"{}\" with kind \"{}\"; it belongs to {}", key,
                                    name_of(kind), others));
    }
}

void read_time(const Value& value, Actor& actor) {
    if (const auto start = value.find("start_s")) actor.start_s = start->number(0, 3600);
    const auto stop = value.find("stop_s");
    if (!stop) return;
    actor.stop_s = stop->number(0, 3600);
    if (*actor.stop_s <= actor.start_s.value_or(0)) stop->expected("a time after the start");
}

void read_pace(const Value& value, const std::vector<Axis>& sweep, Actor& actor) {
    if (actor.kind == ActorKind::steady) (void)value.need("rate_per_s", "requests a second");
    if (const auto rate = value.find("rate_per_s"))
        actor.rate_per_s = read_number(*rate, sweep, 0.001, 1e8);
    if (const auto bytes = value.find("bytes_per_s"))
        actor.bytes_per_s = read_number(*bytes, sweep, 0.001, 1e9);
    if (const auto depth = value.find("depth")) actor.depth = read_whole(*depth, sweep, 1, 1024);
    if (const auto period = value.find("period_s")) actor.period_s = period->number(0.001, 3600);
    const auto arrivals = value.find("arrivals");
    if (!arrivals) return;
    actor.poisson = read_arrivals(*arrivals);
    if (!value.find("rate_per_s")) arrivals->expected("no arrivals without \"rate_per_s\"");
}

void read_connections(const Value& value, Actor& actor) {
    if (const auto connection = value.find("connection"))
        actor.close = read_connection(*connection);
    const auto requests = value.find("requests_a_connection");
    if (!requests) return;
    const bool several = actor.kind == ActorKind::pipeliner;
    actor.requests_a_connection =
        requests->whole(several ? static_cast<int>(actor.depth.number) : 1, 1000000000);
    if (actor.close) requests->expected("no number of requests where \"connection\" is \"close\"");
}

Actor read_actor(const Value& value, const std::vector<Axis>& sweep) {
    value.check_keys({"kind", "count", "name", "path", "expect_status", "connection",
                      "requests_a_connection", "rate_per_s", "arrivals", "depth", "bytes_per_s",
                      "period_s", "whole", "more_bytes", "start_s", "stop_s"});
    Actor actor;
    actor.kind = read_kind(value.need("kind", "how these clients behave, \"polite\" for one"));
    check_parameters(value, actor.kind);
    actor.count = read_whole(value.need("count", "how many clients there are"), sweep, 0, 1000000);
    if (const auto name = value.find("name")) actor.name = name->word();
    if (const auto path = value.find("path")) actor.path = read_path(*path);
    if (const auto status = value.find("expect_status"))
        actor.expect_status = status->whole(200, 599);
    if (const auto whole = value.find("whole")) actor.whole = whole->truth();
    if (const auto more = value.find("more_bytes")) actor.more_bytes = more->whole(0, 60000);
    read_pace(value, sweep, actor);
    read_connections(value, actor);
    read_time(value, actor);
    return actor;
}

void stop_actor(const Value& value, double at_s, Scenario& scenario) {
    const Value name = value.need("actor", "the name of the actor that stops");
    for (Actor& actor : scenario.actors) {
        if (actor.name.empty() || actor.name != name.text()) continue;
        if (actor.kind == ActorKind::idle) name.expected("an actor that is not idle");
        if (actor.stop_s) name.expected("an actor that does not stop already");
        if (at_s <= actor.start_s.value_or(0)) name.expected("an actor that has started by then");
        actor.stop_s = at_s;
        return;
    }
    name.expected("the \"name\" of one of this workload's actors");
}

void add_actor(const Value& value, double at_s, Scenario& scenario) {
    const Value added = value.need("actor", "the actor that is added");
    Actor actor = read_actor(added, scenario.sweep);
    if (actor.kind == ActorKind::idle) added.expected("an actor that is not idle");
    if (actor.start_s) added.expected("an actor without \"start_s\": the event tells it");
    if (actor.stop_s && *actor.stop_s <= at_s) added.expected("an actor that stops later");
    actor.start_s = at_s;
    scenario.actors.push_back(std::move(actor));
}

constexpr const char* event_kinds = "\"freeze\", \"thaw\", \"interrupt\", \"add\" or \"stop\"";

// Whether the last that was said of standing still is that it does.
bool is_frozen(const Scenario& scenario) {
    bool frozen = false;
    for (const Event& event : scenario.events)
        if (event.kind != Event::Kind::interrupt) frozen = event.kind == Event::Kind::freeze;
    return frozen;
}

Event::Kind read_kind_of_event(const Value& what, const Scenario& scenario) {
    for (const auto kind : {Event::Kind::freeze, Event::Kind::thaw, Event::Kind::interrupt}) {
        if (what.text() != name_of(kind)) continue;
        const bool frozen = is_frozen(scenario);
        if (kind == Event::Kind::thaw && !frozen) what.expected("\"freeze\" first");
        if (kind != Event::Kind::thaw && frozen) what.expected("\"thaw\": it is frozen");
        return kind;
    }
    what.expected(event_kinds);
}

void read_event(const Value& value, Scenario& scenario) {
    value.check_keys({"at_s", "do", "actor", "rate_per_s", "for_s"});
    Event event{.at_s = value.need("at_s", "seconds after the window's opening").number(0, 3600)};
    const Value what = value.need("do", event_kinds);
    const bool interrupts = what.text() == name_of(Event::Kind::interrupt);
    for (const char* const key : {"rate_per_s", "for_s"}) {
        const auto only = value.find(key);
        if (only && !interrupts) only->expected("nothing: this goes with \"interrupt\"");
    }
    if (what.text() == "add") return add_actor(value, event.at_s, scenario);
    if (what.text() == "stop") return stop_actor(value, event.at_s, scenario);
    if (const auto actor = value.find("actor"))
        actor->expected("no actor: this is done to the server");
    event.kind = read_kind_of_event(what, scenario);
    if (interrupts) {
        event.rate_per_s = value.need("rate_per_s", "how many times a second").number(1, 10000);
        event.for_s = value.need("for_s", "seconds").number(0.001, 60);
    }
    if (!scenario.events.empty()) {
        const Event& before = scenario.events.back();
        if (event.at_s <= before.at_s || event.at_s < before.at_s + before.for_s)
            value.need("at_s", "").expected("a later time than the event's before it, and its end");
    }
    scenario.events.push_back(event);
}

constexpr std::size_t most_points = 1000;

std::vector<Axis> read_sweep(const Value& value) {
    std::vector<Axis> sweep;
    value.check_words();
    for (const Value& member : value.members()) {
        Axis axis{.name = member.key(), .values = {}};
        for (const Value& point : member.list("numbers")) {
            const double number = point.whole(0, 1000000);
            if (std::find(axis.values.begin(), axis.values.end(), number) != axis.values.end())
                point.expected("a number that the axis does not have yet");
            axis.values.push_back(number);
        }
        sweep.push_back(std::move(axis));
    }
    if (sweep.size() > 2) value.expected("one or two axes");
    std::size_t points = 1;
    for (const Axis& axis : sweep) points *= axis.values.size();
    if (points > most_points)
        value.expected(fmt::format("at most {} points, not {}", most_points, points));
    return sweep;
}

// An event speaks of an actor by its name.
void check_names(const Value& value, const std::vector<Actor>& actors) {
    for (std::size_t at = 0; at < actors.size(); ++at) {
        for (std::size_t earlier = 0; earlier < at; ++earlier) {
            if (actors[at].name.empty() || actors[at].name != actors[earlier].name) continue;
            value.need("actors", "")
                .expected(fmt::format("names of their own, not \"{}\" twice", actors[at].name));
        }
    }
}

// The least that a quantity is at any point of the sweep.
double least_of(const Quantity& quantity, const std::vector<Axis>& sweep) {
    for (const Axis& axis : sweep) {
        if (axis.name == quantity.axis)
            return *std::min_element(axis.values.begin(), axis.values.end());
    }
    return quantity.number;
}

// Points that differ in nothing would be shown as if they did.
void check_axes(const Value& value, const Scenario& scenario) {
    for (const Axis& axis : scenario.sweep) {
        const bool used =
            std::any_of(scenario.actors.begin(), scenario.actors.end(), [&](const Actor& actor) {
                return actor.count.axis == axis.name || actor.rate_per_s.axis == axis.name ||
                       actor.depth.axis == axis.name || actor.bytes_per_s.axis == axis.name;
            });
        if (used) continue;
        value.need("sweep", "").need(axis.name, "").expected("an axis that some actor names");
    }
}

void read_load(const Value& value, Scenario& scenario) {
    if (const auto sweep = value.find("sweep")) scenario.sweep = read_sweep(*sweep);
    for (const Value& actor : value.need("actors", "a list of who connects").list("actors")) {
        scenario.actors.push_back(read_actor(actor, scenario.sweep));
    }
    check_names(value, scenario.actors);
    if (const auto events = value.find("events")) {
        for (const Value& event : events->list("events")) read_event(event, scenario);
        if (is_frozen(scenario)) events->expected("a \"thaw\" after the last \"freeze\"");
    }
    check_axes(value, scenario);
    for (const Actor& actor : scenario.actors) {
        if (asks(actor.kind) && !actor.start_s && least_of(actor.count, scenario.sweep) >= 1)
            return;
    }
    value.need("actors", "")
        .expected("at least one actor that asks from the beginning, a \"polite\" one");
}

Scenario read_scenario(const Value& value) {
    value.check_keys({"name", "title", "sweep", "actors", "events"});
    Scenario scenario;
    scenario.name = value.need("name", "a word for this workload").word();
    scenario.title = value.line_or("title", scenario.name);
    read_load(value, scenario);
    return scenario;
}

// An experiment may come from anywhere: it does not say which files a server writes or shows, nor
// where it listens.
std::string read_argument(const Value& value) {
    std::string argument = value.text();
    const std::string name = argument.substr(0, argument.find('='));
    for (const char* const refused : {"--host", "--port", "--root", "--stats", "--trace"}) {
        if (name == refused)
            value.expected("an option other than --host, --port, --root, --stats and --trace");
    }
    return argument;
}

ModelChoice read_choice(const Value& value) {
    ModelChoice choice;
    choice.place = value.place();
    if (value.is_text()) {
        choice.pattern = value.text();
        return choice;
    }
    if (!value.is_object())
        value.expected("a model's name or pattern, or {\"model\": ..., \"args\": [...]}");
    value.check_keys({"model", "args", "name", "open_files", "files_first"});
    choice.pattern = value.need("model", "a model's name").text();
    choice.place = value.place_of("model");
    if (const auto args = value.find("args")) {
        for (const Value& arg : args->list("strings")) choice.args.push_back(read_argument(arg));
    }
    choice.name = value.line_or("name", "");
    choice.name_place = value.place_of("name");
    if (const auto files = value.find("open_files")) {
        (void)value.need("name", "a name for a server with a limit of its own");
        choice.open_files = files->whole(16, 1000000);
    }
    if (const auto files = value.find("files_first")) {
        (void)value.need("name", "a name for a server that is started so");
        choice.files_first = files->whole(1, 1000000);
    }
    return choice;
}

// A file of the project, and a section of it; never one of somebody else's.
std::string read_place(const Value& value) {
    std::string place = value.line();
    const bool inside = place.starts_with("servers/") || place.starts_with("common/") ||
                        place.starts_with("bench/") || place.starts_with("docs/");
    if (!inside || place.find("..") != place.npos)
        value.expected("a file of servers, common, bench or docs, with or without #section");
    return place;
}

std::vector<Scenario> read_scenarios(const Value& root, const Experiment& experiment) {
    const auto list = root.find("workloads");
    if (!list) {
        Scenario only{.name = experiment.name,
                      .title = experiment.title,
                      .sweep = {},
                      .actors = {},
                      .events = {}};
        read_load(root, only);
        return {only};
    }
    if (const auto actors = root.find("actors"))
        actors->expected("no actors beside \"workloads\", which have their own");
    if (const auto sweep = root.find("sweep"))
        sweep->expected("no sweep beside \"workloads\", which have their own");
    if (const auto events = root.find("events"))
        events->expected("no events beside \"workloads\", which have their own");
    std::vector<Scenario> scenarios;
    for (const Value& value : list->list("workloads")) {
        scenarios.push_back(read_scenario(value));
        for (std::size_t at = 0; at + 1 < scenarios.size(); ++at) {
            if (scenarios[at].name == scenarios.back().name)
                value.need("name", "").expected("a name that no other workload has");
        }
    }
    return scenarios;
}

// What begins after the window's close never happens.
void check_times(const Value& root, const Experiment& experiment) {
    double latest_s = 0;
    for (const Scenario& scenario : experiment.scenarios) {
        for (const Event& event : scenario.events) latest_s = std::max(latest_s, event.at_s);
        for (const Actor& actor : scenario.actors)
            latest_s = std::max(latest_s, actor.start_s.value_or(0));
    }
    if (latest_s < experiment.measured_s) return;
    root.need("measured_s", "")
        .expected(fmt::format("more than {} s, when something is to happen yet", latest_s));
}

Experiment read_experiment(const Value& root) {
    root.check_keys({"$schema",     "name",        "title",   "question",         "background",
                     "explanation", "source",      "see",     "models",           "baseline",
                     "workloads",   "sweep",       "actors",  "events",           "warm_up_s",
                     "measured_s",  "server_cpus", "rounds",  "signature",        "reply_timeout_s",
                     "trace_calls", "replicates",  "control", "connect_timeout_s"});
    Experiment experiment;
    experiment.name = root.need("name", "a word for this experiment").word();
    experiment.title = root.line_or("title", experiment.name);
    experiment.question = root.line_or("question", "");
    experiment.background = root.text_or("background", "");
    experiment.explanation = root.text_or("explanation", "");
    experiment.source = root.text_or("source", "");
    if (const auto see = root.find("see")) {
        for (const Value& place : see->list("places in the source"))
            experiment.see.push_back(read_place(place));
    }
    experiment.baseline = root.text_or("baseline", "");
    experiment.baseline_place = root.place_of("baseline");
    experiment.models_place = root.place_of("models");
    if (const auto models = root.find("models")) {  // without: only servers that --add brings
        for (const Value& model : models->list("models")) {
            experiment.models.push_back(read_choice(model));
        }
    }
    experiment.scenarios = read_scenarios(root, experiment);
    experiment.warm_up_s = root.need("warm_up_s", "seconds").number(0, 600);
    experiment.measured_s = root.need("measured_s", "seconds").number(0.01, 3600);
    if (const auto cpus = root.find("server_cpus")) experiment.server_cpus = cpus->whole(1, 1024);
    if (const auto traces = root.find("trace_calls")) experiment.trace_calls = traces->truth();
    if (const auto limit = root.find("reply_timeout_s"))
        experiment.reply_timeout_s = limit->number(0.05, 600);
    if (const auto limit = root.find("connect_timeout_s"))
        experiment.connect_timeout_s = limit->number(0.05, 600);
    experiment.rounds = root.need("rounds", "a whole number").whole(1, 1000);
    check_times(root, experiment);
    if (const auto signature = root.find("signature"))
        experiment.signature = read_signature(*signature, experiment.scenarios);
    if (const auto table = root.find("replicates"))
        experiment.replicates = read_replication(*table, experiment.scenarios);
    return experiment;
}

// The experiment with what its control changes, RFC 7396.
Experiment read_control(const Source& source, const Json& experiment, const Json& change) {
    if (!change.is_object()) refuse(source, "control", "expected an object");
    Json changed = experiment;
    changed.erase("control");
    changed.merge_patch(change);
    Source patched = source;
    patched.patch = "control";
    Experiment control = read_experiment(Value{patched, changed, ""});
    control.name += "-control";
    return control;
}

Json json_of(const Quantity& quantity) {
    if (!quantity.axis.empty()) return quantity.axis;
    if (quantity.number == std::floor(quantity.number))
        return static_cast<std::int64_t>(quantity.number);
    return quantity.number;
}

bool given(const Quantity& quantity) noexcept {
    return !quantity.axis.empty() || quantity.number > 0;
}

Json json_of(const Actor& actor) {
    Json json{{"kind", name_of(actor.kind)}, {"count", json_of(actor.count)}};
    if (!actor.name.empty()) json["name"] = actor.name;
    if (has(actor.kind, "path")) json["path"] = actor.path;
    if (actor.expect_status > 0) json["expect_status"] = actor.expect_status;
    if (actor.whole) json["whole"] = true;
    if (actor.more_bytes > 0) json["more_bytes"] = actor.more_bytes;
    if (has(actor.kind, "connection")) json["connection"] = actor.close ? "close" : "keep-alive";
    if (actor.requests_a_connection > 0)
        json["requests_a_connection"] = actor.requests_a_connection;
    if (given(actor.rate_per_s)) json["rate_per_s"] = json_of(actor.rate_per_s);
    if (actor.poisson) json["arrivals"] = "poisson";
    if (has(actor.kind, "depth")) json["depth"] = json_of(actor.depth);
    if (given(actor.bytes_per_s)) json["bytes_per_s"] = json_of(actor.bytes_per_s);
    if (actor.period_s > 0) json["period_s"] = actor.period_s;
    if (actor.start_s) json["start_s"] = *actor.start_s;
    if (actor.stop_s) json["stop_s"] = *actor.stop_s;
    return json;
}

Json json_of(const Event& event) {
    Json json{{"at_s", event.at_s}, {"do", name_of(event.kind)}};
    if (event.kind != Event::Kind::interrupt) return json;
    json["rate_per_s"] = event.rate_per_s;
    json["for_s"] = event.for_s;
    return json;
}

Json json_of(const Scenario& scenario) {
    Json json{{"name", scenario.name}, {"title", scenario.title}};
    for (const Axis& axis : scenario.sweep) {
        for (const double value : axis.values)
            json["sweep"][axis.name].push_back(static_cast<int>(value));
    }
    for (const Actor& actor : scenario.actors) json["actors"].push_back(json_of(actor));
    for (const Event& event : scenario.events) json["events"].push_back(json_of(event));
    return json;
}

struct SyntaxError {
    std::size_t offset = 0;
    std::string what;
};

// Of all that can be wrong where a parser stops, a comma behind the last item is what we see most.
SyntaxError syntax_error(std::string_view text, std::size_t offset) {
    const std::size_t before = last_before(text, offset);
    const char bracket = offset < text.size() ? text[offset] : ' ';
    if (before != text.npos && text[before] == ',' && (bracket == '}' || bracket == ']'))
        return {before, fmt::format("a comma before `{}`, with nothing behind it", bracket)};
    return {offset, "a comma, quote or bracket is missing or too many here"};
}

// The quantities that name this axis.
void settle(Actor& actor, const std::string& axis, double value) {
    for (Quantity* quantity : {&actor.count, &actor.rate_per_s, &actor.depth, &actor.bytes_per_s}) {
        if (quantity->axis == axis) *quantity = {.number = value, .axis = {}};
    }
}

// Whoever writes one by hand needs a thousandth of that; a file of the wrong kind may have more than
// there is memory.
constexpr std::uintmax_t most_bytes = 4'000'000;

// Where the number stands that the parser quotes in "number overflow parsing '1e999'".
std::size_t overflown_number(std::string_view text, std::string_view complaint) {
    const std::size_t begin = complaint.find('\'') + 1;
    const std::size_t at = text.find(complaint.substr(begin, complaint.rfind('\'') - begin));
    return at == text.npos ? 0 : at;
}

}  // namespace

std::string_view name_of(Event::Kind kind) noexcept {
    return event_names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(ActorKind kind) noexcept {
    return kind_of(kind).name;
}

bool asks(ActorKind kind) noexcept {
    return kind_of(kind).asks;
}

std::string_view holds(ActorKind kind) noexcept {
    return kind_of(kind).holds;
}

std::optional<ActorKind> actor_kind(std::string_view name) noexcept {
    for (const Kind& kind : kinds) {
        if (name == kind.name) return kind.kind;
    }
    return std::nullopt;
}

int Workload::clients(ActorKind kind) const noexcept {
    double sum = 0;
    for (const Actor& actor : actors) sum += actor.kind == kind ? actor.count.number : 0;
    return static_cast<int>(sum);
}

int Workload::clients() const noexcept {
    double sum = 0;
    for (const Actor& actor : actors) sum += actor.count.number;
    return static_cast<int>(sum);
}

bool Workload::closes() const noexcept {
    for (const Actor& actor : actors) {
        if (actor.close) return true;
    }
    return false;
}

Experiment parse_experiment(std::string_view text, const std::string& file, Variant variant) {
    Json json;
    try {
        json = Json::parse(text, nullptr, true, true);
    } catch (const Json::parse_error& error) {
        const auto [at, what] = syntax_error(text, error.byte == 0 ? 0 : error.byte - 1);
        const int line = line_at(text, at);
        throw ExperimentError{fmt::format("{}:{}: not JSON with comments: {}", file, line, what),
                              {file, line, ""}};
    } catch (const Json::out_of_range& error) {
        const int line = line_at(text, overflown_number(text, error.what()));
        throw ExperimentError{
            fmt::format("{}:{}: a number is larger than any that is known", file, line),
            {file, line, ""}};
    }
    const Source source{file, lines_of(text)};
    if (!source.lines.repeated.empty())
        refuse(source, source.lines.repeated, "given twice in one object");
    Experiment experiment = read_experiment(Value{source, json, ""});
    const auto control = json.find("control");
    if (control == json.end()) {
        if (variant == Variant::control) refuse(source, "control", "missing: it has no control");
        return experiment;
    }
    Experiment other = read_control(source, json, *control);
    return variant == Variant::control ? other : experiment;
}

std::string to_json_text(const Experiment& experiment) {
    Json json{{"name", experiment.name},
              {"title", experiment.title},
              {"question", experiment.question},
              {"background", experiment.background},
              {"explanation", experiment.explanation},
              {"source", experiment.source}};
    if (!experiment.see.empty()) json["see"] = experiment.see;
    for (const ModelChoice& choice : experiment.models) {
        Json model{{"model", choice.pattern}};
        if (!choice.args.empty()) model["args"] = choice.args;
        if (!choice.name.empty()) model["name"] = choice.name;
        if (choice.open_files > 0) model["open_files"] = choice.open_files;
        if (choice.files_first > 0) model["files_first"] = choice.files_first;
        json["models"].push_back(std::move(model));
    }
    json["baseline"] = experiment.baseline;
    for (const Scenario& scenario : experiment.scenarios)
        json["workloads"].push_back(json_of(scenario));
    json["warm_up_s"] = experiment.warm_up_s;
    json["measured_s"] = experiment.measured_s;
    json["server_cpus"] = experiment.server_cpus;
    json["trace_calls"] = experiment.trace_calls;
    json["reply_timeout_s"] = experiment.reply_timeout_s;
    json["connect_timeout_s"] = experiment.connect_timeout_s;
    json["rounds"] = experiment.rounds;
    for (const Check& check : experiment.signature) json["signature"].push_back(json_of(check));
    if (experiment.replicates) json["replicates"] = json_of(*experiment.replicates);
    return json.dump(4);
}

Experiment find_experiment(const std::string& name_or_file, Variant variant) {
    for (const Embedded& embedded : embedded_experiments()) {
        if (embedded.name != name_or_file) continue;
        return parse_experiment(embedded.text, fmt::format("{}.jsonc", embedded.name), variant);
    }
    std::error_code ignored;
    if (std::filesystem::is_regular_file(name_or_file, ignored)) {
        if (std::filesystem::file_size(name_or_file, ignored) > most_bytes) {
            throw ExperimentError{
                fmt::format("{} has more than {} bytes: no experiment", name_or_file, most_bytes),
                {name_or_file, 1, ""}};
        }
        return parse_experiment(contents(name_or_file), name_or_file, variant);
    }
    if (std::filesystem::is_directory(name_or_file, ignored)) {
        throw ExperimentError{
            fmt::format("{} is a directory, and an experiment is one file", name_or_file),
            {name_or_file, 1, ""}};
    }
    std::string names;
    for (const Embedded& embedded : embedded_experiments()) {
        names += fmt::format("{}{}", names.empty() ? "" : ", ", embedded.name);
    }
    throw ExperimentError{
        fmt::format("there is no experiment `{}`; there are {}, and any file", name_or_file, names),
        {name_or_file, 1, ""}};
}

std::vector<Workload> workloads_of(const Experiment& experiment) {
    std::vector<Workload> all;
    for (const Scenario& scenario : experiment.scenarios) {
        std::vector<Workload> points{{.id = scenario.name,
                                      .name = scenario.name,
                                      .title = scenario.title,
                                      .point = {},
                                      .actors = scenario.actors,
                                      .events = scenario.events}};
        for (const Axis& axis : scenario.sweep) {
            std::vector<Workload> refined;
            for (const Workload& base : points) {
                for (const double value : axis.values) {
                    Workload point = base;
                    point.id += fmt::format(" {}={}", axis.name, value);
                    point.point.emplace_back(axis.name, value);
                    for (Actor& actor : point.actors) settle(actor, axis.name, value);
                    refined.push_back(std::move(point));
                }
            }
            points = std::move(refined);
        }
        all.insert(all.end(), points.begin(), points.end());
    }
    return all;
}

}  // namespace lab
