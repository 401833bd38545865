# elbo_add_plugin(<kind> <name> SOURCES <files>... [LIBRARIES <targets>...])
#
# Builds <kind>/<name>.so into the plugin folder, hides its symbols and refuses undefined ones at link time.
# The same function serves in this tree and after find_package(elbo). Where tests are built, ctest checks the plugin
# with `elbo plugins check` as plugin.<kind>.<name>.
function(elbo_add_plugin kind name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "SOURCES;LIBRARIES")
  set(kinds encoder decoder prior likelihood objective)
  if(NOT kind IN_LIST kinds)
    message(FATAL_ERROR "elbo_add_plugin(${kind} ${name}): the kind is ${kind}; expected one of ${kinds}")
  endif()
  if(NOT name MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "elbo_add_plugin(${kind} ${name}): the name is ${name}; expected lower-case letters, digits and _")
  endif()
  if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "elbo_add_plugin(${kind} ${name}): expected SOURCES <files>; found ${arg_UNPARSED_ARGUMENTS}")
  endif()

  set(target elbo_${kind}_${name})
  add_library(${target} MODULE ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE elbo::sdk ${arg_LIBRARIES})
  target_link_options(${target} PRIVATE LINKER:--no-undefined)
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME ${name} DEFINE_SYMBOL ""
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/elbo/plugins/${kind}
    INSTALL_RPATH $ORIGIN/../../..
    CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  set_property(GLOBAL APPEND PROPERTY ELBO_PLUGINS ${target})
  install(TARGETS ${target} LIBRARY DESTINATION lib/elbo/plugins/${kind})
  if(BUILD_TESTING)
    elbo_check_plugin(${target} ${kind} ${name})
  endif()
endfunction()

# The program is a target in its own tree, and a path after find_package(elbo).
function(elbo_check_plugin target kind name)
  set(program ${ELBO_PROGRAM})
  if(TARGET elbo)
    set(program $<TARGET_FILE:elbo>)
  endif()
  if(program)
    set(test plugin.${kind}.${name})
    add_test(NAME ${test} COMMAND ${program} plugins check $<TARGET_FILE:${target}>)
    set_tests_properties(${test} PROPERTIES LABELS "plugin;${kind}" TIMEOUT 300 ENVIRONMENT "OMP_NUM_THREADS=1")
  endif()
endfunction()
