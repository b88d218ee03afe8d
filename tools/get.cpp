// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// get: an object's content, as other programs read it: text and bytes as they are, arrays as .npy.
#include <iostream>

#include "answer.hpp"
#include "command.hpp"
#include "files.hpp"
#include "look.hpp"
#include "opened_store.hpp"
#include "proxystore/error.hpp"
#include "proxystore/serialize/codec.hpp"

namespace tool {

namespace ps = proxystore;

namespace {

constexpr std::size_t frame_size = 3;

struct Options {
  std::string store{};
  std::string key{};
  std::string output{};
  bool is_raw = false;
  bool is_npy = false;
  bool is_text = false;
};

std::string frame_of(ps::ByteSpan object) {
  return {reinterpret_cast<const char*>(object.data()), std::min(object.size(), frame_size)};
}

/// What is written of @p object. @throws ps::SerializationError if it is of another kind than asked
ps::ByteSpan content_of(const ps::Bytes& object, const Options& options) {
  if (options.is_raw) return object.span();
  const std::string frame = frame_of(object.span());
  const auto refuse = [](const std::string& what) {
    throw ps::SerializationError(what + "; --raw gives the stored bytes as they are");
  };
  if (options.is_npy && frame != ps::detail::array_frame) refuse("the object is no array");
  if (options.is_text && frame != ps::detail::text_frame) refuse("the object is no text");
  if (frame != ps::detail::text_frame && frame != ps::detail::bytes_frame &&
      frame != ps::detail::array_frame) {
    refuse("the object is neither text, bytes nor an array in one piece");
  }
  if (frame == ps::detail::array_frame) (void)ps::detail::parse_npy(object.span());  // or it throws
  return object.span().subspan(frame_size);  // what follows an array's frame is an .npy file
}

std::string form_of(const ps::Bytes& object, const Options& options) {
  if (options.is_raw) return "stored bytes";
  const std::string frame = frame_of(object.span());
  return frame == ps::detail::text_frame    ? "text"
         : frame == ps::detail::bytes_frame ? "bytes"
                                            : "npy";
}

int get(const Options& options, bool is_json) {
  if (options.is_raw + options.is_npy + options.is_text > 1) {
    throw UsageError("--raw, --npy and --text exclude each other");
  }
  const ps::Key id = parse_key(options.key);
  const auto store = open_lasting_store(options.store, Folders::must_exist);
  const auto key = find_object(store->connector(), id);
  const auto object = key ? store->connector().get(*key) : std::nullopt;
  store->close();
  if (!object) {
    std::cerr << "proxystore: the store has no object " << id << '\n';
    if (is_json) print({{"key", id.to_string()}, {"exists", false}});
    return failed;
  }
  const ps::ByteSpan content = content_of(*object, options);
  const std::string form = form_of(*object, options);
  const bool has_file = !options.output.empty() && options.output != "-";
  if (has_file) write_all(options.output, std::span(&content, 1));
  if (is_json) {
    Json json{{"key", id.to_string()}, {"exists", true}, {"form", form}, {"size", content.size()}};
    const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
    if (has_file) {
      json["file"] = options.output;
    } else if (form == "text") {
      json["text"] = text;
    } else {
      json["base64"] = to_base64(content);
    }
    print(json);
  } else if (!has_file) {
    if (form != "text" && is_terminal() && options.output != "-") {
      throw UsageError("these are " + size_text(content.size()) +
                       " that are no text, and would confuse the terminal; use --output FILE, or "
                       "--output - to have them here all the same");
    }
    write_out(std::span(&content, 1));
  }
  return done;
}

}  // namespace

void add_get(Commands& commands) {
  const auto options = std::make_shared<Options>();
  auto& command = commands.add(commands.app(), "get", "Print an object, or write it to a file",
                               [&commands, options] { return get(*options, commands.is_json()); });
  add_store_option(command, options->store);
  command.add_option("key", options->key, "Key of the object, a UUID")
      ->required()
      ->type_name("KEY");
  command.add_option("-o,--output", options->output, "File to write; -: standard output")
      ->type_name("FILE");
  command.add_flag("--raw", options->is_raw, "The stored bytes, with the frame, of any object");
  command.add_flag("--npy", options->is_npy, "As an .npy file; fails for what is no array");
  command.add_flag("--text", options->is_text, "As text; fails for what is no text");
  command.footer(
      "Text and bytes come as they are, arrays as .npy files, which numpy.load() reads. Objects "
      "of\n"
      "C++ types and of Python's pickle come with --raw only.");
}

}  // namespace tool
