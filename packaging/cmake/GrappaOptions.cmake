# Target grappa_options: the compiler settings that all of the project's targets share.
add_library(grappa_options INTERFACE)
target_compile_features(grappa_options INTERFACE cxx_std_20)
target_include_directories(grappa_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(grappa_options INTERFACE -Wall -Wextra -Werror)
# LibTorch and Qt both use the name `slots`.
target_compile_definitions(grappa_options INTERFACE QT_NO_KEYWORDS GRAPPA_VERSION="${PROJECT_VERSION}")
set(CMAKE_CXX_EXTENSIONS OFF)

if(GRAPPA_SANITIZE)
    target_compile_options(grappa_options INTERFACE -fsanitize=${GRAPPA_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(grappa_options INTERFACE -fsanitize=${GRAPPA_SANITIZE})
endif()

find_program(GRAPPA_MOLD mold)
if(GRAPPA_MOLD)
    target_link_options(grappa_options INTERFACE -fuse-ld=mold)
endif()

find_program(GRAPPA_CCACHE ccache)
if(GRAPPA_CCACHE)
    # ccache caches objects built with a precompiled header only when told so.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${GRAPPA_CCACHE})
    target_compile_options(grappa_options INTERFACE -fpch-preprocess)
endif()
