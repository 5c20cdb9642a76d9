// Pages of what is written about the code: the course, the models, the experiments.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "docs/generator/course.hpp"
#include "docs/generator/text.hpp"

namespace docs {
namespace {

using Json = nlohmann::json;

std::string stem_of(const std::string& path) {
    return std::filesystem::path{path}.stem().string();
}

std::string link_html(const Desk& desk, const std::string& page, const std::string& text) {
    return "<a class=\"in\" href=\"" +
           escaped(address_from(desk.page, {.page = page, .anchor = {}})) + "\">" + escaped(text) +
           "</a>";
}

// Bold words of the glossary become what they define, and can be linked to.
std::string with_definitions(const std::string& html) {
    constexpr std::string_view opens = "<strong>", closes = "</strong>";
    std::string defined;
    std::size_t at = 0;
    for (std::size_t begin = html.find(opens); begin != html.npos; begin = html.find(opens, at)) {
        const std::size_t end = html.find(closes, begin);
        const std::string text = html.substr(begin + opens.size(), end - begin - opens.size());
        const std::string id = "term-" + slug(lower_case(in_one_line(text_of_html(text))));
        defined +=
            html.substr(at, begin - at) + "<dfn id=\"" + escaped(id) + "\">" + text + "</dfn>";
        at = end + closes.size();
    }
    return defined + html.substr(at);
}

// Terms can be looked up like headings.
void add_term_headings(Page& page) {
    constexpr std::string_view opens = "<dfn id=\"";
    for (std::size_t at = page.body.find(opens); at != page.body.npos;
         at = page.body.find(opens, at)) {
        at += opens.size();
        const std::size_t end = page.body.find('"', at);
        const std::size_t close = page.body.find("</dfn>", end);
        page.headings.push_back(
            {.level = 6,
             .text = in_one_line(text_of_html(page.body.substr(end + 2, close - end - 2))),
             .id = page.body.substr(at, end - at)});
    }
}

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

std::string model_text(const Json& model) {
    if (model.is_string()) return "<code>" + escaped(model.get<std::string>()) + "</code>";
    std::string html = "<code>" + escaped(text_at(model, "model"));
    for (const Json& argument : model.value("args", Json::array())) {
        if (argument.is_string()) html += " " + escaped(argument.get<std::string>());
    }
    html += "</code>";
    if (!text_at(model, "name").empty()) html += ", called " + escaped(text_at(model, "name"));
    return html;
}

}  // namespace

void Course::add_document(const std::string& file, const std::string& path) {
    Desk desk = desk_for(path);
    desk.links_terms = path != "glossary.html";
    const std::string text = atlas_.text(file).value_or("");
    Rendered rendered = render_markdown(text, {.file = file, .line = 1}, desk, true);
    Page page{.path = path, .title = rendered.title, .kind = "course"};
    page.headings = std::move(rendered.headings);
    page.body = path == "glossary.html" ? with_definitions(rendered.html) : rendered.html;
    if (path != "index.html")
        page.trail = {{.text = "Reading order", .to = {.page = "index.html", .anchor = {}}}};
    if (path == "index.html") {
        page.title = "iolab: " + lower_case(page.title.substr(0, 1)) +
                     page.title.substr(std::min<std::size_t>(1, page.title.size()));
        const std::size_t table = page.body.find("<div class=\"wide\"");
        if (table != page.body.npos) page.body.insert(table, "<a id=\"models\"></a>");
        page.headings.push_back({.level = 2, .text = "Side by side", .id = "side-by-side"});
        page.body += all_models_html(desk);
    }
    if (path == "glossary.html") add_term_headings(page);
    if (path == "experiments.html") page.lead = experiments_html(desk);
    keep(std::move(page), desk);
}

// Every model with its three pages, in reading order: what a lecture opens first.
std::string Course::all_models_html(Desk& desk) {
    std::string html =
        "<section>\n<h2 id=\"side-by-side\">Side by side</h2>\n<div class=\"wide\" "
        "tabindex=\"0\">\n<table>\n"
        "<thead><tr><th scope=\"col\">model</th><th scope=\"col\">the source, annotated</th>"
        "<th scope=\"col\">beside the one before</th></tr></thead>\n<tbody>\n";
    for (std::size_t number = 0; number < models_.size(); ++number) {
        const std::string& model = models_[number];
        html += "<tr><th scope=\"row\">" + link_html(desk, "models/" + model + ".html", model) +
                "</th><td>" +
                link_html(desk, "servers/" + model + ".html", "servers/" + model + ".cpp") +
                "</td><td>";
        if (number > 0) {
            const std::string& before = models_[number - 1];
            html += link_html(desk, "siblings/" + before + "-" + model + ".html",
                              before + " beside " + model);
        }
        html += "</td></tr>\n";
    }
    html += "</tbody>\n</table>\n</div>\n<p>What all servers share: ";
    for (const Room& room : rooms_)
        html += link_html(desk, "common/" + room.name + ".html", "common/" + room.name) +
                (&room == &rooms_.back() ? "" : ", ");
    return html + ".</p>\n</section>\n";
}

std::string Course::experiments_html(Desk& desk) {
    struct Card {
        int number;
        std::string file, title;
    };
    std::vector<Card> cards;
    for (const std::string& file : experiments_) {
        const std::string text = atlas_.text(file).value_or("");
        const Json json = Json::parse(text, nullptr, false, true);
        cards.push_back({.number = number_of(text), .file = file, .title = text_at(json, "title")});
    }
    std::stable_sort(cards.begin(), cards.end(), [](const Card& one, const Card& other) {
        return (one.number == 0 ? 1000 : one.number) < (other.number == 0 ? 1000 : other.number);
    });
    std::string html =
        "<details class=\"all\" open><summary>A page each</summary><ul class=\"columns\">\n";
    for (const Card& card : cards) {
        const std::string number =
            card.number == 0 ? stem_of(card.file) + ": " : fmt::format("{}. ", card.number);
        html += "<li>" + escaped(number) +
                link_html(desk, "experiments/" + stem_of(card.file) + ".html", card.title) +
                "</li>\n";
    }
    return html + "</ul></details>\n";
}

void Course::add_model_document(std::size_t number) {
    const std::string& model = models_[number];
    const std::string file = "docs/models/" + model + ".md";
    const auto text = atlas_.text(file);
    if (!text) {
        faults_.add({.place = {.file = file, .line = 1},
                     .what = "the model has no page",
                     .likely_cause = "a server that was added without it",
                     .what_helps = "docs/adding-a-server.md says what stands in one"});
        return;
    }
    Desk desk = desk_for("models/" + model + ".html");
    Rendered rendered = render_markdown(*text, {.file = file, .line = 1}, desk, true);
    Page page{.path = desk.page, .title = model, .kind = "course"};
    const std::size_t colon = rendered.title.find(": ");
    page.lead = paragraph(
        "idea", colon == rendered.title.npos ? "" : escaped(rendered.title.substr(colon + 2)));
    page.headings = std::move(rendered.headings);
    page.trail = {{.text = "Models", .to = {.page = "index.html", .anchor = "models"}}};
    page.beside = {{.text = "The source, annotated",
                    .to = {.page = "servers/" + model + ".html", .anchor = {}}}};
    if (number > 0)
        page.beside.push_back(
            {.text = "Beside " + models_[number - 1],
             .to = {.page = "siblings/" + models_[number - 1] + "-" + model + ".html",
                    .anchor = {}}});
    if (number + 1 < models_.size())
        page.beside.push_back(
            {.text = "Next: " + models_[number + 1],
             .to = {.page = "models/" + models_[number + 1] + ".html", .anchor = {}}});
    page.body = rendered.html + scene_html(model, desk);
    page.headings.push_back({.level = 2, .text = "One scene, recorded", .id = "scene"});
    const std::string costs = costs_html(model);
    if (!costs.empty()) {
        page.headings.push_back({.level = 2, .text = "Measured", .id = "measured"});
        page.body +=
            "<h2 id=\"measured\">Measured</h2>\n<p>From a result of <code>iolab compare</code>: " +
            escaped(measured_->origin()) + ".</p>\n" + costs;
    }
    page.headings.push_back({.level = 2, .text = "Further reading", .id = "further"});
    page.body += reading_html(number, desk);
    keep(std::move(page), desk);
}

// A slow, an idle and a fast client, and whom this model lets wait: what `iolab trace` recorded.
std::string Course::scene_html(const std::string& model, Desk& desk) {
    std::string html =
        "<h2 id=\"scene\">One scene, recorded</h2>\n<p>A slow client comes, an idle one, and a "
        "fast "
        "one";
    html += atlas_.text("docs/trace.md")
                ? ": <a class=\"in\" href=\"" +
                      escaped(address_from(desk.page, {.page = "trace.html", .anchor = {}})) +
                      "\">the scene</a>"
                : "";
    html += ". Who waits for whom?</p>\n";
    std::ifstream file{options_.timelines + '/' + model + ".figure.html", std::ios::binary};
    if (options_.timelines.empty() || !file)
        return html + "<p>These pages were made without it. <code>build/bin/iolab trace " +
               escaped(model) +
               "</code> plays it in a terminal; <code>make</code> and then <code>make docs</code> "
               "put its "
               "pictures here.</p>\n";
    std::ostringstream figure;
    figure << file.rdbuf();
    return html + figure.str();
}

// What the model's own pages cite, and the experiments in which it takes part.
std::string Course::reading_html(std::size_t number, Desk& desk) {
    const std::string& model = models_[number];
    std::string html = "<h2 id=\"further\">Further reading</h2>\n<ul>\n";
    std::map<std::string, std::string> cited = desk.cited;
    cited.insert(cited_by_[model].begin(), cited_by_[model].end());
    std::string manuals;
    for (const auto& [citation, address] : cited)
        manuals += (manuals.empty() ? "" : ", ") + ("<a class=\"out\" href=\"" + escaped(address) +
                                                    "\">" + escaped(citation) + "</a>");
    if (!manuals.empty()) html += "<li>Cited: " + manuals + ".</li>\n";
    std::string takes_part;
    for (const std::string& file : experiments_) {
        const std::string text = atlas_.text(file).value_or("");
        const Json json = Json::parse(text, nullptr, false, true);
        if (number_of(text) == 0 || !json.is_object() || !takes_part_in(json, model)) continue;
        takes_part +=
            (takes_part.empty() ? "" : "; ") +
            link_html(desk, "experiments/" + stem_of(file) + ".html", text_at(json, "title"));
    }
    if (!takes_part.empty()) html += "<li>Experiments with it: " + takes_part + ".</li>\n";
    return html + "</ul>\n";
}

void Course::add_experiment(const std::string& file) {
    const std::string text = atlas_.text(file).value_or("");
    const Json json = Json::parse(text, nullptr, false, true);
    if (!json.is_object()) return;  // told before
    const std::string name = stem_of(file);
    const Place place{.file = file, .line = 1};
    Desk desk = desk_for("experiments/" + name + ".html");
    Page page{.path = desk.page, .title = text_at(json, "title"), .kind = "course experiment"};
    const int number = number_of(text);
    page.trail = {{.text = "Experiments", .to = {.page = "experiments.html", .anchor = {}}}};
    if (number > 0) page.title = fmt::format("{}. {}", number, page.title);
    page.lead = paragraph("idea question", linked_text(text_at(json, "question"), place, desk));
    page.body = prose_html(text_at(json, "background"), place, desk);
    const bool demo = number > 0 || json.contains("signature");
    page.body += "<pre tabindex=\"0\"><code>build/bin/iolab " +
                 std::string{demo ? "demo " : "run "} + escaped(name) + "</code></pre>\n";
    const std::string answer = text_at(json, "explanation");
    if (!answer.empty() || json.contains("signature")) {
        page.body += "<details class=\"answer\"><summary>The answer: guess first</summary><div>\n" +
                     prose_html(answer, place, desk);
        if (json.contains("signature")) {
            page.body += "<h2 id=\"expected\">What has to be seen</h2>\n<ul>\n";
            page.headings.push_back({.level = 2, .text = "What has to be seen", .id = "expected"});
            for (const Json& check : json["signature"]) page.body += check_html(check);
            page.body += "</ul>\n";
        }
        std::string see;
        for (const Json& where : json.value("see", Json::array())) {
            if (where.is_string())
                see +=
                    (see.empty() ? "" : ", ") + linked_code(where.get<std::string>(), place, desk);
        }
        if (!see.empty()) page.body += "<p>To be read in " + see + ".</p>\n";
        page.body += "</div></details>\n";
    }
    if (!text_at(json, "source").empty())
        page.body += "<p>Source: " + linked_text(text_at(json, "source"), place, desk) + ".</p>\n";
    page.headings.push_back({.level = 2, .text = "Who and how", .id = "who"});
    page.body += "<h2 id=\"who\">Who and how</h2>\n<p>Servers:</p>\n<ul>\n";
    for (const Json& model : json.value("models", Json::array()))
        page.body += "<li>" + model_text(model) + "</li>\n";
    page.body += "</ul>\n<p>Workloads:</p>\n<ul>\n";
    for (const Json& workload : json.value("workloads", Json::array())) {
        const std::string called = text_at(workload, "name");
        page.body += "<li id=\"" + escaped(new_id(desk, "workload-" + slug(called))) + "\"><b>" +
                     escaped(called) + "</b>: " + escaped(text_at(workload, "title")) + "</li>\n";
    }
    page.body += "</ul>\n<p>The file: ";
    const std::string source_page = "source/" + file + ".html";
    page.body += link_html(desk, source_page, file) + ".</p>\n";
    files_shown_.insert(file);
    keep(std::move(page), desk);
}

// Files that pages refer to and that have no page of their own: as they stand, line by line.
void Course::add_listings() {
    std::set<std::string> files = atlas_.listings();
    files.insert(files_shown_.begin(), files_shown_.end());
    std::vector<Plain> texts;
    for (const std::string& file : files) {
        const bool code =
            file.ends_with(".cpp") || file.ends_with(".hpp") || file.ends_with(".jsonc");
        texts.push_back({.language = code                       ? "cpp"
                                     : file.ends_with(".patch") ? "diff"
                                                                : "",
                         .lines = lines_of(atlas_.text(file).value_or(""))});
    }
    const auto coloured = highlight(texts, options_.highlighter);
    std::size_t at = 0;
    for (const std::string& file : files) {
        Page page{.path = "source/" + file + ".html", .title = file, .kind = "listing"};
        page.trail = {{.text = "Reading order", .to = {.page = "index.html", .anchor = {}}}};
        page.body = "<div class=\"code\" tabindex=\"0\"><pre>";
        int line = 0;
        for (const Pieces& pieces : coloured[at]) {
            ++line;
            page.body +=
                fmt::format("<span class=\"line\" id=\"L{0}\" data-line=\"{0}\">{1}</span>\n", line,
                            code_html(pieces));
        }
        page.body += "</pre></div>\n";
        pages_.push_back(std::move(page));
        ++at;
    }
}

void Course::add_search() {
    Page page{
        .path = "search.html", .title = "Search", .kind = "course search", .has_search = true};
    page.body =
        "<p id=\"found\" role=\"status\">Type what you look for: a word of the course, a function, "
        "a call.</p>\n"
        "<noscript><p>Looking things up takes JavaScript; everything else works "
        "without.</p></noscript>\n"
        "<ol id=\"results\"></ol>\n";
    pages_.push_back(std::move(page));
}

}  // namespace docs
