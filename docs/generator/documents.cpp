// Pages of what is written about the code: the course, the models, the experiments.

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "docs/generator/course.hpp"
#include "docs/generator/markup.hpp"
#include "docs/generator/text.hpp"

namespace docs {
namespace {

using Json = nlohmann::json;

std::string text_at(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string paragraph(const std::string& kind, const std::string& html) {
    return html.empty() ? "" : "<p class=\"" + kind + "\">" + html + "</p>\n";
}

// `// Experiment 7. ...` in the first line: its number, or 0.
int number_of(const std::string& text) {
    constexpr std::string_view begin = "// Experiment ";
    if (!text.starts_with(begin)) return 0;
    int number = 0;
    for (const char c : std::string_view{text}.substr(begin.size())) {
        if (c < '0' || c > '9') break;
        number = number * 10 + (c - '0');
    }
    return number;
}

// `// Experiment 27, second part. ...`: 2; of one without parts, 0.
std::size_t part_of(const std::string& text) {
    constexpr std::array<std::string_view, 4> parts{", first part", ", second part", ", third part",
                                                    ", fourth part"};
    const std::string_view line = std::string_view{text}.substr(0, text.find('\n'));
    const auto found = std::find_if(parts.begin(), parts.end(), [&](std::string_view part) {
        return line.find(part) != line.npos;
    });
    return found == parts.end() ? 0 : static_cast<std::size_t>(found - parts.begin()) + 1;
}

std::string plain_number(const Json& value) {
    return value.is_number() ? fmt::format("{:g}", value.get<double>())
                             : text_at(Json{{"v", value}}, "v");
}

// What a check wants to see: its bounds, and what others and we have seen.
std::string check_html(const Json& check) {
    std::string html = "<li>" + escaped(text_at(check, "says"));
    std::vector<std::string> bounds;
    for (const auto& [key, word] :
         {std::pair{"least", "at least "}, std::pair{"most", "at most "}}) {
        if (check.contains(key)) bounds.push_back(word + plain_number(check[key]));
    }
    if (!bounds.empty()) {
        const std::string of = text_at(check, "figure").empty() ? text_at(check, "share_of")
                                                                : text_at(check, "figure");
        html += fmt::format(" <span class=\"bounds\">(<code>{}</code> {})</span>", escaped(of),
                            escaped(fmt::format("{}", fmt::join(bounds, ", "))));
    }
    for (const auto& [key, word] :
         {std::pair{"published", "Published: "}, std::pair{"seen", "Seen before: "}}) {
        if (!text_at(check, key).empty()) html += "<br>" + (word + escaped(text_at(check, key)));
    }
    return html + "</li>\n";
}

// Whether a model, as it is, with arguments or with a bug of the zoo, is in an experiment's list.
bool takes_part_in(const Json& experiment, const std::string& model) {
    const Json models = experiment.value("models", Json::array());
    return std::any_of(models.begin(), models.end(), [&](const Json& entry) {
        const std::string name =
            entry.is_string() ? entry.get<std::string>() : text_at(entry, "model");
        return name == model || name.starts_with("zoo/" + model + "_");
    });
}

// A server of the project or a bug of its zoo leads to its page; a pattern or a group does not.
std::string server_html(const std::string& name, Desk& desk) {
    const bool is_bug = name.starts_with("zoo/");
    const auto to = desk.atlas.file("servers/" + name + (is_bug ? ".patch" : ".cpp"));
    return to ? link_html(desk.page, {.text = name, .to = *to}) : escaped(name);
}

std::string model_html(const Json& model, Desk& desk) {
    if (model.is_string())
        return "<code>" + server_html(model.get<std::string>(), desk) + "</code>";
    std::string html = "<code>" + server_html(text_at(model, "model"), desk);
    for (const Json& argument : model.value("args", Json::array())) {
        if (argument.is_string()) html += " " + escaped(argument.get<std::string>());
    }
    html += "</code>";
    if (!text_at(model, "name").empty()) html += ", called " + escaped(text_at(model, "name"));
    return html;
}

// Servers and workloads of an experiment.
std::string who_html(const Json& experiment, Desk& desk) {
    std::string html = "<p>Servers:</p>\n<ul>\n";
    for (const Json& model : experiment.value("models", Json::array()))
        html += "<li>" + model_html(model, desk) + "</li>\n";
    html += "</ul>\n<p>Workloads:</p>\n<ul>\n";
    for (const Json& workload : experiment.value("workloads", Json::array())) {
        const std::string name = text_at(workload, "name");
        html += "<li id=\"" + escaped(new_id(desk, "workload-" + slug(name))) + "\"><b>" +
                escaped(name) + "</b>: " + escaped(text_at(workload, "title")) + "</li>\n";
    }
    return html + "</ul>\n";
}

// The answer, folded away: what has to be seen, and where it is to be read.
std::string answer_html(const Json& experiment, const Place& place, Desk& desk) {
    const std::string explanation = text_at(experiment, "explanation");
    const Json signature = experiment.value("signature", Json::array());
    if (explanation.empty() && signature.empty()) return {};
    std::string html =
        "<details class=\"answer\"><summary>The answer: guess first</summary><div>\n" +
        prose_html(explanation, place, desk);
    if (!signature.empty()) {
        // In no list of contents: a link to it would open the answer.
        html += "<h2 id=\"expected\">What has to be seen</h2>\n<ul>\n";
        for (const Json& check : signature) html += check_html(check);
        html += "</ul>\n";
    }
    std::vector<std::string> see;
    for (const Json& where : experiment.value("see", Json::array())) {
        if (where.is_string()) see.push_back(linked_code(where.get<std::string>(), place, desk));
    }
    if (!see.empty()) html += "<p>To be read in " + listed(see, ", ") + ".</p>\n";
    return html + "</div></details>\n";
}

// As source-highlight calls it; empty: plain.
std::string language_of(const std::string& file) {
    if (file.ends_with(".patch")) return "diff";
    const bool code = file.ends_with(".cpp") || file.ends_with(".hpp") || file.ends_with(".jsonc");
    return code ? "cpp" : "";
}

std::string listing_html(const std::vector<Pieces>& lines) {
    std::string html = "<div class=\"code\" tabindex=\"0\"><pre>";
    int number = 0;
    for (const Pieces& pieces : lines) {
        ++number;
        html += fmt::format("<span class=\"line\" id=\"L{0}\" data-line=\"{0}\">{1}</span>\n",
                            number, code_html(pieces));
    }
    return html + "</pre></div>\n";
}

}  // namespace

void Course::add_document(const std::string& file, const std::string& path) {
    Desk desk = desk_for(path);
    desk.defines_terms = path == "glossary.html";
    const std::string text = atlas_.text(file).value_or("");
    Rendered rendered = render_markdown(text, {.file = file, .line = 1}, desk, true);
    Page page{.path = path,
              .title = rendered.title,
              .kind = "course",
              .trail = {to_reading_order()},
              .headings = std::move(rendered.headings),
              .body = std::move(rendered.html)};
    if (path == "index.html") make_first(page);
    if (path == "experiments.html") page.lead = experiments_html(path);
    keep(std::move(page), desk);
}

// The reading order, and behind it every model with its pages: what a lecture opens first.
void Course::make_first(Page& page) const {
    page.trail.clear();
    page.title = "iolab: " + lower_case(page.title.substr(0, 1)) +
                 page.title.substr(std::min<std::size_t>(1, page.title.size()));
    const std::size_t table = page.body.find("<div class=\"wide\"");
    if (table != page.body.npos) page.body.insert(table, "<a id=\"models\"></a>");
    page.body += heading_html(page, "Side by side", "side-by-side") + all_models_html(page.path);
}

std::string Course::all_models_html(const std::string& page) const {
    Table table{"", {{"model"}, {"the source, annotated"}, {"beside the one before"}}};
    for (std::size_t number = 0; number < models_.size(); ++number) {
        const std::string& model = models_[number];
        const std::string pair =
            number == 0 ? "" : link_html(page, to_pair(models_[number - 1], model));
        table.add({link_html(page, to_model(model, model)),
                   link_html(page, to_server(model, "servers/" + model + ".cpp")), pair});
    }
    std::vector<std::string> rooms;
    for (const Room& room : rooms_) rooms.push_back(link_html(page, to_room(room.name)));
    return table.html() + "<p>What all servers share: " + listed(rooms, ", ") + ".</p>\n";
}

// Those with a number first, in its order; then presets and the like, by name.
std::string Course::experiments_html(const std::string& page) const {
    std::map<std::tuple<int, std::size_t, std::string>, std::string> cards;
    for (const std::string& file : experiments_) {
        const std::string text = atlas_.text(file).value_or("");
        const Json json = Json::parse(text, nullptr, false, true);
        const int number = number_of(text);
        const std::string before = number == 0 ? stem_of(file) + ": " : fmt::format("{}. ", number);
        const int order = number == 0 ? std::numeric_limits<int>::max() : number;
        cards[{order, part_of(text), file}] =
            "<li>" + before + link_html(page, to_experiment(file, text_at(json, "title"))) +
            "</li>\n";
    }
    std::string html = "<details open><summary>A page each</summary><ul class=\"columns\">\n";
    for (const auto& [order, card] : cards) html += card;
    return html + "</ul></details>\n";
}

void Course::add_model_document(std::size_t number) {
    const std::string& model = models_[number];
    const std::string file = "docs/models/" + model + ".md";
    const std::string nothing = "# " + model + "\n\nNobody has written about this model yet.\n";
    const std::string text = atlas_.text(file).value_or(nothing);  // as of a student's server
    Desk desk = desk_for(to_model(model, "").to.page);
    Rendered rendered = render_markdown(text, {.file = file, .line = 1}, desk, true);
    const std::size_t colon = std::min(rendered.title.find(": "), rendered.title.size());
    const std::string idea = rendered.title.substr(std::min(colon + 2, rendered.title.size()));
    Page page{.path = desk.page,
              .title = model,
              .lead = paragraph("idea", escaped(idea)),
              .kind = "course",
              .trail = {to_models()},
              .beside = {to_server(model, "The source, annotated")},
              .headings = std::move(rendered.headings),
              .body = std::move(rendered.html)};
    if (number > 0) page.beside.push_back(to_pair(models_[number - 1], model));
    if (number + 1 < models_.size())
        page.beside.push_back(to_model(models_[number + 1], "Next: " + models_[number + 1]));
    page.body += heading_html(page, "One scene, recorded", "scene") + scene_html(model);
    const std::string costs = costs_html(model);
    if (!costs.empty()) {
        page.body +=
            heading_html(page, "Measured", "measured") +
            "<p>From a result of <code>iolab compare</code>: " + escaped(measured_->origin()) +
            ".</p>\n" + costs;
    }
    page.body += heading_html(page, "Further reading", "further") + reading_html(model, desk);
    keep(std::move(page), desk);
}

// A slow, an idle and a fast client, and whom this model lets wait: what `iolab trace` recorded.
std::string Course::scene_html(const std::string& model) const {
    const std::string scene = atlas_.text("docs/trace.md")
                                  ? "<a class=\"in\" href=\"../trace.html\">the scene</a>"
                                  : "the scene";
    const std::string begin = "<p>A slow client comes, an idle one and a fast one: " + scene +
                              ". Who waits for whom?</p>\n";
    std::ifstream file{options_.timelines + '/' + model + ".figure.html", std::ios::binary};
    if (options_.timelines.empty() || !file) {
        return begin +
               "<p>These pages were made without it. <code>make docs</code> lets every model "
               "play it that can be had on a machine, and puts its pictures here; "
               "<code>build/bin/iolab trace " +
               escaped(model) + "</code> plays it in a terminal, or says why it cannot.</p>\n";
    }
    std::ostringstream figure;
    figure << file.rdbuf();
    return begin + figure.str();
}

// What the model's own pages cite, and the experiments in which it takes part.
std::string Course::reading_html(const std::string& model, const Desk& desk) {
    std::map<std::string, std::string> cited = desk.cited;
    cited.insert(cited_by_[model].begin(), cited_by_[model].end());
    std::vector<std::string> citations, experiments;
    for (const auto& [citation, address] : cited)
        citations.push_back("<a class=\"out\" href=\"" + escaped(address) + "\">" +
                            escaped(citation) + "</a>");
    for (const std::string& file : experiments_) {
        const std::string text = atlas_.text(file).value_or("");
        const Json json = Json::parse(text, nullptr, false, true);
        if (number_of(text) > 0 && json.is_object() && takes_part_in(json, model))
            experiments.push_back(
                link_html(desk.page, to_experiment(file, text_at(json, "title"))));
    }
    std::string html;
    if (!citations.empty()) html += "<p>Cited: " + listed(citations, ", ") + ".</p>\n";
    if (!experiments.empty())
        html += "<p>Experiments with it: " + listed(experiments, "; ") + ".</p>\n";
    return html.empty() ? "<p>Nothing is cited.</p>\n" : html;
}

void Course::add_experiment(const std::string& file) {
    const std::string text = atlas_.text(file).value_or("");
    const Json json = Json::parse(text, nullptr, false, true);
    if (!json.is_object()) return;  // told before
    const int number = number_of(text);
    const Place place{.file = file, .line = 1};
    Desk desk = desk_for(to_experiment(file, "").to.page);
    Page page{.path = desk.page,
              .title = (number > 0 ? fmt::format("{}. ", number) : "") + text_at(json, "title"),
              .lead = paragraph("idea", linked_text(text_at(json, "question"), place, desk)),
              .kind = "course",
              .trail = {{.text = "Experiments", .to = {.page = "experiments.html", .anchor = {}}}}};
    const bool asks = number > 0 || json.contains("signature");
    page.body = prose_html(text_at(json, "background"), place, desk);
    page.body += "<pre tabindex=\"0\"><code>build/bin/iolab ";
    page.body += (asks ? "demo " : "run ") + escaped(stem_of(file)) + "</code></pre>\n";
    page.body += answer_html(json, place, desk);
    const std::string source = text_at(json, "source");
    if (!source.empty()) page.body += "<p>Source: " + linked_text(source, place, desk) + ".</p>\n";
    page.body += heading_html(page, "Who and how", "who") + who_html(json, desk);
    listed_files_.insert(file);
    const Link listing{.text = file, .to = {.page = "source/" + file + ".html", .anchor = {}}};
    page.body += "<p>The file: " + link_html(desk.page, listing) + ".</p>\n";
    keep(std::move(page), desk);
}

// Files that pages refer to and that have no page of their own: as they stand, line by line.
void Course::add_listings() {
    std::set<std::string> files = atlas_.listings();
    files.insert(listed_files_.begin(), listed_files_.end());
    std::vector<Plain> texts;
    texts.reserve(files.size());
    for (const std::string& file : files)
        texts.push_back(
            {.language = language_of(file), .lines = lines_of(atlas_.text(file).value_or(""))});
    const auto coloured = highlight(texts, options_.highlighter);
    std::size_t at = 0;
    for (const std::string& file : files) {
        pages_.push_back({.path = "source/" + file + ".html",
                          .title = file,
                          .kind = "listing",
                          .trail = {to_reading_order()},
                          .body = listing_html(coloured[at++])});
    }
}

void Course::add_search() {
    pages_.push_back({.path = "search.html",
                      .title = "Search",
                      .kind = "course",
                      .body =
                          "<p id=\"found\" role=\"status\">Type what you look for: a word of the "
                          "course, a function, a call.</p>\n<noscript><p>Looking things up takes "
                          "JavaScript; everything else works without.</p></noscript>\n"
                          "<ol id=\"results\"></ol>\n",
                      .has_search = true});
}

}  // namespace docs
