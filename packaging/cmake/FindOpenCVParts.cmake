# The two OpenCV libraries that are used. OpenCVConfig.cmake is in libopencv-dev, which pulls in all modules with VTK and
# more (about a gigabyte); the libraries alone are in small packages. OpenCV's own reader of image files (imgcodecs) is
# left out: it brings GDAL and some seventy libraries more into each process.
find_path(OpenCVParts_INCLUDE_DIR opencv2/imgproc.hpp PATH_SUFFIXES opencv4)
foreach(_part core imgproc)
    find_library(OpenCVParts_${_part}_LIBRARY opencv_${_part})
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCVParts REQUIRED_VARS OpenCVParts_core_LIBRARY OpenCVParts_imgproc_LIBRARY
    OpenCVParts_INCLUDE_DIR)

if(OpenCVParts_FOUND AND NOT TARGET OpenCVParts::imgproc)
    add_library(OpenCVParts::imgproc INTERFACE IMPORTED)
    target_include_directories(OpenCVParts::imgproc SYSTEM INTERFACE ${OpenCVParts_INCLUDE_DIR})
    target_link_libraries(OpenCVParts::imgproc INTERFACE ${OpenCVParts_imgproc_LIBRARY} ${OpenCVParts_core_LIBRARY})
endif()
