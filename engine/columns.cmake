# add_column(NAME SYMBOL s DEFINITIONS ... OPTIONS ... [INCLUDES ...] [FILES ...])
#
# Compiles the op files again, kernels only, and joins them to one object file that shows nothing but the function
# extern "C" s() (kernels/columns.cmake).
#
# engine/CMakeLists.txt leaves the op files and the text of their table in global properties, so that tests can add
# columns too: the CUDA half against the stand-in runtime, whose functions stay undefined in the joined object.
function(add_column name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SYMBOL" "DEFINITIONS;OPTIONS;INCLUDES;FILES")
  get_property(op_files GLOBAL PROPERTY NETWRIGHT_OP_FILES)
  get_property(declarations GLOBAL PROPERTY NETWRIGHT_OP_DECLARATIONS)
  get_property(entries GLOBAL PROPERTY NETWRIGHT_OP_ENTRIES)
  set(NETWRIGHT_COLUMN_SYMBOL ${arg_SYMBOL})
  configure_file(${PROJECT_SOURCE_DIR}/engine/graph/column.cpp.in ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp @ONLY)
  set_source_files_properties(${op_files} PROPERTIES LANGUAGE CXX)
  add_library(${name}_objects OBJECT ${op_files} ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp ${arg_FILES})
  target_compile_definitions(${name}_objects PRIVATE ${arg_DEFINITIONS})
  target_compile_options(${name}_objects PRIVATE ${arg_OPTIONS})
  target_include_directories(${name}_objects BEFORE PRIVATE ${arg_INCLUDES})
  target_link_libraries(${name}_objects PRIVATE netwright_options)
  if(NETWRIGHT_SANITIZE)
    set_target_properties(${name}_objects PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
  endif()

  join_column(${name} ${arg_SYMBOL} ${name}_objects)
endfunction()
