# The parts of the page that `elbo report` writes: ours, and Chart.js as Debian packages it.
find_file(CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js NO_DEFAULT_PATH REQUIRED)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/share/elbo/report)
file(GLOB report_page CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/framework/page/web/*)
foreach(file ${report_page} ${CHART_JS})
  get_filename_component(name ${file} NAME)
  file(CREATE_LINK ${file} ${CMAKE_BINARY_DIR}/share/elbo/report/${name} SYMBOLIC)
endforeach()
install(FILES ${report_page} ${CHART_JS} DESTINATION share/elbo/report)
