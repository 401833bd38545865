# <prefix>/share/elbo/shipped_plugins: the SHA-256 of each plugin that is built and tested with the program, by which it tells them
# from others. As a script it writes the file: cmake -DFOLDER=<prefix>/lib/elbo/plugins -DFILE=... -DNAMES=<kind>/<name>.so,... -P
if(CMAKE_SCRIPT_MODE_FILE)
  set(lines "")
  string(REPLACE "," ";" names "${NAMES}")
  foreach(name ${names})
    file(SHA256 ${FOLDER}/${name} hash)
    string(APPEND lines "${name} ${hash}\n")
  endforeach()
  file(WRITE ${FILE} "${lines}")
  return()
endif()

# elbo_list_shipped_plugins(<targets>...): in the build folder when they are built, in a prefix when they are installed there, where
# their paths to libraries differ.
function(elbo_list_shipped_plugins)
  set(names "")
  foreach(target ${ARGV})
    string(REGEX REPLACE "^elbo_([a-z]+)_(.*)$" "\\1/\\2.so" name ${target})
    list(APPEND names ${name})
  endforeach()
  list(JOIN names "," names)
  set(file ${CMAKE_BINARY_DIR}/share/elbo/shipped_plugins)
  set(script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/shipped_plugins.cmake)
  add_custom_command(OUTPUT ${file}
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${CMAKE_BINARY_DIR}/lib/elbo/plugins -DFILE=${file} "-DNAMES=${names}" -P ${script}
    DEPENDS ${ARGV} VERBATIM)
  add_custom_target(shipped_plugins ALL DEPENDS ${file})
  install(CODE "set(prefix \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\")
    file(MAKE_DIRECTORY \"\${prefix}/share/elbo\")
    execute_process(COMMAND \"${CMAKE_COMMAND}\" -DFOLDER=\${prefix}/lib/elbo/plugins -DFILE=\${prefix}/share/elbo/shipped_plugins
      \"-DNAMES=${names}\" -P \"${script}\" COMMAND_ERROR_IS_FATAL ANY)")
endfunction()
