# cmake -DSOURCE=DIR -DPATCH=FILE -DOUTPUT=DIR -P apply.cmake
#
# Writes OUTPUT/NAME.cpp: the sibling under the patch's name, with its bug, or as a variant. Where the
# bug is in common/, OUTPUT/NAME.common.cpp is that file with it. OUTPUT/NAME.unapplied tells why a
# patch does not apply, and is empty when it does. A hunk has to stand exactly once in the file, every
# byte of its context included; where it does not, the build goes on, with a program that says so.

get_filename_component(name ${PATCH} NAME_WLE)
file(READ ${PATCH} patch)
string(REGEX MATCH "Sibling: ([a-z_]+)\n" unused "${patch}")
set(sibling ${CMAKE_MATCH_1})
string(REGEX MATCH "(Bug|Variant): ([^\"\\\n]+)\n" unused "${patch}")
set(bug "${CMAKE_MATCH_2}")
string(REGEX MATCH "\n\\+\\+\\+ b/([^\n]+)\n" top "${patch}")
set(file ${CMAKE_MATCH_1})

# Puts what a hunk says into `text`, or a reason into `unapplied`. A line end stands before the
# file and before each hunk, so that a hunk begins where a line does.
file(READ ${SOURCE}/${file} original)
set(text "\n${original}")
set(unapplied "")
macro(apply_hunk)
  if(NOT was STREQUAL is)
    string(FIND "${text}" "\n${was}" first)
    string(FIND "${text}" "\n${was}" last REVERSE)
    if(first EQUAL -1 OR NOT first EQUAL last)
      string(APPEND unapplied "${name}: not exactly once in ${file}:\n${was}")
    else()
      string(REPLACE "\n${was}" "\n${is}" text "${text}")
    endif()
  endif()
  set(was "")
  set(is "")
endmacro()

string(FIND "${patch}" "${top}" begin)
string(LENGTH "${top}" length)
math(EXPR begin "${begin} + ${length}")
string(SUBSTRING "${patch}" ${begin} -1 rest)
set(was "")
set(is "")
while(NOT rest STREQUAL "")
  string(FIND "${rest}" "\n" end)
  string(SUBSTRING "${rest}" 0 ${end} line)
  math(EXPR end "${end} + 1")
  string(SUBSTRING "${rest}" ${end} -1 rest)
  string(SUBSTRING "${line}" 0 1 mark)
  string(SUBSTRING "${line}" 1 -1 line)
  if(mark STREQUAL "@")
    apply_hunk()
  elseif(mark STREQUAL "-")
    string(APPEND was "${line}\n")
  elseif(mark STREQUAL "+")
    string(APPEND is "${line}\n")
  elseif(mark STREQUAL " ")
    string(APPEND was "${line}\n")
    string(APPEND is "${line}\n")
  else()
    string(APPEND unapplied "${name}: no line of a patch: ${mark}${line}\n")
  endif()
endwhile()
apply_hunk()
string(SUBSTRING "${text}" 1 -1 text)
if(unapplied)
  set(text "${original}")
endif()

set(server "${text}")
if(file MATCHES "^common/")
  file(WRITE ${OUTPUT}/${name}.common.cpp "${text}")
  file(READ ${SOURCE}/servers/${sibling}.cpp server)
endif()
string(REPLACE ".model = \"${sibling}\"" ".model = \"${name}\"" server "${server}")
string(REGEX REPLACE "\\.idea = \"[^\"]*\"" ".idea = \"${bug}\"" server "${server}")
if(unapplied)
  message(NOTICE "${unapplied}")
  string(CONCAT server
    "#include <cstdio>\n\nint main() {\n"
    "    std::fputs(\"${name} was not built: its patch does not apply to ${file}\\n\"\n"
    "               \"likely cause: that file was changed where the bug is\\n\"\n"
    "               \"what helps: scripts/zoo, or servers/zoo/${name}.patch by hand\\n\", stderr);\n"
    "    return 3;\n}\n")
endif()
file(WRITE ${OUTPUT}/${name}.cpp "${server}")
file(WRITE ${OUTPUT}/${name}.unapplied "${unapplied}")
