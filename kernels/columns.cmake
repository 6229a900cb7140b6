# join_column(NAME SYMBOL OBJECTS): joins the objects of the object library OBJECTS to one object file that shows nothing
# but the function extern "C" SYMBOL(). Everything else in it, inline functions of the standard library included, is local
# to it: otherwise the linker could keep the copy of std::vector's code that was compiled for AVX-512 and use it in the
# whole program, which then dies on an older machine. NAME is then a library to link with.
function(join_column name symbol objects)
  target_compile_options(${objects} PRIVATE -fno-gnu-unique)  # unique symbols would stay global whatever objcopy is told
  set(whole ${CMAKE_CURRENT_BINARY_DIR}/${name}.o)
  add_custom_command(OUTPUT ${whole}
    COMMAND ${CMAKE_LINKER} -r --force-group-allocation -o ${whole} $<TARGET_OBJECTS:${objects}>
    COMMAND ${CMAKE_OBJCOPY} --keep-global-symbol=${symbol} ${whole}
    DEPENDS ${objects} $<TARGET_OBJECTS:${objects}> COMMAND_EXPAND_LISTS VERBATIM
    COMMENT "Joining column ${name}")
  set_source_files_properties(${whole} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  add_custom_target(${name}_file DEPENDS ${whole})
  add_library(${name} INTERFACE)
  target_link_libraries(${name} INTERFACE ${whole})
  add_dependencies(${name} ${name}_file)
endfunction()

# What the compiler is told for each column.
set(NETWRIGHT_FLAGS_avx2 -march=haswell)
set(NETWRIGHT_FLAGS_avx512 -march=skylake-avx512 -mprefer-vector-width=512)
