// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include "dataset.hpp"
#include "dataset_attributes.hpp"
#include "detail/array_box.hpp"
#include "detail/memory_limit.hpp"
#include "element_type.hpp"
#include "proxystore/error.hpp"
#include "proxystore/serialize/codec.hpp"
#include "raw_data.hpp"

namespace proxystore::inline v0::hdf5 {

namespace {

/// Memory up to which it is not asked how much is free.
constexpr std::uint64_t always_there = std::uint64_t{1} << 20U;

[[noreturn]] void fail_damaged(const std::string& what, const ErrorContext& context) {
  throw IntegrityError("the object " + what, context);
}

/// A text attribute of fixed length; empty if there is none.
std::string read_text(const Dataset& dataset, const char* name) {
  if (H5Aexists(dataset.id(), name) <= 0) return {};
  const Attribute attribute(H5Aopen(dataset.id(), name, H5P_DEFAULT));
  const Type type(H5Aget_type(attribute.id()));
  const Space space(H5Aget_space(attribute.id()));
  constexpr std::size_t longest = 100;  // of those that are asked for
  const std::size_t size = H5Tget_size(type.id());
  if (H5Tget_class(type.id()) != H5T_STRING || H5Tis_variable_str(type.id()) != 0 ||
      H5Sget_simple_extent_npoints(space.id()) != 1 || size > longest) {
    return {};
  }
  std::string text(size, '\0');
  if (H5Aread(attribute.id(), type.id(), text.data()) < 0) return {};
  text.erase(std::min(text.find('\0'), text.size()));
  return text;
}

std::optional<std::uint64_t> read_checksum(const Dataset& dataset) {
  if (H5Aexists(dataset.id(), checksum_attribute) <= 0) return std::nullopt;
  const Attribute attribute(H5Aopen(dataset.id(), checksum_attribute, H5P_DEFAULT));
  const Space space(H5Aget_space(attribute.id()));
  std::uint64_t checksum = 0;
  if (H5Sget_simple_extent_npoints(space.id()) != 1 ||
      H5Aread(attribute.id(), H5T_NATIVE_UINT64, &checksum) < 0) {
    return std::nullopt;
  }
  return checksum;
}

/// Data that are in this file, and that this HDF5 can decode.
void check_storage(const Dataset& dataset, const ErrorContext& context) {
  const Properties properties(H5Dget_create_plist(dataset.id()));
  if (H5Pget_layout(properties.id()) == H5D_VIRTUAL || H5Pget_external_count(properties.id()) > 0) {
    throw ConnectorError("the dataset has its data in other files, which are not looked at",
                         context);
  }
  const int filters = H5Pget_nfilters(properties.id());
  for (int i = 0; i < filters; ++i) {
    std::size_t values = 0;
    char name[64] = "";
    unsigned flags = 0;
    const H5Z_filter_t filter = H5Pget_filter2(properties.id(), static_cast<unsigned>(i), &flags,
                                               &values, nullptr, sizeof name, name, nullptr);
    if (filter >= 0 && H5Zfilter_avail(filter) > 0) continue;
    throw ConnectorError("the dataset is compressed with filter " + std::to_string(filter) + " ('" +
                             name + "'), which this HDF5 does not have",
                         context);
  }
}

/// HDF5 leaves alone what stands for elements that were not written and have no fill value.
void clear_unwritten(const Dataset& dataset, std::span<std::byte> target) {
  const bool is_in_one_piece = H5Dget_offset(dataset.id()) != HADDR_UNDEF;
  if (!is_in_one_piece) std::ranges::fill(target, std::byte{0});
}

/// Goes through @p hash, too, if there is one.
void read_data(const File& file, const Dataset& dataset, const Type& memory,
               std::span<std::byte> target, detail::Xxh3Stream* hash, const ErrorContext& context) {
  if (target.empty()) return;
  const Type stored(H5Dget_type(dataset.id()));
  const auto raw = RawData::of(file, dataset);
  if (raw && H5Tequal(stored.id(), memory.id()) > 0) return raw->read(target, hash, context);
  clear_unwritten(dataset, target);
  if (H5Dread(dataset.id(), memory.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, target.data()) < 0) {
    fail("cannot read the object", context);
  }
  if (hash != nullptr) hash->update(target);
}

/// Extents of the dataset; none of a scalar.
std::vector<std::uint64_t> extents_of(const Space& space) {
  std::array<hsize_t, H5S_MAX_RANK> extents{};
  const int rank = H5Sget_simple_extent_dims(space.id(), extents.data(), nullptr);
  return {extents.begin(), extents.begin() + std::max(rank, 0)};
}

/// Called by HDF5 when a path leads to another file: it must not.
herr_t refuse_other_file(const char*, const char*, const char*, const char*, unsigned*, hid_t,
                         void* was_met) {
  *static_cast<bool*>(was_met) = true;
  return -1;
}

/// Finds what a path leads to within one file.
class Finder {
 public:
  Finder(const File& file, const std::string& path, const ErrorContext& context)
      : file_(file), path_(path), context_(context), access_(H5Pcreate(H5P_DATASET_ACCESS)) {
    H5Pset_elink_cb(access_.id(), &refuse_other_file, &leads_elsewhere_);
  }
  Finder(const Finder&) = delete;
  Finder& operator=(const Finder&) = delete;

  /// Each group on the way has to be there before HDF5 may be asked for the next.
  [[nodiscard]] bool is_there() {
    for (std::size_t end = path_.find('/', 1);; end = path_.find('/', end + 1)) {
      const std::string part = path_.substr(0, end);
      if (part != "/" && part.back() != '/') {
        const htri_t found = H5Oexists_by_name(file_.id(), part.c_str(), access_.id());
        if (leads_elsewhere_) fail_elsewhere();
        const bool is_link_at_least = H5Lexists(file_.id(), part.c_str(), access_.id()) > 0;
        if (found <= 0 || !is_link_at_least) return false;
      }
      if (end == std::string::npos) return true;
    }
  }

  /// None if there is nothing of that path.
  [[nodiscard]] Dataset open() {
    if (!is_there()) return Dataset();
    Dataset dataset(H5Dopen2(file_.id(), path_.c_str(), access_.id()));
    if (leads_elsewhere_) fail_elsewhere();
    if (!dataset) fail("'" + path_ + "' is no dataset that can be opened", context_);
    return dataset;
  }

 private:
  [[noreturn]] void fail_elsewhere() const {
    H5Eclear2(H5E_DEFAULT);
    throw ConnectorError("the dataset is a link to elsewhere, which is not followed", context_);
  }

  const File& file_;
  const std::string& path_;
  const ErrorContext& context_;
  bool leads_elsewhere_ = false;
  Properties access_;
};

/// The type that elements have in memory: their own if numpy has it, else their twin in
/// little-endian order, else the processor's for such numbers.
Type memory_type_of(const Dataset& dataset) {
  Type type(H5Dget_type(dataset.id()));
  if (!dtype_of(type.id()).empty()) return type;
  if (Type twin = little_endian_of(type.id())) return twin;
  const H5T_class_t kind = H5Tget_class(type.id());
  if (kind == H5T_INTEGER || kind == H5T_FLOAT) {
    Type native(H5Tget_native_type(type.id(), H5T_DIR_ASCEND));
    if (native && !dtype_of(native.id()).empty()) return native;
  }
  return type;
}

/// The frame of the stored form.
std::string frame_of(const std::string& kind, hid_t type, const std::vector<std::uint64_t>& extents,
                     bool is_fortran, const ErrorContext& context) {
  if ((kind == "text" || kind.empty()) && H5Tget_class(type) == H5T_STRING && extents.empty() &&
      H5Tis_variable_str(type) == 0) {
    return std::string(detail::text_frame);
  }
  if (kind == "bytes" && dtype_of(type) == "|u1" && extents.size() == 1) {
    return std::string(detail::bytes_frame);
  }
  if (kind == "opaque" && H5Tget_class(type) == H5T_OPAQUE && H5Tget_size(type) == 1 &&
      extents.size() == 1) {
    return {};
  }
  // Whatever is an array is read as one, whoever wrote it.
  const std::string dtype = kind == "array" || kind.empty() ? dtype_of(type) : "";
  if (dtype.empty()) {
    throw ConnectorError(
        "the dataset has elements that are not numbers as numpy has them, nor is it text of fixed "
        "length, or bytes or opaque as a store writes it",
        context);
  }
  std::vector<std::uint64_t> shape = extents;
  if (is_fortran) std::ranges::reverse(shape);
  return detail::npy_header(dtype, shape, is_fortran);
}

/// A dataset whose data can be read here, and what its stored form begins with.
struct Opened {
  Dataset dataset{};
  Type type{};
  Space space{};
  std::vector<std::uint64_t> extents{};
  std::string frame{};
};

std::optional<Opened> open_object(const File& file, const std::string& name,
                                  const ErrorContext& context) {
  Opened opened{.dataset = Finder(file, name, context).open()};
  if (!opened.dataset) return std::nullopt;
  check_storage(opened.dataset, context);
  opened.type = memory_type_of(opened.dataset);
  opened.space = Space(H5Dget_space(opened.dataset.id()));
  opened.extents = extents_of(opened.space);
  opened.frame =
      frame_of(read_text(opened.dataset, kind_attribute), opened.type.id(), opened.extents,
               read_text(opened.dataset, order_attribute) == "F", context);
  return opened;
}

[[noreturn]] void fail_too_large(const std::string& size, const ErrorContext& context) {
  throw CapacityError(
      "the dataset needs " + size + " of memory, more than this process can have now", context);
}

/// The bytes of an array of @p extents. @throws CapacityError if no memory has so many
std::uint64_t bytes_of(std::span<const std::uint64_t> extents, std::size_t element,
                       const ErrorContext& context) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  const auto elements = detail::volume_of(extents);
  if (!elements || *elements > most / std::max<std::size_t>(element, 1)) {
    fail_too_large("more than 2^63 bytes", context);
  }
  return *elements * element;
}

/// The bytes of a chunk, which HDF5 decodes as a whole; 0 if it decodes nothing.
std::uint64_t decoded_bytes(const Opened& opened, const ErrorContext& context) {
  const Properties properties(H5Dget_create_plist(opened.dataset.id()));
  if (H5Pget_nfilters(properties.id()) <= 0) return 0;
  std::array<hsize_t, H5S_MAX_RANK> chunk{};
  const int rank = H5Pget_chunk(properties.id(), H5S_MAX_RANK, chunk.data());
  if (rank <= 0) return 0;
  const std::vector<std::uint64_t> extents(chunk.begin(), chunk.begin() + rank);
  return bytes_of(extents, H5Tget_size(opened.type.id()), context);
}

/// Memory for @p bytes, of which @p frame are not from the file. A dataset may be larger than its
/// file, by compression and since it need not be written everywhere, so what it says is believed
/// as far as the medium holds so much, @p held, or so much memory is free.
MutableBytes take_memory(const Opened& opened, std::uint64_t bytes, std::size_t frame,
                         std::uint64_t held, const ErrorContext& context) {
  const std::uint64_t needed = bytes + decoded_bytes(opened, context);
  if (needed > std::max(held, always_there)) {
    static const auto* const limit = new detail::MemoryLimit;  // stores may outlive statics
    if (needed > limit->headroom()) fail_too_large(std::to_string(needed) + " bytes", context);
  }
  try {
    return MutableBytes(frame + static_cast<std::size_t>(bytes));
  } catch (const std::bad_alloc&) {
    fail_too_large(std::to_string(needed) + " bytes", context);
  }
}

/// Selects @p box in @p space, whose dimensions may be in the other order.
void select(const Space& space, const Box& box, bool is_reversed) {
  std::vector<hsize_t> start(box.offset.begin(), box.offset.end());
  std::vector<hsize_t> count(box.shape.begin(), box.shape.end());
  std::vector<hsize_t> stride;
  for (std::size_t i = 0; i < box.rank(); ++i) stride.push_back(box.step(i));
  if (is_reversed) {
    for (auto* all : {&start, &count, &stride}) std::ranges::reverse(*all);
  }
  H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start.data(), stride.data(), count.data(),
                      nullptr);
}

/// How much of @p text counts: a type of fixed length pads it.
std::size_t unpadded_size(hid_t type, std::string_view text) {
  switch (H5Tget_strpad(type)) {
    case H5T_STR_NULLTERM:
      return std::min(text.find('\0'), text.size());
    case H5T_STR_SPACEPAD:
      return text.find_last_not_of(' ') + 1;
    default:
      return text.find_last_not_of('\0') + 1;
  }
}

}  // namespace

bool has_object(const File& file, const std::string& name, const ErrorContext& context) {
  return Finder(file, name, context).is_there();
}

std::optional<ObjectInfo> describe_object(const File& file, const std::string& name,
                                          const ErrorContext& context) {
  const auto opened = open_object(file, name, context);
  if (!opened) return std::nullopt;
  if (opened->frame.empty()) return ObjectInfo{};  // opaque
  return detail::info_of(std::as_bytes(std::span(opened->frame)));
}

std::optional<ArrayBox> read_box(const File& file, const std::string& name, std::uint64_t held,
                                 const Box& box, std::string_view dtype,
                                 const ErrorContext& context) {
  const auto opened = open_object(file, name, context);
  if (!opened) return std::nullopt;
  const ByteSpan frame = std::as_bytes(std::span(opened->frame));
  if (!opened->frame.starts_with(detail::array_frame)) {
    throw SerializationError("the dataset holds no array", context);
  }
  const detail::NpyHeader header = detail::parse_npy_header(frame);
  detail::require_array(header.dtype, header.shape, dtype, box.rank());
  box.require_inside(header.shape);
  const std::uint64_t bytes = bytes_of(box.shape, header.element_size, context);
  MutableBytes memory = take_memory(*opened, bytes, 0, held, context);
  clear_unwritten(opened->dataset, memory.span());
  if (box.rank() > 0 && bytes > 0) select(opened->space, box, header.fortran_order);
  std::vector<hsize_t> count(box.shape.begin(), box.shape.end());
  if (header.fortran_order) std::ranges::reverse(count);
  const Space target(count.empty()
                         ? H5Screate(H5S_SCALAR)
                         : H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr));
  if (bytes > 0 && H5Dread(opened->dataset.id(), opened->type.id(), target.id(), opened->space.id(),
                           H5P_DEFAULT, memory.data()) < 0) {
    fail("cannot read box " + box.to_string() + " of the object", context);
  }
  const auto order = header.fortran_order ? ObjectInfo::Order::fortran : ObjectInfo::Order::c;
  return ArrayBox{.memory = std::move(memory).freeze(),
                  .steps = detail::packed_steps(box.shape, header.element_size, order)};
}

std::optional<StoredObject> read_object(const File& file, const std::string& name,
                                        std::uint64_t held, const Expected& expected,
                                        const ErrorContext& context) {
  const auto opened = open_object(file, name, context);
  if (!opened) return std::nullopt;
  const std::string& frame = opened->frame;
  const bool is_null = H5Sget_simple_extent_type(opened->space.id()) == H5S_NULL;
  const std::uint64_t bytes =
      is_null ? 0 : bytes_of(opened->extents, H5Tget_size(opened->type.id()), context);
  if (expected.size && *expected.size != frame.size() + bytes) {
    fail_damaged("has " + std::to_string(frame.size() + bytes) + " bytes, and " +
                     std::to_string(*expected.size) + " were stored",
                 context);
  }
  StoredObject stored{.checksum = read_checksum(opened->dataset)};
  MutableBytes object = take_memory(*opened, bytes, frame.size(), held, context);
  if (!frame.empty()) std::memcpy(object.data(), frame.data(), frame.size());
  const std::span<std::byte> data = object.span().subspan(frame.size());
  detail::Xxh3Stream hash;
  const bool is_checked = expected.has_checksum || stored.checksum;
  if (is_checked) hash.update(object.span().first(frame.size()));
  read_data(file, opened->dataset, opened->type, data, is_checked ? &hash : nullptr, context);
  if (is_checked) stored.actual_checksum = hash.digest();
  stored.object = std::move(object).freeze();
  if (frame == detail::text_frame) {
    const std::string_view text = stored.object.text().substr(frame.size());
    stored.object = stored.object.slice(0, frame.size() + unpadded_size(opened->type.id(), text));
  }
  return stored;
}

}  // namespace proxystore::inline v0::hdf5
