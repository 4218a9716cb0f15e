# LibTorch from the PyPI wheel (or any LibTorch folder), without a CUDA toolkit: TorchConfig.cmake of a CUDA wheel
# asks for nvcc and the CUDA headers, which a user with only a driver does not have. Imported targets are made from
# the shared libraries instead: LibTorch::torch, with torch_cpu, c10 and, where present, torch_cuda and c10_cuda.
#
# In: GRAPPA_LIBTORCH (folder with include/ and lib/; empty: the wheel in build/venv).
# Out: LibTorch_FOUND, LibTorch_VERSION, target LibTorch::torch.
if(GRAPPA_LIBTORCH)
    set(_roots "${GRAPPA_LIBTORCH}")
else()
    file(GLOB _roots "${CMAKE_SOURCE_DIR}/build/venv/lib/python3*/site-packages/torch")
endif()

# NO_CACHE: another GRAPPA_LIBTORCH, or a renewed wheel, must not meet the paths of the one before.
find_path(LibTorch_INCLUDE_DIR torch/csrc/api/include/torch/torch.h
    PATHS ${_roots} PATH_SUFFIXES include NO_DEFAULT_PATH NO_CACHE)
set(_libraries)
foreach(_name torch torch_cpu c10 torch_cuda c10_cuda)
    find_library(LibTorch_${_name}_LIBRARY ${_name} PATHS ${_roots} PATH_SUFFIXES lib NO_DEFAULT_PATH NO_CACHE)
    if(LibTorch_${_name}_LIBRARY)
        list(APPEND _libraries ${_name})
    endif()
endforeach()

set(LibTorch_VERSION)
foreach(_header torch/headeronly/version.h torch/csrc/api/include/torch/version.h) # the second: before 2.10
    if(NOT LibTorch_VERSION AND EXISTS "${LibTorch_INCLUDE_DIR}/${_header}")
        file(STRINGS "${LibTorch_INCLUDE_DIR}/${_header}" _line REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
        string(REGEX REPLACE "[^0-9;]" "" _line "${_line}")
        list(JOIN _line . LibTorch_VERSION)
    endif()
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
    REQUIRED_VARS LibTorch_torch_LIBRARY LibTorch_torch_cpu_LIBRARY LibTorch_c10_LIBRARY LibTorch_INCLUDE_DIR
    VERSION_VAR LibTorch_VERSION
    REASON_FAILURE_MESSAGE "run `bash packaging/setup.sh`, which downloads LibTorch, or set GRAPPA_LIBTORCH to a folder \
that holds its include/ and lib/ (looked in: ${_roots}).")

if(LibTorch_FOUND AND NOT TARGET LibTorch::torch)
    add_library(LibTorch::torch INTERFACE IMPORTED)
    foreach(_name ${_libraries})
        add_library(LibTorch::lib_${_name} SHARED IMPORTED)
        set_target_properties(LibTorch::lib_${_name} PROPERTIES IMPORTED_LOCATION
            "${LibTorch_${_name}_LIBRARY}")
        target_link_libraries(LibTorch::torch INTERFACE LibTorch::lib_${_name})
    endforeach()
    target_include_directories(LibTorch::torch SYSTEM INTERFACE
        "${LibTorch_INCLUDE_DIR}" "${LibTorch_INCLUDE_DIR}/torch/csrc/api/include")
    # Nothing refers to torch_cuda by symbol, its kernels register themselves when it is loaded; and a CUDA wheel's
    # libraries name their NVIDIA libraries by their own rpath, which the linker need not resolve.
    # The wheel's libraries export a std::filesystem of their own (in torch 2.11 its remove_all() crashes). The C++
    # library is named first, so that it is the one that the loader finds.
    target_link_options(LibTorch::torch INTERFACE -Wl,--no-as-needed -lstdc++ -Wl,--allow-shlib-undefined)
endif()
