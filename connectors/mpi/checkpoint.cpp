// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Saving. All ranks close their gates: nobody is inside a put, set or evict then, and who comes is
// told to wait. So what the slots say holds for all ranks at one time. Each rank writes the objects
// of its own partition; rank 0 makes the folder before, and publishes it after all have written.
//
// Restoring. Rank 0 reads the lists of all files, and makes a plan: which objects there are, in one
// order. Each rank loads a run of them, of about as many bytes as the others'. Then all tell each
// other where the objects are now, and each makes the deferred keys of its run name theirs. Last,
// all ranks get the same table of ids and places (restored_keys.hpp), by which keys of the earlier
// runs are translated from then on. Nobody can ask for an object before that, so what one rank
// could not load is taken back by all.
//
// A key of a deferred object names a slot, which names the slot of the object, with the same id. An
// object of such an id that no slot names is a version that was on its way out: it is left behind.
//
// Between any two steps the ranks agree on how it went (mpi/agreement.hpp).
#include <algorithm>
#include <cstring>
#include <numeric>
#include <unordered_map>

#include "checkpoint_files.hpp"
#include "mpi/agreement.hpp"
#include "mpi/memory_checkpoint.hpp"
#include "proxystore/error.hpp"
#include "proxystore/mpi/environment.hpp"
#include "runtime.hpp"

namespace proxystore::inline v0::partition {

namespace {

namespace fs = std::filesystem;
using mpi::detail::Group;

ErrorContext context(const char* verb) {
  return {.connector = "mpi", .operation = verb};
}

std::shared_ptr<Runtime> require_runtime(const char* verb) {
  auto runtime = Runtime::current();
  if (runtime && !runtime->is_stopped()) return runtime;
  throw ConnectorError("there is no mpi::Environment, or it was finalised", context(verb));
}

/// Keeps the gate of this rank closed.
class ClosedGate {
 public:
  ClosedGate() = default;
  ClosedGate(const ClosedGate&) = delete;
  ClosedGate& operator=(const ClosedGate&) = delete;
  ~ClosedGate() {
    if (gate_ != nullptr) gate_->open();
  }

  void close(ChangeGate& gate) {
    if (!gate.close()) {
      throw BusyError(
          "a thread of this rank puts, sets or evicts objects, or saves them: save() "
          "is for a moment at which none does",
          context("save"));
    }
    gate_ = &gate;
  }

 private:
  ChangeGate* gate_ = nullptr;
};

/// Writes what this rank keeps.
void write_own(Runtime& runtime, const fs::path& folder) {
  NodeMemory& memory = runtime.memory();
  const auto file = detail::create_archive(rank_file(folder, memory.rank()), context("save"));
  std::unordered_map<Key, std::uint32_t> copies;
  Contents contents;
  for (const Kept& kept : memory.own().kept()) {
    SavedObject saved{.id = kept.id,
                      .size = kept.size,
                      .target = kept.target,
                      .slot = kept.locator.slot,
                      .is_deferred = kept.is_deferred};
    if (!kept.is_deferred) {
      const auto found = memory.get(saved.key(), kept.locator);
      if (!found) continue;  // evicted by a message that was under way
      saved.copy = copies[saved.key()]++;
      file->add(saved.name(), found->bytes.span());
    }
    contents.push_back(saved);
  }
  write_contents(*file, contents);
  file->finish();
}

Summary summary_of(Runtime& runtime, StoreConfig config) {
  Summary summary{.ranks = static_cast<std::uint32_t>(runtime.size()),
                  .epochs = {runtime.settings().epoch}};
  const auto earlier = runtime.restored().epochs();
  summary.epochs.insert(summary.epochs.end(), earlier.begin(), earlier.end());
  config.connector.options.erase("epoch");
  summary.store = std::string(config.to_compact().text());
  return summary;
}

/// A saved object, and where.
struct Planned {
  SavedObject saved{};
  std::uint32_t file = 0;    ///< Of which rank
  std::uint64_t target = 0;  ///< Of a deferred one: the index of its object in the plan + 1, or 0
  bool is_target = false;    ///< Only the slot of its key names it

  template <class Archive>
  void serialize(Archive& archive) {
    archive(saved, file, target, is_target);
  }
};

struct Plan {
  std::string folder{};
  Summary summary{};
  std::string state{};
  std::vector<Planned> objects{};

  template <class Archive>
  void serialize(Archive& archive) {
    archive(folder, summary, state, objects);
  }
};

/// Where an object is now.
struct Place {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(slot, generation);
  }
};

void require_new(Runtime& runtime, const Summary& summary, const fs::path& path) {
  for (const std::uint32_t epoch : summary.epochs) {
    if (epoch == runtime.settings().epoch) {
      throw ArgumentError("this job saved " + path.string() + " itself: its objects are here",
                          context("restore"));
    }
    if (runtime.restored().has_epoch(epoch)) {
      throw ArgumentError(
          "objects of the run that " + path.string() + " is of were restored in this job already",
          context("restore"));
    }
  }
}

/// Names the objects of deferred keys, and leaves out versions that no key names.
std::vector<Planned> connect(std::vector<Planned> all) {
  std::unordered_map<Key, const Planned*> deferred;
  for (const Planned& one : all) {
    if (one.saved.is_deferred) deferred.emplace(one.saved.key(), &one);
  }
  const auto is_left = [&](const Planned& one) {
    const auto found = deferred.find(one.saved.key());
    if (one.saved.is_deferred || found == deferred.end()) return false;
    return found->second->saved.target != SlotName{one.file, one.saved.slot}.pack();
  };
  std::vector<Planned> kept;
  std::unordered_map<Key, std::uint64_t> targets;
  for (const Planned& one : all) {
    if (is_left(one)) continue;
    kept.push_back(one);
    if (one.saved.is_deferred || !deferred.contains(one.saved.key())) continue;
    kept.back().is_target = true;
    targets[one.saved.key()] = kept.size();
  }
  for (Planned& one : kept) {
    if (!one.saved.is_deferred || one.saved.target == 0) continue;
    const auto found = targets.find(one.saved.key());
    if (found == targets.end()) {
      throw IntegrityError(
          "the object of key " + one.saved.key().to_string() + " is missing in the checkpoint",
          context("restore"));
    }
    one.target = found->second;
  }
  return kept;
}

Plan make_plan(Runtime& runtime, const fs::path& path) {
  const ErrorContext where = context("restore");
  auto read = read_summary(path, where);
  require_new(runtime, read.summary, read.folder);
  Plan plan{.folder = read.folder.string(),
            .summary = std::move(read.summary),
            .state = std::string(read.state.text())};
  std::vector<Planned> all;
  for (std::uint32_t rank = 0; rank < plan.summary.ranks; ++rank) {
    const fs::path name = rank_file(read.folder, rank);
    const auto file = detail::open_archive(name, where);
    if (!file) {
      throw IntegrityError("the checkpoint lacks " + name.string() + ", one of " +
                               std::to_string(plan.summary.ranks) + " such files",
                           where);
    }
    for (SavedObject& saved : read_contents(*file, name)) {
      all.push_back({.saved = saved, .file = rank});
    }
  }
  plan.objects = connect(std::move(all));
  return plan;
}

/// The first object of each rank's run, and the end.
std::vector<std::size_t> runs_of(const std::vector<Planned>& objects, int ranks) {
  constexpr std::uint64_t books = 128;  // what an object takes beside its bytes
  const auto weight = [](const Planned& one) {
    return (one.saved.is_deferred ? 0 : one.saved.size) + books;
  };
  const auto total = std::accumulate(
      objects.begin(), objects.end(), 0.0,
      [&](double sum, const Planned& one) { return sum + static_cast<double>(weight(one)); });
  std::vector<std::size_t> begins{0};
  double before = 0;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const double middle = before + static_cast<double>(weight(objects[i])) / 2;
    const auto rank = static_cast<std::size_t>(middle / total * ranks);
    while (begins.size() <= rank && begins.size() < static_cast<std::size_t>(ranks)) {
      begins.push_back(i);
    }
    before += static_cast<double>(weight(objects[i]));
  }
  begins.resize(static_cast<std::size_t>(ranks) + 1, objects.size());
  return begins;
}

/// This rank's run of the objects; what it loaded goes unless it is kept.
class Loader {
 public:
  Loader(Runtime& runtime, const Plan& plan)
      : runtime_(runtime),
        memory_(runtime.memory()),
        plan_(plan),
        runs_(runs_of(plan.objects, runtime.size())) {}
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;
  ~Loader() {
    if (is_kept_) return;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const Key key = object(first() + i).saved.key();
      (void)memory_.evict(key, locator(memory_.rank(), places_[i]));
    }
  }

  /// In the order of the plan.
  const std::vector<Place>& load() {
    for (std::size_t i = first(); i < end(); ++i) {
      const Planned& one = object(i);
      const Locator here =
          one.saved.is_deferred ? memory_.own().add_deferred(one.saved.key()) : load_object(one);
      places_.push_back({.slot = here.slot, .generation = here.generation});
    }
    return places_;
  }

  /// Makes the deferred keys of this run name their objects, which are at the places of @p all.
  void connect(const std::vector<std::vector<Place>>& all) {
    for (std::size_t i = first(); i < end(); ++i) {
      const Planned& one = object(i);
      if (one.target == 0) continue;
      const auto [rank, place] = find(one.target - 1, all);
      (void)memory_.set_target(one.saved.key(), locator(memory_.rank(), places_[i - first()]),
                               {.rank = rank, .slot = place.slot});
    }
  }

  [[nodiscard]] std::vector<RestoredKey> keys(const std::vector<std::vector<Place>>& all) const {
    std::vector<RestoredKey> keys;
    for (std::size_t rank = 0; rank < all.size(); ++rank) {
      for (std::size_t i = 0; i < all[rank].size(); ++i) {
        const Planned& one = object(runs_[rank] + i);
        if (one.is_target) continue;
        keys.push_back({.id = one.saved.key().id,
                        .locator = locator(static_cast<std::uint32_t>(rank), all[rank][i])});
      }
    }
    return keys;
  }

  void keep() noexcept { is_kept_ = true; }

 private:
  [[nodiscard]] std::size_t first() const { return runs_[memory_.rank()]; }
  [[nodiscard]] std::size_t end() const { return runs_[memory_.rank() + 1]; }
  [[nodiscard]] const Planned& object(std::size_t index) const { return plan_.objects[index]; }
  [[nodiscard]] Locator locator(std::uint32_t rank, const Place& place) const {
    return {.epoch = runtime_.settings().epoch,
            .rank = rank,
            .slot = place.slot,
            .generation = place.generation};
  }

  [[nodiscard]] std::pair<std::uint32_t, Place> find(
      std::size_t index, const std::vector<std::vector<Place>>& all) const {
    const auto next = std::upper_bound(runs_.begin(), runs_.end() - 1, index);
    const auto rank = static_cast<std::size_t>(next - runs_.begin()) - 1;
    return {static_cast<std::uint32_t>(rank), all.at(rank).at(index - runs_[rank])};
  }

  Locator load_object(const Planned& one) {
    if (!file_ || file_rank_ != one.file) {
      file_ = detail::open_archive(rank_file(plan_.folder, one.file), context("restore"));
      file_rank_ = one.file;
    }
    const auto bytes = file_ ? file_->get(one.saved.name()) : std::nullopt;
    if (!bytes || bytes->size() != one.saved.size) {
      throw IntegrityError("object " + one.saved.name() + " is missing in " +
                               rank_file(plan_.folder, one.file).string() +
                               ", or has another size than when it was saved",
                           context("restore"));
    }
    const Draft draft = memory_.own().reserve(bytes->size());
    std::ranges::copy(bytes->span(), draft.memory.begin());
    return memory_.own().publish(draft, one.saved.key());
  }

  Runtime& runtime_;
  NodeMemory& memory_;
  const Plan& plan_;
  const std::vector<std::size_t> runs_;
  std::vector<Place> places_;
  std::unique_ptr<detail::ArchiveReader> file_;
  std::uint32_t file_rank_ = 0;
  bool is_kept_ = false;
};

}  // namespace

}  // namespace proxystore::inline v0::partition

PROXYSTORE_TYPE_NAME(proxystore::partition::Planned, "checkpoint_planned/1");
PROXYSTORE_TYPE_NAME(proxystore::partition::Plan, "checkpoint_plan/1");
PROXYSTORE_TYPE_NAME(proxystore::partition::Place, "checkpoint_place/1");

namespace proxystore::inline v0::mpi::detail {

using namespace partition;  // NOLINT(google-build-using-namespace): this is that room's verbs

void save_memory(const std::filesystem::path& path, ByteSpan state,
                 const std::function<StoreConfig()>& describe) {
  const Group group = group_of(Environment::require().comm(), "save");
  const ErrorContext where = context("save");
  std::shared_ptr<Runtime> runtime;
  StoreConfig config;
  ClosedGate gate;
  together(group, [&] {
    config = describe();
    runtime = require_runtime("save");
    gate.close(runtime->changes());
  });
  std::optional<DraftFolder> folder;
  const auto names = bcast_made(group, [&] {
    folder.emplace(path, where);
    return std::vector<std::string>{folder->draft().string(), folder->mark()};
  });
  together(group, [&] {
    const std::filesystem::path draft = names.at(0);
    require_same_folder(draft, names.at(1), where);
    write_own(*runtime, draft);
  });
  together(group, [&] {
    if (!folder) return;
    write_summary(folder->draft(), summary_of(*runtime, config), state, where);
    folder->publish();
  });
}

Bytes restore_memory(const std::filesystem::path& path,
                     const std::function<void(const StoreConfig&)>& open) {
  const Group group = group_of(Environment::require().comm(), "restore");
  std::shared_ptr<Runtime> runtime;
  together(group, [&] { runtime = require_runtime("restore"); });
  const Plan plan = bcast_made(group, [&] { return make_plan(*runtime, path); });
  Loader loader(*runtime, plan);
  const auto places = allgather_made(group, [&] { return loader.load(); });
  together(group, [&] {
    loader.connect(places);
    open(StoreConfig::from_compact(std::as_bytes(std::span(plan.summary.store))));
  });
  loader.keep();
  runtime->restored().add(plan.summary.epochs, loader.keys(places));
  return Bytes::own(plan.state);
}

}  // namespace proxystore::inline v0::mpi::detail
