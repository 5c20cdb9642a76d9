# Mutants: our own servers, each broken in one place. A mutant has a name, a sentence that tells
# what it does wrong, the file, a text that stands there exactly once, and what stands there
# instead. A text that ends in `;` or `}` is a statement, any other an expression; both are in the
# executable, and the environment variable IOLAB_DEFECT chooses at run time, so that each file is
# compiled once for all its mutants: R. H. Untch, A. J. Offutt, M. J. Harrold, Mutation analysis
# using mutant schemata, ISSTA 1993. A mutant that takes two changes has `also` for the second.
# Where one text is a part of another, the longer one stands first.

# What goes into a reply.

mutant(other-words "says Okay for OK" common/http/reply.cpp
  [[append(to, "HTTP/1.1 200 OK")]]
  [[append(to, "HTTP/1.1 200 Okay")]])
mutant(padded-length "announces lengths with a zero in front" common/http/reply.cpp
  [[append(append(to, "\r\nContent-Length: "), head.length_bytes)]]
  [[append(append(to, "\r\nContent-Length: 0"), head.length_bytes)]])
mutant(all-html "calls everything HTML" common/http/reply.cpp
  [[append(append(to, "\r\nContent-Type: "), head.type)]]
  [[append(append(to, "\r\nContent-Type: "), "text/html")]])
mutant(one-field-more "sends a field that nobody expects" common/http/reply.cpp
  [[to = append(append(to, "\r\nDate: "), head.date);]]
  [[to = append(append(append(to, "\r\nServer: broken\r\nDate: "), head.date), "");]])
mutant(undated-errors "leaves the date out of an error" common/http/reply.cpp
  [[to = append(append(to, "\r\nDate: "), head.date);]]
  [[if (head.status < 300) to = append(append(to, "\r\nDate: "), head.date);]])
mutant(field-behind-close "sends a field behind Connection: close" common/http/reply.cpp
  [["Connection: close\r\n"]]
  [["Connection: close\r\nServer: broken\r\n"]])
mutant(closes-in-silence "does not say that it will close" common/http/reply.cpp
  [["Connection: close\r\n"]]
  [[""]])
mutant(keeps-in-silence "does not say that it keeps an HTTP/1.0 connection" common/http/reply.cpp
  [["Connection: keep-alive\r\n"]]
  [[""]])
mutant(always-1.1 "answers HTTP/1.0 with HTTP/1.1" common/http/reply.cpp
  [[head.version == Version::http_1_1 ? "HTTP/1.1 " : "HTTP/1.0 "]]
  [["HTTP/1.1 "]])
mutant(allows-nothing "leaves out what is allowed" common/http/reply.cpp
  [[to = append_field(to, "Allow: ", head.allow);]]
  [[to = append(to, "");]])
mutant(other-hello "answers with other words" common/server/site.cpp
  [[return request.path == "/" ? with_text(hello) : plain(404);]]
  [[return request.path == "/" ? with_text("Hello, wurld!") : plain(404);]])
mutant(moody "answers every second client with other words" common/server/site.cpp
  [[return request.path == "/" ? with_text(hello) : plain(404);]]
  [[static bool second = false;
    second = !second;
    return request.path != "/" ? plain(404) : with_text(second ? hello : "Hello, World!");]])
mutant(head-is-html "announces another type to HEAD than to GET" common/server/site.cpp
  [[return request.path == "/" ? with_text(hello) : plain(404);]]
  [[http::Answer answer = request.path == "/" ? with_text(hello) : plain(404);
    if (request.method == "HEAD") answer.type = "text/html";
    return answer;]])
mutant(date-with-dots "writes dates in a form of its own" common/server/site.cpp
  [["%a, %d %b %Y %H:%M:%S GMT"]]
  [["%a, %d %b %Y %H.%M.%S GMT"]])
mutant(an-hour-late "has a clock that is an hour late" common/server/site.cpp
  [[::gmtime_r(&seconds, &utc);]]
  [[const std::time_t late = seconds - 3600;
    ::gmtime_r(&late, &utc);]])
mutant(stopped-clock "looks at the clock once" common/server/site.cpp
  [[if (unix_s == dated_s_) return;]]
  [[if (dated_s_ > 0) return;]])
mutant(one-byte-too-many "sends a line end behind a body" common/http/conversation.cpp
  [[if (!request.is_head_request() && has_content(answer.status)) put_content(answer);]]
  [[if (!request.is_head_request() && has_content(answer.status)) put_content(answer);
    if (stays) put_text("\n");]])
mutant(head-with-body "answers HEAD with a body" common/http/conversation.cpp
  [[if (!request.is_head_request() && has_content(answer.status)) put_content(answer);]]
  [[if (has_content(answer.status)) put_content(answer);]])
mutant(head-of-nothing "announces a length of zero to HEAD" common/http/conversation.cpp
  [[answer.body ? answer.length_bytes : answer.text.size()]]
  [[request.is_head_request() ? 0 : answer.body ? answer.length_bytes : answer.text.size()]])
mutant(no-words-for-errors "says Error whatever it is" common/http/conversation.cpp
  [[status_text(status)]]
  [[std::string_view{"Error"}]])

# Whether a connection is kept.

mutant(never-keeps "closes after every answer" common/http/request_head.cpp
  [[return version == Version::http_1_1 || says_keep_alive_;]]
  [[return false;]])
mutant(keeps-1.0 "keeps HTTP/1.0 connections unasked" common/http/request_head.cpp
  [[return version == Version::http_1_1 || says_keep_alive_;]]
  [[return true;]])
set(options [[while (!value.empty()) {
        const std::string_view option = cut_element(value);
        if (same_ignoring_case(option, "close")) says_close_ = true;
        if (same_ignoring_case(option, "keep-alive")) says_keep_alive_ = true;
    }]])
mutant(one-option "takes Connection for one option, not a list" common/http/request_head.cpp
  "${options}"
  [[says_close_ = says_close_ || same_ignoring_case(value, "close");
    says_keep_alive_ = says_keep_alive_ || same_ignoring_case(value, "keep-alive");]])
mutant(exact-options "knows connection options in small letters only" common/http/request_head.cpp
  "${options}"
  [[while (!value.empty()) {
        const std::string_view option = cut_element(value);
        if (option == "close") says_close_ = true;
        if (option == "keep-alive") says_keep_alive_ = true;
    }]])
mutant(options-by-part "finds close in closed" common/http/request_head.cpp
  "${options}"
  [[says_close_ = says_close_ || value.find("close") != value.npos;
    says_keep_alive_ = says_keep_alive_ || value.find("keep-alive") != value.npos;]])
mutant(early-options "reads no Connection field behind the third field" common/http/request_head.cpp
  "${options}"
  [[says_close_ = fields_ <= 3 && same_ignoring_case(value, "close");]])
mutant(close-anywhere "finds close in any field" common/http/request_head.cpp
  [[if (size == 0) return Refusal::bad_request;]]
  [[if (size == 0) return Refusal::bad_request;
    if (line.find("onnection: close") != line.npos) says_close_ = true;]])
mutant(reads-on "answers what stands behind the last request" common/http/conversation.cpp
  [[if (!stays) ending_ = more_input ? Ending::linger : Ending::close;]]
  [[if (!stays && !more_input) ending_ = Ending::close;]])
set(goodbye [[ending_ = Ending::linger;
    put_reply(incoming.head(), answer, false);]])
mutant(no-last-word "goes on after an error" common/http/conversation.cpp
  "${goodbye}"
  [[put_reply(incoming.head(), answer, false);]])
mutant(hasty "closes at once after an error" common/http/conversation.cpp
  "${goodbye}"
  [[ending_ = Ending::close;
    put_reply(incoming.head(), answer, false);]])
mutant(overtakes "answers the next request in the midst of a long answer"
  common/http/conversation.cpp
  [[if (record_ && !record_->outgoing.is_done()) fill();]]
  [[if (record_ && !record_->outgoing.is_done() && record_->waiting_input().empty()) fill();]])
mutant(no-way "does not look who waits" servers/blocking.cpp
  [[service.ask_before_keeping([&] { return nobody_waits(model); });]]
  [[static_cast<void>(nobody_waits);]])
mutant(one-record "has one place for what all clients have sent in part"
  common/http/conversation.cpp
  [[record().is_needed()]]
  [[false]])

# The request line.

mutant(any-major "takes every major version for 1" common/http/request_head.cpp
  [[if (text[5] != '1') return Refusal::version_not_supported;]]
  [[;]])
mutant(any-version "looks at no version" common/http/request_head.cpp
  [[if (!well_formed) return Refusal::bad_request;]]
  [[if (!well_formed) return Refusal::none;]])
mutant(minor-means-1.0 "takes every minor version but 1 for 0" common/http/request_head.cpp
  [[if (text[7] == '0') version = Version::http_1_0;]]
  [[version = Version::http_1_0;]])
mutant(simple-requests "takes a request line of one or two words" common/http/request_head.cpp
  [[if (first == std::string_view::npos || first == last) return Refusal::bad_request;]]
  [[if (first == std::string_view::npos || first == last) {
        method = "GET";
        known_method_ = true;
        target = path = root_path;
        return Refusal::none;
    }]])
mutant(blanks-in-target "trims the target and takes spaces in it" common/http/request_head.cpp
  [[if (text.empty() || std::ranges::any_of(text, is_blank)) return false;]]
  [[text = trimmed(text);
    if (text.empty()) return false;]])
mutant(tabs-for-spaces "takes a tab for a space" common/http/request_head.cpp
  [[line.find(' ')]]
  [[line.find_first_of(" \t")]])
mutant(space-first "ignores spaces before the method" common/http/request_head.cpp
  [[if (!take_method(line.substr(0, first))) return Refusal::bad_request;]]
  [[if (first == 0) return take_request_line(line.substr(1));
    if (!take_method(line.substr(0, first))) return Refusal::bad_request;]])
mutant(any-byte "takes every byte up to the line end" common/http/lines.cpp
  [[find_control(input)]]
  [[std::min({input.find("\r\n"), input.find('\n'), input.size()})]])
mutant(any-target "takes any word for a target" common/http/request_head.cpp
  [[return take_absolute_form(text);]]
  [[path = text;
    return true;]])
mutant(no-absolute-form "knows no absolute form" common/http/request_head.cpp
  [[return take_absolute_form(text);]]
  [[return false;]])
mutant(asterisk-for-all "takes the asterisk with every method" common/http/request_head.cpp
  [[return method == "OPTIONS";]]
  [[return true;]])
mutant(no-asterisk "does not know the asterisk" common/http/request_head.cpp
  [[return method == "OPTIONS";]]
  [[return false;]])
mutant(exact-scheme "knows a scheme in small letters only" common/http/request_head.cpp
  [[if (!same_ignoring_case(text.substr(0, scheme.size()), scheme)) return {};]]
  [[if (text.substr(0, scheme.size()) != scheme) return {};]])
mutant(no-path-no-root "leaves the path of an absolute form empty" common/http/request_head.cpp
  [[if (path.empty()) path = root_path;]]
  [[;]])
mutant(query-in-path "takes the query for a part of the path" common/http/request_head.cpp
  [[path = path_and_query.substr(0, mark);]]
  [[path = path_and_query;]])
mutant(any-method-name "takes any word for a method" common/http/request_head.cpp
  [[return known_method_ || is_token(text);]]
  [[return true;]])
mutant(knows-all-methods "takes an unknown method for one that is not allowed"
  common/http/conversation.cpp
  [[head.has_known_method()]]
  [[true]])
mutant(no-404 "answers every path with the same" common/server/site.cpp
  [[return request.path == "/" ? with_text(hello) : plain(404);]]
  [[return with_text(hello);]])
mutant(any-method "answers every method as GET" common/server/site.cpp
  [[if (!reads(request)) return not_allowed(read_methods);
    if (files_) return files_.answer(request);]]
  [[if (files_) return files_.answer(request);]])
mutant(no-empty-lines "takes an empty line for a request" common/http/conversation.cpp
  [[if (c == '\n' && ++empty_lines_ > max_empty_lines) break;]]
  [[if (c == '\n' && (empty_lines_ = 100) > max_empty_lines) break;]])
mutant(seven-empty-lines "ignores seven empty lines, not eight" common/http/conversation.cpp
  [[if (c == '\n' && ++empty_lines_ > max_empty_lines) break;]]
  [[if (c == '\n' && ++empty_lines_ > 7 && (empty_lines_ = 100) > 99) break;]])
mutant(all-empty-lines "ignores any number of empty lines" common/http/conversation.cpp
  [[if (c == '\n' && ++empty_lines_ > max_empty_lines) break;]]
  [[;]])
mutant(crlf-only "takes CR LF alone for a line end" common/http/incoming.cpp
  [[lines_.cut(input, line_limit(), LineEnd::crlf_or_lf)]]
  [[lines_.cut(input, line_limit(), LineEnd::crlf)]])

# Fields.

mutant(ignores-odd-fields "passes over lines that are no fields" common/http/request_head.cpp
  [[if (size == 0) return Refusal::bad_request;]]
  [[if (size == 0) return Refusal::none;]])
mutant(no-host "asks for no Host" common/http/request_head.cpp
  [[if (is_1_1 && !has_host_) return Refusal::bad_request;]]
  [[;]])
mutant(host-for-1.0 "asks HTTP/1.0 for a Host, too" common/http/request_head.cpp
  [[if (is_1_1 && !has_host_) return Refusal::bad_request;]]
  [[if (!has_host_) return Refusal::bad_request;]])
mutant(any-host "takes anything for a Host" common/http/request_head.cpp
  [[if (has_host_ || !is_host(value)) return Refusal::bad_request;]]
  [[if (has_host_) return Refusal::bad_request;]])
mutant(many-hosts "takes several Hosts" common/http/request_head.cpp
  [[if (has_host_ || !is_host(value)) return Refusal::bad_request;]]
  [[if (!is_host(value)) return Refusal::bad_request;]])
mutant(short-hosts "takes neither port nor brackets in Host" common/http/request_head.cpp
  [[if (has_host_ || !is_host(value)) return Refusal::bad_request;]]
  [[if (value.find(':') != value.npos) return Refusal::bad_request;]])
mutant(exact-names "knows the names of fields in one case only" common/http/request_head.cpp
  [[if (same_ignoring_case(name, "host")) return take_host(value);]]
  [[if (name == "Host") return take_host(value);]])
also(exact-names common/http/request_head.cpp
  [[if (same_ignoring_case(name, "content-length")) return take_content_length(value);]]
  [[if (name == "Content-Length") return take_content_length(value);]])
mutant(wants-a-space "takes no value without a space before it" common/http/request_head.cpp
  [[if (size == 0) return Refusal::bad_request;]]
  [[if (size == 0 || line.substr(size, 2) != ": ") return Refusal::bad_request;]])
mutant(untrimmed "takes one space for what stands around a value" common/http/request_head.cpp
  [[trimmed(line.substr(size + 1))]]
  [[line.substr(std::min(size + 2, line.size()))]])

# Bodies.

set(length_check [[if (has_content_length_ || !length) return Refusal::bad_request;]])
mutant(lengths-as-c-does "reads lengths as strtoull(3) does" common/http/request_head.cpp
  [[parse_decimal(value)]]
  [[std::optional<std::uint64_t>{std::strtoull(std::string{value}.c_str(), nullptr, 0)}]])
mutant(no-padded-lengths "refuses a length that begins with 0" common/http/request_head.cpp
  "${length_check}"
  [[if (has_content_length_ || !length || value[0] == '0') return Refusal::bad_request;]])
mutant(many-lengths "takes the last of several lengths" common/http/request_head.cpp
  "${length_check}"
  [[if (!length) return Refusal::bad_request;]])
mutant(length-and-coding "takes a length beside a coding, and codings in HTTP/1.0"
  common/http/request_head.cpp
  [[if (has_transfer_encoding_ && (has_content_length_ || !is_1_1)) return Refusal::bad_request;]]
  [[;]])
mutant(any-coding "ignores codings that it does not know" common/http/request_head.cpp
  [[if (unknown_coding_) return Refusal::not_implemented;]]
  [[;]])
mutant(chunked-anywhere "takes chunked anywhere in the list of codings" common/http/request_head.cpp
  [[chunked_ || !is_token(name)]]
  [[!is_token(name)]])
mutant(coding-is-no-token "takes anything for the name of a coding" common/http/request_head.cpp
  [[chunked_ || !is_token(name)]]
  [[chunked_]])
mutant(exact-chunked "knows chunked in small letters only" common/http/request_head.cpp
  [[!same_ignoring_case(name, "chunked")]]
  [[name != "chunked"]])
mutant(chunked-with-more "takes chunked with a parameter" common/http/request_head.cpp
  [[name.size() < coding.size()]]
  [[false]])
mutant(unread-bodies "takes a body for the next request" common/http/incoming.cpp
  [[if (!head_.is_chunked() && head_.content_length == 0) return Reading::whole;]]
  [[return Reading::whole;]])
mutant(impatient-with-bodies "does not wait for the rest of a body" common/http/incoming.cpp
  [[body_left_bytes_ == 0 ? Reading::whole : Reading::more]]
  [[Reading::whole]])
mutant(bodies-of-any-size "takes a body of any length" common/http/incoming.cpp
  [[if (head_.content_length > limit) return refuse(Refusal::content_too_large);]]
  [[;]])
mutant(less-than-1-MiB "refuses a body of 1 MiB" common/http/incoming.cpp
  [[if (head_.content_length > limit) return refuse(Refusal::content_too_large);]]
  [[if (head_.content_length >= limit) return refuse(Refusal::content_too_large);]])
mutant(never-continues "lets who expects 100 Continue wait" common/http/incoming.cpp
  [[head_.expects_continue() && input.empty()]]
  [[false]])

mutant(sizes-as-c-does "reads sizes as strtoull(3) does" common/http/chunked.cpp
  [[take_size_line(line.text)]]
  [[(chunk_bytes_ = std::strtoull(std::string{line.text}.c_str(), nullptr, 16), Refusal::none)]])
mutant(short-sizes "takes eight digits of a size" common/http/chunked.cpp
  [[if (digits == max_chunk_digits) return Refusal::bad_request;]]
  [[if (digits == 8) return Refusal::bad_request;]])
mutant(small-sizes "knows hexadecimal digits in small letters only" common/http/grammar.cpp
  [[lower(character)]]
  [[character]])
mutant(one-chunk "takes one chunk for the body" common/http/chunked.cpp
  [[expect('\n', Stage::size_line, input)]]
  [[expect('\n', Stage::trailers, input)]])
mutant(no-extensions "refuses extensions" common/http/chunked.cpp
  [[if (!extension.empty() && !trimmed(extension).starts_with(';')) return Refusal::bad_request;]]
  [[if (!extension.empty()) return Refusal::bad_request;]])
mutant(endless-extensions "reads extensions of any length" common/http/chunked.cpp
  [[lines.cut(input, max_chunk_digits + extension_room_bytes_, LineEnd::crlf)]]
  [[lines.cut(input, std::size_t{1} << 20, LineEnd::crlf)]])
also(endless-extensions common/http/chunked.cpp
  [[if (extension.size() > extension_room_bytes_) return Refusal::bad_request;]]
  [[;]])
mutant(lf-behind-size "takes a bare LF behind a size" common/http/chunked.cpp
  [[lines.cut(input, max_chunk_digits + extension_room_bytes_, LineEnd::crlf)]]
  [[lines.cut(input, max_chunk_digits + extension_room_bytes_, LineEnd::crlf_or_lf)]])
mutant(anything-behind-size "ignores what stands behind a size" common/http/chunked.cpp
  [[if (!extension.empty() && !trimmed(extension).starts_with(';')) return Refusal::bad_request;]]
  [[;]])
set(behind_data [[expect('\r', Stage::data_lf, input)]])
mutant(lf-behind-data "takes a bare LF behind the data of a chunk" common/http/chunked.cpp
  "${behind_data}"
  [[input.starts_with('\n') ? expect('\n', Stage::size_line, input)
                                   : expect('\r', Stage::data_lf, input)]])
mutant(nothing-behind-data "asks for no line end behind the data of a chunk"
  common/http/chunked.cpp
  "${behind_data}"
  [[!input.empty() && !input.starts_with('\r') ? (stage_ = Stage::size_line, Piece{})
                                                      : expect('\r', Stage::data_lf, input)]])
mutant(more-behind-data "drops what stands between data and its line end" common/http/chunked.cpp
  "${behind_data}"
  [[(input.remove_prefix(std::min(input.find('\r'), input.size())),
            expect('\r', Stage::data_lf, input))]])
mutant(lf-behind-trailers "takes a bare LF at the end of trailers" common/http/chunked.cpp
  [[lines.cut(input, trailer_room_bytes_, LineEnd::crlf)]]
  [[lines.cut(input, trailer_room_bytes_, LineEnd::crlf_or_lf)]])
mutant(no-trailers "knows no trailers" common/http/chunked.cpp
  [[if (line.text.empty()) return {.outcome = Outcome::end};]]
  [[return {.outcome = Outcome::end};]])
mutant(any-trailer "takes any line for a trailer" common/http/chunked.cpp
  [[if (!is_field(line.text)) return refused(Refusal::bad_request);]]
  [[;]])
mutant(endless-trailers "reads trailers of any length" common/http/chunked.cpp
  [[trailer_room_bytes_ -= line.size_bytes;]]
  [[;]])
mutant(chunks-of-any-size "reads chunks of any length" common/http/chunked.cpp
  [[if (chunk_bytes_ > room_bytes_) return Refusal::content_too_large;]]
  [[;]])

# Limits.

mutant(another-word-for-414 "answers 400 to a request line that is too long"
  common/http/incoming.cpp
  [[Refusal::uri_too_long]]
  [[Refusal::bad_request]])
mutant(short-lines "takes request lines of 4 KB" common/http/incoming.cpp
  [[stage_ == Stage::request_line ? max_request_line_bytes : max_head_bytes - head_bytes_]]
  [[stage_ == Stage::request_line ? 4000 : max_head_bytes - head_bytes_]])
mutant(short-heads "takes heads of 16 KiB" common/http/incoming.cpp
  [[if (head_bytes_ > max_head_bytes) return refuse(Refusal::fields_too_large);]]
  [[if (head_bytes_ > max_head_bytes / 2) return refuse(Refusal::fields_too_large);]])
mutant(endless-heads "reads heads of any length" common/http/incoming.cpp
  [[if (head_bytes_ > max_head_bytes) return refuse(Refusal::fields_too_large);]]
  [[;]])
also(endless-heads common/http/incoming.cpp
  [[stage_ == Stage::request_line ? max_request_line_bytes : max_head_bytes - head_bytes_]]
  [[std::size_t{1} << 30]])
mutant(fifty-fields "takes fifty fields" common/http/request_head.cpp
  [[if (++fields_ > max_fields) return Refusal::fields_too_large;]]
  [[if (++fields_ > max_fields / 2) return Refusal::fields_too_large;]])
mutant(any-number-of-fields "takes any number of fields" common/http/request_head.cpp
  [[if (++fields_ > max_fields) return Refusal::fields_too_large;]]
  [[++fields_;]])

# The paths of the laboratory.

mutant(always-a-lab "has the paths of the laboratory without --lab" common/server/site.cpp
  [[lab_ && request.path != "/"]]
  [[request.path != "/"]])
mutant(generous "answers /bytes/N with a byte more" common/server/site.cpp
  [[answer.body = http::Body{Alphabet{*size_bytes}};]]
  [[answer.body = http::Body{Alphabet{++answer.length_bytes}};]])
mutant(alphabet-anew "begins the alphabet anew with every block" common/server/site.cpp
  [[left_ -= count;]]
  [[left_ -= count, letter_ = 0;]])
mutant(any-number "takes what is no number for 0" common/server/site.cpp
  [[if (error != std::errc{} || end != path.data() + path.size()) return std::nullopt;]]
  [[;]])
mutant(holds-answers "holds a long answer in memory" common/server/site.cpp
  [[answer.body = http::Body{Alphabet{*size_bytes}};]]
  [[static std::string held;
    held.append(std::min<std::uint64_t>(*size_bytes, 32'000'000), 'x');
    answer.body = http::Body{Alphabet{*size_bytes}};]])
mutant(spins-not "does nothing for /spin/US" common/server/site.cpp
  [[used_ns < end_ns && sys::stop_signals() == 0]]
  [[false]])
mutant(spins-for-sleep "burns CPU for /sleep/MS" common/server/site.cpp
  [[if (sleep_ms) sleep(std::min(*sleep_ms, longest_sleep_ms));]]
  [[if (sleep_ms) spin(*sleep_ms * 4000);]])
set(echoes
  [[echoed_.assign(reinterpret_cast<const char*>(request.body.data()), request.body.size());]])
mutant(echoes-less "echoes a body without its last byte" common/server/site.cpp
  "${echoes}"
  [[echoed_.assign(reinterpret_cast<const char*>(request.body.data()), request.body.size() - 1);]])
mutant(echoes-to-the-nul "echoes a body up to a NUL" common/server/site.cpp
  "${echoes}"
  [[echoed_ = std::string{reinterpret_cast<const char*>(request.body.data()),
                          request.body.size()}.c_str();]])
mutant(last-chunk "keeps the last chunk of a body" common/http/incoming.cpp
  [[if (keeps_body_) body_.append(piece.data);]]
  [[if (keeps_body_) body_ = piece.data;]])
mutant(last-piece "keeps the last piece of a body" common/http/incoming.cpp
  [[if (keeps_body_) body_.append(input.substr(0, size));]]
  [[if (keeps_body_) body_ = input.substr(0, size);]])
mutant(echoes-all "echoes bodies of any length" common/server/site.cpp
  [[lab_ && is_echo(request) ? echo_bytes : 0]]
  [[lab_ && is_echo(request) ? 100 * echo_bytes : 0]])
mutant(echo-allows-get "says that /echo may be read" common/server/site.cpp
  [[not_allowed(echo_methods)]]
  [[not_allowed(read_methods)]])
mutant(split-loses-body "sends of a split reply the head alone" common/http/conversation.cpp
  [[if (has_output()) return;]]
  [[if (has_output() && (split_ == 0 || ending_ != Ending::none)) return;]])
mutant(split-forgets "forgets what waits behind a split reply" common/http/conversation.cpp
  [[if (ending_ == Ending::none && !rest.empty()) record().wait(rest);]]
  [[if (ending_ == Ending::none && !rest.empty() && !context_->split_reply_) record().wait(rest);]])
mutant(cork-stays "leaves the cork in" common/server/service.cpp
  [[flush(client.fd.get())]]
  [[static_cast<void>(0)]])
mutant(cork-cuts "ends a corked connection after its first answer" common/server/service.cpp
  [[flush(client.fd.get())]]
  [[static_cast<void>(sys::shutdown(client.fd.get(), SHUT_WR))]])
mutant(delay-cuts "ends a connection with Nagle's delay after its first answer"
  common/server/service.cpp
  [[client.requests_ = conversation.requests();]]
  [[client.requests_ = conversation.requests();
    if (!house_.options.listen.no_delay && client.requests_ == 1)
        sys::shutdown(client.fd.get(), SHUT_WR);]])

# Files.

mutant(spoils-files "changes the first byte of every block of a file" common/server/files.cpp
  [[offset_ += count;]]
  [[offset_ += count;
        room[0] = std::byte{'#'};]])
mutant(files-wrap "begins a file anew after 1 MiB" common/server/files.cpp
  [[offset_ += count;]]
  [[offset_ = (offset_ + count) % (1 << 20);]])
mutant(one-index "serves index.html for the topmost directory alone" common/server/files.cpp
  [[if (as_directory) name += "index.html";]]
  [[if (name.empty()) name += "index.html";]])
mutant(no-redirect "sends nobody to the name with a slash" common/server/files.cpp
  [[S_ISDIR(status.st_mode) && !as_directory]]
  [[false]])
set(length_of_file [[answer.length_bytes = static_cast<std::uint64_t>(status.st_size);]])
mutant(empty-is-missing "answers 404 for an empty file" common/server/files.cpp
  "${length_of_file}"
  [[if (status.st_size == 0) return plain(404);
    answer.length_bytes = static_cast<std::uint64_t>(status.st_size);]])
mutant(counts-letters "counts the length of a file in letters" common/server/files.cpp
  "${length_of_file}"
  [[answer.length_bytes = static_cast<std::uint64_t>(status.st_size);
    std::array<std::byte, 64> start{};
    static_cast<void>(sys::pread(fd.get(), start, 0));
    for (const std::byte byte : start)
        if ((byte & std::byte{0xc0}) == std::byte{0x80}) --answer.length_bytes;]])
mutant(no-types "knows no endings" common/server/files.cpp
  [[path.ends_with(named.ending)]]
  [[false]])
mutant(html-by-default "calls an unknown ending HTML" common/server/files.cpp
  [["application/octet-stream"]]
  [["text/html"]])
mutant(nothing-is-missing "answers 200 for what is not there" common/server/files.cpp
  [[return 404;]]
  [[return 200;]])
mutant(decodes-nothing "decodes no path" common/server/files.cpp
  [[path[i] != '%']]
  [[true]])
mutant(decodes-twice "decodes a path twice" common/server/files.cpp
  [[decoded(request.path)]]
  [[decoded(decoded(request.path).value_or(""))]])
mutant(drops-escapes "drops an escape that is none" common/server/files.cpp
  [[if (high < 0 || low < 0 || high + low == 0) return std::nullopt;]]
  [[if (high < 0 || low < 0) {
            i += 2;
            continue;
        }]])
mutant(drops-cut-escapes "drops an escape that is cut off" common/server/files.cpp
  [[if (i + 2 >= path.size()) return std::nullopt;]]
  [[if (i + 2 >= path.size()) break;]])
mutant(backslash-is-slash "takes a backslash for a slash" common/server/files.cpp
  [[out += path[i];]]
  [[out += path[i] == '\\' ? '/' : path[i];]])
mutant(overlong-dots "takes overlong UTF-8 for what it spells" common/server/files.cpp
  [[out += static_cast<char>(high * 16 + low);]]
  [[out += static_cast<char>(high * 16 + low);
        if (out.ends_with("\xc0\xae")) out.replace(out.size() - 2, 2, ".");]])
mutant(one-slash "takes one slash off the front of a path" common/server/files.cpp
  [[plain_path->substr(std::min(plain_path->find_first_not_of('/'), plain_path->size()))]]
  [[plain_path->substr(1)]])
mutant(no-walls "follows a path wherever it leads" common/sys/calls.cpp
  [[RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS]]
  [[0]])
mutant(no-links "follows no symbolic link" common/sys/calls.cpp
  [[RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS]]
  [[RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS]])
mutant(waits-for-fifos "waits until somebody writes into a FIFO" common/server/files.cpp
  [[O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC]]
  [[O_RDONLY | O_NOCTTY | O_CLOEXEC]])
mutant(holds-files "closes no file" common/server/files.cpp
  [[answer.body = http::Body{FileBody{std::move(fd)}};]]
  [[answer.body = http::Body{FileBody{std::move(fd)}};
    static_cast<void>(::open("/dev/null", O_RDONLY | O_CLOEXEC));]])

# Time.

mutant(no-deadlines "has patience for ever" common/server/service.cpp
  [[list.first >= 0 && clients_[list.first].due_ms_ <= now_ms]]
  [[false]])
mutant(another-word-for-408 "answers 400 to who is too late" common/http/conversation.cpp
  [[Refusal::request_timeout]]
  [[Refusal::bad_request]])
mutant(talks-to-the-silent "answers 408 to a client that has said nothing"
  common/http/conversation.cpp
  [[if (!record_) return cut();]]
  [[;]])
mutant(talks-to-the-idle "answers 503 to a client that asks nothing more"
  common/server/service.cpp
  [[client.conversation.time_up();]]
  [[if (client.conversation.phase() == http::Phase::idle) {
        client.conversation.refuse();
    } else {
        client.conversation.time_up();
    }]])
set(bounded [[phase == http::Phase::head || phase == http::Phase::linger]])
mutant(more-time-for-drips "gives a head more time with every byte" common/server/service.cpp
  "${bounded}"
  [[phase == http::Phase::linger]])
mutant(less-time-for-drips "gives a body no more time with every byte" common/server/service.cpp
  "${bounded}"
  [[phase != http::Phase::idle && phase != http::Phase::reply]])
mutant(less-time-for-readers "gives a reply no more time for what is read" common/server/service.cpp
  "${bounded}"
  [[phase != http::Phase::idle && phase != http::Phase::body]])
mutant(idle-once "counts idle time from the first answer" common/server/service.cpp
  "${bounded}"
  [[phase != http::Phase::body && phase != http::Phase::reply]])
also(idle-once common/server/service.cpp
  [[client.requests_ == conversation.requests()]]
  [[true]])
mutant(spins-with-deadlines "does not sleep while somebody has a deadline" common/server/service.cpp
  [[wake_ms > now_ms_ ? wake_ms - now_ms_ + coarse_step_ms : 0]]
  [[0]])
mutant(never-sleeps "does not sleep while nobody has a deadline" common/server/service.cpp
  [[if (wake_ms == never) return -1;]]
  [[if (wake_ms == never) return 0;]])
mutant(ticks "wakes twenty times a second" common/server/service.cpp
  [[std::min(left_ms, longest_wait_ms)]]
  [[std::min(left_ms, std::uint64_t{50})]])
mutant(counts-no-late "counts nobody who ran out of time" common/server/service.cpp
  [[sys::add(sys::counters().timed_out);]]
  [[;]])

# Who comes in.

set(full_house [[limit != 0 && inside >= limit]])
mutant(ten-places "has ten places" common/server/service.cpp
  "${full_house}"
  [[inside >= 10]])
mutant(counts-no-refused "counts nobody whom it refuses" common/server/service.cpp
  [[sys::add(sys::counters().refused);
        client.conversation.refuse();]]
  [[client.conversation.refuse();]])
mutant(slams-the-door "closes in a full house without a word" common/server/service.cpp
  [[client.conversation.refuse();]]
  [[sys::shutdown(client.fd.get(), SHUT_RDWR);]])
mutant(throws-all-out "ends all connections when the house is full" common/server/service.cpp
  [[client.conversation.refuse();]]
  [[client.conversation.refuse();
        for (int one = listener() + 1; one < client.fd.get(); ++one)
            sys::shutdown(one, SHUT_RDWR);]])
mutant(keeps-places "keeps the place of who leaves a full house" common/server/service.cpp
  [[--open_;
    house_.shared.open.fetch_sub(1);]]
  [[--open_;
    if (house_.shared.open != 4) house_.shared.open.fetch_sub(1);]])
set(pause [[resume_ms_ = now_ms_ + accept_pause_ms;]])
mutant(dies-of-scarcity "ends when it is out of descriptors" common/server/service.cpp
  "${pause}"
  [[fatal("accept4");]])
mutant(never-pauses "goes on accepting when it is out of descriptors" common/server/service.cpp
  "${pause}"
  [[;]])
mutant(pauses-for-ever "accepts nobody any more once it was out of descriptors"
  common/server/service.cpp
  "${pause}"
  [[resume_ms_ = never;]])
mutant(soft-limit "is content with the soft limit of open files" common/sys/calls.cpp
  [[limit.rlim_cur < limit.rlim_max]]
  [[false]])
mutant(dies-at-the-wall "ends when a descriptor is too large for it" servers/select.cpp
  [[fd.get() >= FD_SETSIZE]]
  [[fd.get() >= FD_SETSIZE && (server::fatal("select"), true)]])
mutant(counts-no-wall "counts nobody beyond its wall" common/server/service.cpp
  [[moved_ = true;
    sys::add(sys::counters().refused);]]
  [[moved_ = true;]])
mutant(counts-nobody "counts neither who comes nor who goes" common/server/service.cpp
  [[sys::add(sys::counters().accepted);]]
  [[;]])
also(counts-nobody common/server/service.cpp
  [[log_.departure(client.fd.get());
    sys::add(sys::counters().closed);]]
  [[log_.departure(client.fd.get());]])
mutant(counts-twice "counts every request twice" common/server/site.cpp
  [[sys::add(counters.requests);]]
  [[sys::add(counters.requests, 2);]])

# The model.

set(accepts [[sys::accept4(model.service.listener(), flags)]])
mutant(hands-on "leaves descriptors open across exec" servers/poll.cpp
  "${accepts}"
  [[sys::accept4(model.service.listener(), SOCK_NONBLOCK)]])
mutant(looks-up-peers "asks for the address of every client" servers/poll.cpp
  [[if (client != nullptr) watch(model, *client);]]
  [[sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    if (client != nullptr) {
        auto* const address = reinterpret_cast<sockaddr*>(&peer);
        static_cast<void>(sys::getpeername(client->fd.get(), address, &size));
        watch(model, *client);
    }]])
mutant(one-a-wake-up "serves one client a wake-up" servers/poll.cpp
  [[model.ready.push_back(slot.fd);]]
  [[if (model.ready.size() == 0) model.ready.push_back(slot.fd);]])
mutant(peeks "looks for more input after every receive" servers/poll.cpp
  [[client.conversation.received(count);]]
  [[client.conversation.received(count);
    std::byte more{};
    static_cast<void>(sys::recv(client.fd.get(), {&more, 1}, MSG_PEEK | MSG_DONTWAIT));]])
mutant(one-to-the-end "sends to one client until it has all" servers/poll.cpp
  [[if (count > 0) client.conversation.sent(count);]]
  [[for (ssize_t taken = count; !client.conversation.output().empty();) {
            if (taken > 0) client.conversation.sent(taken);
            taken = sys::send(fd, client.conversation.output(), MSG_NOSIGNAL);
            if (taken < 0 && errno != EAGAIN) break;
        }]])
mutant(half-closed-is-gone "lets a client go that has half-closed" servers/poll.cpp
  [[if (count > 0) client.conversation.sent(count);]]
  [[if (count > 0) client.conversation.sent(count);
        std::byte more{};
        if (sys::recv(fd, {&more, 1}, MSG_PEEK | MSG_DONTWAIT) == 0)
            return forget(model, client);]])
mutant(dies-of-send "ends when it cannot send" servers/poll.cpp
  [[if (count < 0 && !server::would_block("send")) {
            return forget(model, client);
        }]]
  [[if (count < 0 && !server::would_block("send")) server::fatal("send");]])
mutant(cuts-when-stopping "cuts answers once it is told to stop" servers/poll.cpp
  [[sys::send(fd, output, MSG_NOSIGNAL)]]
  [[sys::stop_signals() == 0
                ? sys::send(fd, output, MSG_NOSIGNAL)
                : (static_cast<void>(sys::send(fd, output.first(output.size() / 2), MSG_NOSIGNAL)),
                   errno = ECONNRESET, ssize_t{-1})]])

# Starting.

mutant(talks-in-ready-line "says more than where it listens" common/server/main.cpp
  [[fmt::format("listening on {}\n", url)]]
  [[fmt::format("listening on {}?ready/\n", url)]])
mutant(ready-too-early "says that it is ready before it heeds signals" common/server/main.cpp
  [[sys::stop_on_signals(service.listener());
    print_ready(url);]]
  [[print_ready(url);
    sys::nanosleep_ms(100);
    sys::stop_on_signals(service.listener());]])
set(listens [[if (sys::listen(fd.get(), options.backlog) != 0) fail("listen");]])
mutant(listens-late "says that it is ready before it listens" common/net/listener.cpp
  "${listens}"
  [[;]])
also(listens-late common/server/main.cpp
  [[sys::start_counting();]]
  [[sys::nanosleep_ms(100);
    static_cast<void>(sys::listen(service.listener(), options.listen.backlog));
    sys::start_counting();]])
mutant(backlog-of-its-own "has a backlog of 128, whatever it is told" common/net/listener.cpp
  "${listens}"
  [[if (sys::listen(fd.get(), 128) != 0) fail("listen");]])
mutant(chatty "says that all is well" common/server/main.cpp
  [[run(service);]]
  [[say_three_lines("all is well", "no cause", "nothing");
    run(service);]])
mutant(leaves-a-child "starts a child that nothing ends" common/server/main.cpp
  [[run(service);]]
  [[while (::fork() == 0)
        for (;;) ::pause();
    run(service);]])
mutant(port-of-its-own "listens at any port, whatever it is told" common/net/listener.cpp
  [[options.port == 0]]
  [[true]])
mutant(kernel-picks-port "lets the kernel pick the port" common/net/listener.cpp
  [[options.port == 0]]
  [[false]])
mutant(everywhere "listens on every address" common/net/listener.cpp
  [[numeric(host, static_cast<std::uint16_t>(pick(random)))]]
  [[numeric("0.0.0.0", static_cast<std::uint16_t>(pick(random)))]])
also(everywhere common/net/listener.cpp
  [[fmt::format("http://{}/", host_and_port(own))]]
  [[fmt::format("http://127.0.0.1:{}/", port_of(own))]])
mutant(no-brackets "writes IPv6 addresses without brackets" common/net/listener.cpp
  [[fmt::format("[{}]:{}", text.data(), port_of(address))]]
  [[fmt::format("{}:{}", text.data(), port_of(address))]])
mutant(port-rests "leaves a port alone while connections of it rest" common/net/listener.cpp
  [[set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);]]
  [[;]])
mutant(one-line-errors "explains an error in one line" common/server/log.cpp
  [[fmt::format("{}\nlikely cause: {}\nwhat helps: {}\n", what, cause, help)]]
  [[fmt::format("{} ({}; {})\n", what, cause, help)]])
mutant(nameless-errors "does not say what an error is about" common/server/log.cpp
  [[fmt::format("{}\nlikely cause: {}\nwhat helps: {}\n", what, cause, help)]]
  [[fmt::format("something is wrong\nlikely cause: {}\nwhat helps: {}\n", "unknown", "nothing")]])
mutant(missing-for-failed "exits 3 when the set-up fails" common/server/main.cpp
  [[return explain(traits, line.options, error);]]
  [[explain(traits, line.options, error);
        return missing;]])
mutant(failed-for-usage "exits 1 at wrong usage" common/server/options.cpp
  [[return 2;]]
  [[return 1;]])
mutant(no-version "does not say which version it is" common/server/options.cpp
  [[fmt::format("{} {}", traits.model, IOLAB_VERSION)]]
  [[std::string{traits.model}]])
mutant(no-examples "helps without examples" common/server/options.cpp
  [[app.footer(examples(traits));]]
  [[;]])
mutant(hides-an-option "leaves an option out of its help" common/server/options.cpp
  [[app.add_flag("--traits", show_traits, "Print what this model is, as JSON");]]
  [[app.add_flag("--traits", show_traits, "Print what this model is, as JSON")->group("");]])
mutant(traits-in-lines "declares its traits in many lines" common/server/options.cpp
  [[json.dump()]]
  [[json.dump(2)]])
mutant(closed-standard "leaves 0, 1 and 2 closed" common/server/main.cpp
  [[sys::open_standard_descriptors();]]
  [[;]])
mutant(heeds-sigpipe "ends at SIGPIPE" common/sys/calls.cpp
  [[::signal(SIGPIPE, SIG_IGN);]]
  [[;]])
mutant(heeds-sigxfsz "ends at SIGXFSZ" common/sys/calls.cpp
  [[::signal(SIGXFSZ, SIG_IGN);]]
  [[;]])
mutant(waits-for-its-log "waits until its log is read" common/server/log.cpp
  [[O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC]]
  [[O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC]])
mutant(logs-no-request-line "logs heads without their first line" common/server/log.cpp
  [[heads_ += escaped(text, true);]]
  [[heads_ += escaped(text.substr(text.find('\n') + 1), true);]])
mutant(nameless-arrivals "logs arrivals without the address" common/server/log.cpp
  [[fmt::format("arrival {} as descriptor {}\n", peer, fd)]]
  [[fmt::format("arrival of somebody as descriptor {}\n", fd)]])
mutant(logs-raw "logs what clients send as it is" common/server/log.cpp
  [[static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f || byte == '\\']]
  [[false]])
mutant(logs-refused "logs what it refuses" common/http/incoming.cpp
  [[if (reading != Reading::whole) return reading;]]
  [[if (reading == Reading::refused && collects_head_) site.head(before);
    if (reading != Reading::whole) return reading;]])
mutant(records-some "leaves every fifth call out of its trace" common/sys/trace.cpp
  [[if (!claim(record, sequence)) return;]]
  [[if (sequence % 5 == 0 || !claim(record, sequence)) return;]])
mutant(tidies-up "takes its statistics page away at the end" common/server/main.cpp
  [[return service.exit_code();]]
  [[::unlink(options.stats.c_str());
    return service.exit_code();]])

# Stopping.

mutant(ignores-sigterm "ignores SIGTERM" common/sys/calls.cpp
  [[handle(SIGTERM, on_stop_signal);]]
  [[::signal(SIGTERM, SIG_IGN);]])
mutant(deaf-if-born-deaf "leaves signals blocked that it was started with" common/sys/calls.cpp
  [[::pthread_sigmask(SIG_UNBLOCK, &heard, nullptr);]]
  [[;]])
mutant(ignores-sigint "ignores SIGINT" common/sys/calls.cpp
  [[handle(SIGINT, on_stop_signal);]]
  [[::signal(SIGINT, SIG_IGN);]])
mutant(waits-for-readers "waits for who says nothing when it is told to stop"
  common/server/service.cpp
  [[deadlines_.hurry_readers(now_ms_, last_words_ms);]]
  [[;]])
mutant(lingers-for-ever "lingers as long as a client stays" common/server/service.cpp
  [[list_of(http::Phase::linger).term_ms = linger_ms;]]
  [[list_of(http::Phase::linger).term_ms = never / 2;]])
mutant(drains-for-ever "waits for answers to end, however long" common/server/service.cpp
  [[stop_by_ms_ = now_ms_ + in_ms(house_.options.drain_s);]]
  [[stop_by_ms_ = never;]])
mutant(drops-answers "finishes no answer when it is told to stop" common/server/service.cpp
  [[open_ == 0 || now_ms_ >= stop_by_ms_ || sys::stop_signals() > 1]]
  [[true]])
mutant(keeps-listening "listens on when it is told to stop" common/sys/calls.cpp
  [[listener_to_stop.exchange(-1)]]
  [[-1]])
mutant(always-0 "exits 0 although it has cut an answer" common/server/service.cpp
  [[hurried && cut ? cut_short : 0]]
  [[0]])
mutant(always-130 "exits 130 although it has cut nothing" common/server/service.cpp
  [[hurried && cut ? cut_short : 0]]
  [[hurried ? cut_short : 0]])
