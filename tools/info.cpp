// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// info: what this build of the library has, and with --mpi, how the ranks of a job see each other.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <typeinfo>

#include <cxxabi.h>

#include "answer.hpp"
#include "build_info.hpp"
#include "command.hpp"
#include "folder_info.hpp"
#include "mpi_layout.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/redis.hpp"
#include "proxystore/error.hpp"
#include "proxystore/key.hpp"
#include "proxystore/version.hpp"

namespace tool {

namespace ps = proxystore;

namespace {

struct Kind {
  std::string name{};
  bool is_built = false;
  std::string why{};  // not
};

/// Those of this build, and those that it knows of.
std::vector<Kind> all_kinds() {
  const auto& registry = ps::ConnectorRegistry::global();
  std::vector<Kind> kinds;
  for (const std::string& name : registry.kinds())
    kinds.push_back({.name = name, .is_built = true});
  for (const char* name : {"hdf5", "hdf5_dataset", "mpi", "redis", "endpoint", "globus"}) {
    try {
      (void)registry.identity({.kind = name});
    } catch (const ps::ConnectorNotBuiltError& error) {
      const std::string why = error.what();  // "connector <name> <why>"
      const std::size_t at = why.find(std::string(name) + " ");
      kinds.push_back(
          {.name = name,
           .why = at == std::string::npos ? why : why.substr(at + std::strlen(name) + 1)});
    } catch (const ps::ConfigError&) {  // it is built, and needs options
    }
  }
  std::ranges::sort(kinds, {}, &Kind::name);
  return kinds;
}

/// As the names of the library's symbols have it, such as "proxystore::v0".
std::string abi_namespace() {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(typeid(ps::Key).name(), nullptr, nullptr, &status), &std::free);
  const std::string full = status == 0 ? name.get() : "proxystore::Key";
  return full.substr(0, full.rfind("::"));
}

/// Opening such a store connects to nothing yet, and is refused at once without TLS.
bool redis_has_tls() {
  if (!build::has_redis) return false;
  try {
    (void)ps::ConnectorRegistry::global().make(ps::RedisOptions{.tls = true});
    return true;
  } catch (const ps::Error&) {
    return false;
  }
}

Json describe_build() {
  Json json{{"version", PROXYSTORE_VERSION},
            {"abi_namespace", abi_namespace()},
            {"library", build::has_shared_library ? "shared" : "static"},
            {"compiler", build::compiler},
            {"build_type", build::type},
            {"flags", build::flags},
            {"sanitizers", build::sanitizers}};
  Json& kinds = json["connectors"] = Json::array();
  for (const Kind& kind : all_kinds()) {
    Json one{{"kind", kind.name}, {"built_in", kind.is_built}};
    if (!kind.is_built) one["why_not"] = kind.why;
    kinds.push_back(one);
  }
  json["mpi"] = {{"built_in", build::has_mpi}};
  if (build::has_mpi) json["mpi"]["library"] = mpi_library();
  json["hdf5"] = {{"built_in", build::has_hdf5}};
  if (build::has_hdf5) {
    json["hdf5"]["version"] = build::hdf5_version;
    json["hdf5"]["parallel"] = build::hdf5_is_parallel;
  }
  json["redis"] = {{"built_in", build::has_redis}, {"tls", redis_has_tls()}};
  json["kokkos"] = {{"built_in", build::has_kokkos}};
  return json;
}

std::string yes(bool is_so, const char* otherwise) {
  return is_so ? "yes" : otherwise;
}

std::string to_text_for_people(const Json& json) {
  Lines lines{{"ProxyStore", json["version"].get<std::string>() + ", " +
                                 json["library"].get<std::string>() + " library, symbols in " +
                                 json["abi_namespace"].get<std::string>()},
              {"compiler", json["compiler"].get<std::string>()},
              {"build", json["build_type"].get<std::string>() + ", " +
                            (*build::flags == '\0' ? "no flags" : build::flags)}};
  if (*build::sanitizers != '\0') lines.emplace_back("sanitizers", build::sanitizers);
  if (build::has_mpi) {
    lines.emplace_back("MPI", printable(json["mpi"]["library"].get<std::string>()));
  } else {
    lines.emplace_back("MPI", "no; -DPROXYSTORE_ENABLE_MPI=ON turns it on");
  }
  lines.emplace_back("HDF5", !build::has_hdf5
                                 ? "no; -DPROXYSTORE_ENABLE_HDF5=ON turns it on"
                                 : std::string(build::hdf5_version) +
                                       (build::hdf5_is_parallel ? ", parallel" : ", serial"));
  lines.emplace_back("Redis", !build::has_redis ? "no; -DPROXYSTORE_ENABLE_REDIS=ON turns it on"
                              : json["redis"]["tls"].get<bool>()
                                  ? "yes, with TLS"
                                  : "yes, without TLS (this hiredis has none)");
  lines.emplace_back("Kokkos",
                     yes(build::has_kokkos, "no; -DPROXYSTORE_ENABLE_KOKKOS=ON turns it on"));
  std::string text = to_columns(lines) + "\nConnectors\n";
  Lines kinds;
  for (const Json& kind : json["connectors"]) {
    kinds.emplace_back(
        "  " + kind["kind"].get<std::string>(),
        kind["built_in"].get<bool>() ? "built in" : "no: " + kind["why_not"].get<std::string>());
  }
  return text + to_columns(kinds);
}

int info(Commands& commands, bool wants_mpi, const std::string& folder) {
  if (!folder.empty()) {
    const Json json = describe_folder(folder);
    if (commands.is_json()) {
      print(json);
    } else {
      begin_answer();
      std::cout << folder_text(json);
    }
    return done;
  }
  if (wants_mpi && !build::has_mpi) {
    throw ps::UnsupportedError(
        "this build has no MPI; configure it with -DPROXYSTORE_ENABLE_MPI=ON");
  }
  const bool asks_ranks = wants_mpi || (build::has_mpi && is_under_mpirun());
  std::optional<Layout> layout;
  if (asks_ranks) {
    layout = mpi_layout(commands.argc(), commands.argv());
    if (!layout) return done;  // another rank answers
  }
  Json json = describe_build();
  if (layout) json["ranks"] = to_json(*layout);
  if (commands.is_json()) {
    print(json);
    return done;
  }
  begin_answer();
  std::cout << to_text_for_people(json);
  if (layout) std::cout << '\n' << to_text(*layout);
  return done;
}

}  // namespace

void add_info(Commands& commands) {
  const auto wants_mpi = std::make_shared<bool>(false);
  const auto folder = std::make_shared<std::string>();
  auto& command = commands.add(
      commands.app(), "info", "Tell what this build of the library has, and where its ranks run",
      [&commands, wants_mpi, folder] { return info(commands, *wants_mpi, *folder); });
  command.add_flag("--mpi", *wants_mpi,
                   "Start MPI, and tell which ranks share a node; done by itself under mpirun");
  command
      .add_option("--folder", *folder,
                  "Tell instead what a store in this folder can expect of its file system")
      ->type_name("DIR")
      ->excludes("--mpi");
  command.footer("Under mpirun one rank answers for all:  mpirun -n 4 proxystore info");
}

}  // namespace tool
