# cmake -DSOURCE=DIR -DFILE=common/... -DOUTPUT=FILE -P mutate.cmake
#
# Writes a source file with all its mutants, and beside it what did not apply: OUTPUT.unapplied.

set_property(GLOBAL PROPERTY changes 0)

function(also name file was is)
  get_property(number GLOBAL PROPERTY changes)
  math(EXPR number "${number} + 1")
  set_property(GLOBAL PROPERTY changes ${number})
  foreach(part name file was is)
    set_property(GLOBAL PROPERTY ${part}${number} "${${part}}")
  endforeach()
endfunction()

function(mutant name sentence file was is)
  also(${name} ${file} "${was}" "${is}")
endfunction()

include(${CMAKE_CURRENT_LIST_DIR}/mutants.cmake)
file(READ ${SOURCE}/${FILE} original)
set(text "${original}")
set(unapplied "")
get_property(changes GLOBAL PROPERTY changes)

# What is new is kept out until the end, so that no other mutant finds its text there.
foreach(number RANGE 1 ${changes})
  foreach(part name file was)
    get_property(${part} GLOBAL PROPERTY ${part}${number})
  endforeach()
  if(NOT file STREQUAL FILE)
    continue()
  endif()
  string(FIND "${original}" "${was}" first)
  string(FIND "${original}" "${was}" last REVERSE)
  string(FIND "${text}" "${was}" left)  # not where a mutant of a part of it came before
  if(first EQUAL -1 OR left EQUAL -1 OR NOT first EQUAL last)
    string(APPEND unapplied "${name}: not exactly once in ${file}: ${was}\n")
    continue()
  endif()
  set(chosen "([] { static const bool is = broken::chosen(\"${name}\"); return is; }())")
  if(was MATCHES "[;}]$")
    string(REPLACE "${was}" "if (${chosen}) { @mutant${number}@ } else { ${was} }" text "${text}")
  else()
    string(REPLACE "${was}" "(${chosen} ? (@mutant${number}@) : (${was}))" text "${text}")
  endif()
endforeach()

foreach(number RANGE 1 ${changes})
  get_property(is GLOBAL PROPERTY is${number})
  string(REPLACE "@mutant${number}@" "${is}" text "${text}")
endforeach()
file(WRITE ${OUTPUT} "#include \"tests/broken/by.hpp\"\n#line 1 \"${FILE}\"\n${text}")
file(WRITE ${OUTPUT}.unapplied "${unapplied}")
