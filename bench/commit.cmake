# Writes OUTPUT, which names the commit of SOURCE; leaves it alone if it says so already.
execute_process(
  COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
#include "bench/build.hpp"

namespace generated {

const char* const commit = "@commit@";

}  // namespace generated
]])
