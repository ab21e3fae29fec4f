# SPDX-License-Identifier: Apache-2.0
# Every library krepro links, found once. Boost is used header-only (Asio, Beast, URL).
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(tl-expected REQUIRED)
find_package(pugixml REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(LibArchive REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(LIBVIRT REQUIRED IMPORTED_TARGET libvirt libvirt-qemu)
pkg_check_modules(LIBELF REQUIRED IMPORTED_TARGET libelf)
pkg_check_modules(LIBDW REQUIRED IMPORTED_TARGET libdw libelf)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3>=3.34)
find_library(SOCI_CORE soci_core REQUIRED)
find_library(SOCI_SQLITE3 soci_sqlite3 REQUIRED)

add_library(krepro_boost INTERFACE)
target_link_libraries(krepro_boost INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(krepro_boost INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_URL_NO_LIB)

add_library(krepro_soci INTERFACE)
target_link_libraries(krepro_soci INTERFACE ${SOCI_CORE} ${SOCI_SQLITE3} PkgConfig::SQLITE)
# SOCI 4.0.3 asks for boost::optional support only when told; std::optional is mapped by hand.
target_include_directories(krepro_soci SYSTEM INTERFACE /usr/include/soci /usr/include)
